// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The fields of headers, by the names that the kernel's C has for them, and shorter ones. Pure
//! code: it takes nothing of the kernel.

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

/// A field and its name.
#[derive(Clone, Copy)]
pub(crate) struct Named {
    /// The name.
    pub(crate) key: u128,
    /// The field.
    pub(crate) field: Field,
}

/// The most bytes of a name.
const MAX_NAME: usize = 15;

/// A name as a number, which is compared at once: its bytes, from the lowest on, and its length in the highest.
#[inline]
fn key(name: &[u8]) -> Option<u128> {
    let length = name.len();
    if length > MAX_NAME {
        return None;
    }
    // The parts may overlap, where they are the same.
    let behind = |last: u128, size: usize| last << (8 * (length - size));
    let bytes = if let (Some(&first), Some(&last)) = (name.first_chunk(), name.last_chunk()) {
        let (first, last) = (u64::from_le_bytes(first), u64::from_le_bytes(last));
        u128::from(first) | behind(last.into(), size_of::<u64>())
    } else if let (Some(&first), Some(&last)) = (name.first_chunk(), name.last_chunk()) {
        let (first, last) = (u32::from_le_bytes(first), u32::from_le_bytes(last));
        u128::from(first) | behind(last.into(), size_of::<u32>())
    } else {
        name.iter()
            .rev()
            .fold(0, |key, &byte| key << 8 | u128::from(byte))
    };
    Some(bytes | (length as u128) << (8 * MAX_NAME))
}

/// A field, when the module is compiled.
const fn named(name: &[u8], field: Field) -> Named {
    assert!(name.len() <= MAX_NAME);
    let (mut key, mut at) = (name.len() as u128, MAX_NAME);
    while at > 0 {
        at -= 1;
        key = key << 8 | if at < name.len() { name[at] as u128 } else { 0 };
    }
    Named { key, field }
}

/// Sorts the fields by their keys, when the module is compiled.
const fn sorted<const COUNT: usize>(mut fields: [Named; COUNT]) -> [Named; COUNT] {
    let mut at = 1;
    while at < COUNT {
        let mut place = at;
        while place > 0 && fields[place].key < fields[place - 1].key {
            (fields[place], fields[place - 1]) = (fields[place - 1], fields[place]);
            place -= 1;
        }
        at += 1;
    }
    fields
}

const IP: [Named; 15] = sorted([
    named(b"check", number(10, 2)),
    named(b"daddr", number(16, 4)),
    named(b"dst", number(16, 4)),
    named(b"frag_off", number(6, 2)),
    named(b"id", number(4, 2)),
    named(b"ihl", bits(0, 1, 0, 4)),
    named(b"len", number(2, 2)),
    named(b"proto", number(9, 1)),
    named(b"protocol", number(9, 1)),
    named(b"saddr", number(12, 4)),
    named(b"src", number(12, 4)),
    named(b"tos", number(1, 1)),
    named(b"tot_len", number(2, 2)),
    named(b"ttl", number(8, 1)),
    named(b"version", bits(0, 1, 4, 4)),
]);

const IPV6: [Named; 12] = sorted([
    named(b"daddr", Field::Bytes { at: 24, count: 16 }),
    named(b"dst", Field::Bytes { at: 24, count: 16 }),
    named(b"flow", bits(0, 4, 0, 20)),
    named(b"flow_lbl", bits(0, 4, 0, 20)),
    named(b"hop_limit", number(7, 1)),
    named(b"nexthdr", number(6, 1)),
    named(b"payload_len", number(4, 2)),
    named(b"priority", bits(0, 2, 4, 8)),
    named(b"saddr", Field::Bytes { at: 8, count: 16 }),
    named(b"src", Field::Bytes { at: 8, count: 16 }),
    named(b"tclass", bits(0, 2, 4, 8)),
    named(b"version", bits(0, 1, 4, 4)),
]);

const TCP: [Named; 20] = sorted([
    named(b"ack", number(8, 4)),
    named(b"ack_flag", bits(13, 1, 4, 1)),
    named(b"ack_seq", number(8, 4)),
    named(b"check", number(16, 2)),
    named(b"cwr", bits(13, 1, 7, 1)),
    named(b"dest", number(2, 2)),
    named(b"doff", bits(12, 1, 4, 4)),
    named(b"dport", number(2, 2)),
    named(b"ece", bits(13, 1, 6, 1)),
    named(b"fin", bits(13, 1, 0, 1)),
    named(b"flags", number(13, 1)),
    named(b"psh", bits(13, 1, 3, 1)),
    named(b"rst", bits(13, 1, 2, 1)),
    named(b"seq", number(4, 4)),
    named(b"source", number(0, 2)),
    named(b"sport", number(0, 2)),
    named(b"syn", bits(13, 1, 1, 1)),
    named(b"urg", bits(13, 1, 5, 1)),
    named(b"urg_ptr", number(18, 2)),
    named(b"window", number(14, 2)),
]);

const UDP: [Named; 6] = sorted([
    named(b"check", number(6, 2)),
    named(b"dest", number(2, 2)),
    named(b"dport", number(2, 2)),
    named(b"len", number(4, 2)),
    named(b"source", number(0, 2)),
    named(b"sport", number(0, 2)),
]);

/// The messages of ICMP that have an identifier are the ones that programs send.
const ICMP: [Named; 5] = sorted([
    named(b"checksum", number(2, 2)),
    named(b"code", number(1, 1)),
    named(b"id", number(4, 2)),
    named(b"sequence", number(6, 2)),
    named(b"type", number(0, 1)),
]);

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

    /// Its fields.
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
        let key = key(name)?;
        let at = fields.binary_search_by_key(&key, |named| named.key).ok()?;
        fields.get(at).map(|named| named.field)
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
pub(crate) fn in_host_order(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0, |number, &byte| number << 8 | u32::from(byte))
}

/// The number of `bits` bits, the lowest of which is at `shift`, in a larger number.
pub(crate) fn get(all: u32, shift: u8, bits: u8) -> u32 {
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
