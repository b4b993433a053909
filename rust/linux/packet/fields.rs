// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The fields of headers, by the names that the kernel's C has for them, and shorter ones. Pure code:
//! it takes nothing of the kernel.

use super::layout::{protocol, Layout, Network};

/// A kind of header.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// IPv4.
    Ip,
    /// IPv6.
    Ipv6,
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP of IPv4.
    Icmp,
    /// ICMP of IPv6.
    Icmpv6,
}

/// Where a field is in its header.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Field {
    /// A number: the offset and the count of the bytes that contain it, in network order, and the
    /// offset of its lowest bit and the count of its bits in them.
    Number {
        at: u8,
        bytes: u8,
        shift: u8,
        bits: u8,
    },
    /// Bytes: their offset and count.
    Bytes { at: u8, count: u8 },
}

/// A number of whole bytes.
const fn number(at: u8, bytes: u8) -> Field {
    Field::Number {
        at,
        bytes,
        shift: 0,
        bits: bytes * 8,
    }
}

/// A number of some bits.
const fn bits(at: u8, bytes: u8, shift: u8, bits: u8) -> Field {
    Field::Number {
        at,
        bytes,
        shift,
        bits,
    }
}

/// A field and its name. The tables are sorted by name.
pub(crate) type Named = (&'static [u8], Field);

const IP: [Named; 15] = [
    (b"check", number(10, 2)),
    (b"daddr", number(16, 4)),
    (b"dst", number(16, 4)),
    (b"frag_off", number(6, 2)),
    (b"id", number(4, 2)),
    (b"ihl", bits(0, 1, 0, 4)),
    (b"len", number(2, 2)),
    (b"proto", number(9, 1)),
    (b"protocol", number(9, 1)),
    (b"saddr", number(12, 4)),
    (b"src", number(12, 4)),
    (b"tos", number(1, 1)),
    (b"tot_len", number(2, 2)),
    (b"ttl", number(8, 1)),
    (b"version", bits(0, 1, 4, 4)),
];

const IPV6: [Named; 12] = [
    (b"daddr", Field::Bytes { at: 24, count: 16 }),
    (b"dst", Field::Bytes { at: 24, count: 16 }),
    (b"flow", bits(0, 4, 0, 20)),
    (b"flow_lbl", bits(0, 4, 0, 20)),
    (b"hop_limit", number(7, 1)),
    (b"nexthdr", number(6, 1)),
    (b"payload_len", number(4, 2)),
    (b"priority", bits(0, 2, 4, 8)),
    (b"saddr", Field::Bytes { at: 8, count: 16 }),
    (b"src", Field::Bytes { at: 8, count: 16 }),
    (b"tclass", bits(0, 2, 4, 8)),
    (b"version", bits(0, 1, 4, 4)),
];

const TCP: [Named; 20] = [
    (b"ack", number(8, 4)),
    (b"ack_flag", bits(13, 1, 4, 1)),
    (b"ack_seq", number(8, 4)),
    (b"check", number(16, 2)),
    (b"cwr", bits(13, 1, 7, 1)),
    (b"dest", number(2, 2)),
    (b"doff", bits(12, 1, 4, 4)),
    (b"dport", number(2, 2)),
    (b"ece", bits(13, 1, 6, 1)),
    (b"fin", bits(13, 1, 0, 1)),
    (b"flags", number(13, 1)),
    (b"psh", bits(13, 1, 3, 1)),
    (b"rst", bits(13, 1, 2, 1)),
    (b"seq", number(4, 4)),
    (b"source", number(0, 2)),
    (b"sport", number(0, 2)),
    (b"syn", bits(13, 1, 1, 1)),
    (b"urg", bits(13, 1, 5, 1)),
    (b"urg_ptr", number(18, 2)),
    (b"window", number(14, 2)),
];

const UDP: [Named; 6] = [
    (b"check", number(6, 2)),
    (b"dest", number(2, 2)),
    (b"dport", number(2, 2)),
    (b"len", number(4, 2)),
    (b"source", number(0, 2)),
    (b"sport", number(0, 2)),
];

/// The messages of ICMP that have an identifier are the ones that programs send.
const ICMP: [Named; 5] = [
    (b"checksum", number(2, 2)),
    (b"code", number(1, 1)),
    (b"id", number(4, 2)),
    (b"sequence", number(6, 2)),
    (b"type", number(0, 1)),
];

impl Kind {
    /// All kinds.
    pub(crate) const ALL: [Self; 6] = [
        Self::Ip,
        Self::Ipv6,
        Self::Tcp,
        Self::Udp,
        Self::Icmp,
        Self::Icmpv6,
    ];

    /// Its name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ip => "ip",
            Self::Ipv6 => "ipv6",
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Icmp => "icmp",
            Self::Icmpv6 => "icmpv6",
        }
    }

    /// The kind with this name.
    pub(crate) fn find(name: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name().as_bytes() == name)
    }

    /// Whether it is a header of the network layer.
    pub(crate) fn is_network(self) -> bool {
        matches!(self, Self::Ip | Self::Ipv6)
    }

    /// Where the header of this kind begins in a packet, if it has one.
    pub(crate) fn start(self, layout: &Layout) -> Option<i32> {
        let is_ipv4 = layout.network == Network::Ipv4;
        let is_ipv6 = layout.network == Network::Ipv6;
        match self {
            Self::Ip => is_ipv4.then_some(layout.start),
            Self::Ipv6 => is_ipv6.then_some(layout.start),
            Self::Tcp => layout.has(protocol::TCP).then_some(layout.transport),
            Self::Udp => layout.has(protocol::UDP).then_some(layout.transport),
            Self::Icmp => (is_ipv4 && layout.has(protocol::ICMP)).then_some(layout.transport),
            Self::Icmpv6 => (is_ipv6 && layout.has(protocol::ICMPV6)).then_some(layout.transport),
        }
    }

    /// Its fields, sorted by name.
    pub(crate) fn fields(self) -> &'static [Named] {
        match self {
            Self::Ip => &IP,
            Self::Ipv6 => &IPV6,
            Self::Tcp => &TCP,
            Self::Udp => &UDP,
            Self::Icmp | Self::Icmpv6 => &ICMP,
        }
    }

    /// The field with this name.
    pub(crate) fn field(self, name: &[u8]) -> Option<Field> {
        let fields = self.fields();
        let at = fields
            .binary_search_by(|(known, _)| known.cmp(&name))
            .ok()?;
        fields.get(at).map(|&(_, field)| field)
    }
}

impl Field {
    /// Where its bytes begin in the header, and how many they are.
    pub(crate) fn place(self) -> (u8, usize) {
        match self {
            Self::Number { at, bytes, .. } => (at, bytes.into()),
            Self::Bytes { at, count } => (at, count.into()),
        }
    }
}

/// The lowest `bits` bits.
fn mask(bits: u8) -> u32 {
    u32::MAX
        .checked_shr(32_u32.saturating_sub(bits.into()))
        .unwrap_or(0)
}

/// The number that `bytes` are in network order. There are at most four.
fn in_host_order(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0, |number, &byte| number << 8 | u32::from(byte))
}

/// The number of `bits` bits, the lowest of which is at `shift`, in these bytes.
pub(crate) fn get(bytes: &[u8], shift: u8, bits: u8) -> u32 {
    let all = in_host_order(bytes);
    all.checked_shr(shift.into()).unwrap_or(0) & mask(bits)
}

/// Puts the lowest `bits` bits of `value` where [`get`] finds them. The others stay.
pub(crate) fn set(bytes: &mut [u8], shift: u8, bits: u8, value: u32) {
    let mask = mask(bits).checked_shl(shift.into()).unwrap_or(0);
    let value = value.checked_shl(shift.into()).unwrap_or(0) & mask;
    let mut all = in_host_order(bytes) & !mask | value;
    for byte in bytes.iter_mut().rev() {
        // CAST: The lowest byte.
        *byte = all as u8;
        all >>= 8;
    }
}
