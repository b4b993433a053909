// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The names of families and hook points.

use crate::sys::kernel_helpers as sys;

/// The points of the families of the internet, by number; bridges have the first five of them, and one more.
const INET: [&str; 6] = [
    "pre_routing",
    "local_in",
    "forward",
    "local_out",
    "post_routing",
    "ingress",
];
const BRIDGE: [&str; 6] = [
    "pre_routing",
    "local_in",
    "forward",
    "local_out",
    "post_routing",
    "brouting",
];
const ARP: [&str; 3] = ["in", "out", "forward"];
const NETDEV: [&str; 2] = ["ingress", "egress"];

/// The number that netfilter gives the point of devices where packets come in, among those of the internet.
const INET_INGRESS: u32 = 5;

/// The name of a family and those of its points; `None` for a family that does not exist.
fn family(number: u32) -> Option<(&'static str, &'static [&'static str])> {
    match number {
        sys::LUNATIK_NFPROTO_INET => Some(("inet", &INET)),
        sys::LUNATIK_NFPROTO_IPV4 => Some(("ipv4", &INET)),
        sys::LUNATIK_NFPROTO_IPV6 => Some(("ipv6", &INET)),
        sys::LUNATIK_NFPROTO_ARP => Some(("arp", &ARP)),
        sys::LUNATIK_NFPROTO_BRIDGE => Some(("bridge", &BRIDGE)),
        sys::LUNATIK_NFPROTO_NETDEV => Some(("netdev", &NETDEV)),
        _ => None,
    }
}

/// The names of a family and of a point of it, `("inet", "pre_routing")`; `"?"` for what does not exist.
pub(crate) fn of(number: u32, point: u32) -> (&'static str, &'static str) {
    let (name, points) = family(number).unwrap_or(("?", &[]));
    let point = usize::try_from(point).ok().and_then(|at| points.get(at));
    (name, point.copied().unwrap_or("?"))
}

/// Whether the point belongs to a device.
pub(crate) fn is_of_device(number: u32, point: u32) -> bool {
    number == sys::LUNATIK_NFPROTO_NETDEV
        || (number == sys::LUNATIK_NFPROTO_INET && point == INET_INGRESS)
}
