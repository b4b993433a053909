// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Where the headers of a packet are. Pure code: it takes nothing of the kernel.
//!
//! Nothing that a packet claims is believed: what a length field says may only make the packet
//! shorter, and a header counts only if all of it is there. Offsets are those of the kernel, from
//! `skb->data`.

/// The protocol numbers of IP.
pub(crate) mod protocol {
    pub(crate) const ICMP: u8 = 1;
    pub(crate) const TCP: u8 = 6;
    pub(crate) const UDP: u8 = 17;
    pub(crate) const ICMPV6: u8 = 58;
}

/// The types of Ethernet frames.
mod ethertype {
    pub(super) const IPV4: u16 = 0x0800;
    pub(super) const ARP: u16 = 0x0806;
    pub(super) const IPV6: u16 = 0x86dd;
}

/// The bytes of an IPv4 header without options.
const IPV4: i32 = 20;
/// The bytes of an IPv6 header without extensions.
const IPV6: i32 = 40;
/// The bytes of a TCP header without options.
const TCP: i32 = 20;
/// The bytes of the headers of UDP, and of the ICMP messages that have an identifier.
const UDP: i32 = 8;
/// The bytes of the header of an IPv6 fragment.
const FRAGMENT: i32 = 8;
/// The bytes of ARP for Ethernet and IPv4.
const ARP: i32 = 28;
/// Where TCP has the length of its header, in words, in the upper half of a byte.
const DOFF: i32 = 12;

/// The bytes of a packet.
pub(crate) trait Bytes {
    /// Copies bytes from `offset` on; false if some of them are not in the packet.
    fn read(&self, offset: i32, to: &mut [u8]) -> bool;

    /// Skips the extension headers of IPv6 from `start` on, of which the first has the type `next`.
    /// `None` if they are malformed.
    fn skip_extensions(&self, start: i32, next: u8) -> Option<Extensions>;
}

/// What lies behind extension headers of IPv6.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Extensions {
    /// Where the next header is; for a fragment that is not the first, the fragment's own header.
    pub(crate) end: i32,
    /// The type of that header.
    pub(crate) next: u8,
    /// The offset of the fragment, in units of eight bytes in the upper 13 bits, and its flags; 0
    /// without a fragment header.
    pub(crate) fragment: u16,
}

/// The protocol of the network layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Network {
    /// IPv4, with a header that is all there.
    Ipv4,
    /// IPv6, likewise.
    Ipv6,
    /// ARP.
    Arp,
    /// Anything else.
    Other,
}

/// Where the headers of a packet are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Layout {
    /// The protocol of the network layer.
    pub(crate) network: Network,
    /// Where its header begins.
    pub(crate) start: i32,
    /// Where its header ends, with options and extension headers.
    pub(crate) transport: i32,
    /// Where the packet of the network layer ends: behind it may be padding.
    pub(crate) end: i32,
    /// The protocol of the header at `transport`; `None` if there is no header of it, as in
    /// fragments but the first.
    pub(crate) protocol: Option<u8>,
    /// Whether the packet is a fragment, so that parts of its payload are elsewhere.
    pub(crate) is_fragment: bool,
}

/// The end of a packet that starts at `start` and says that it has `claimed` bytes, of which
/// `least` are its header. All that is there, if it says nonsense.
fn end(start: i32, claimed: u16, least: i32, length: i32) -> i32 {
    let claimed = i32::from(claimed);
    let end = start.saturating_add(claimed);
    if claimed >= least && end <= length {
        end
    } else {
        length
    }
}

/// The 16 bits at `at`, in network order.
fn half(bytes: &[u8], at: usize) -> u16 {
    match bytes.get(at..) {
        Some([high, low, ..]) => u16::from_be_bytes([*high, *low]),
        _ => 0,
    }
}

impl Layout {
    /// Finds the headers in a packet of this type, whose network header is at `start`, and which
    /// ends at `length`.
    pub(crate) fn find(bytes: &impl Bytes, ethertype: u16, start: i32, length: i32) -> Self {
        let found = match ethertype {
            ethertype::IPV4 => Self::ipv4(bytes, start, length),
            ethertype::IPV6 => Self::ipv6(bytes, start, length),
            _ => None,
        };
        let network = if ethertype == ethertype::ARP {
            Network::Arp
        } else {
            Network::Other
        };
        found.unwrap_or(Self {
            network,
            start,
            transport: length.max(start),
            end: length.max(start),
            protocol: None,
            is_fragment: false,
        })
    }

    fn ipv4(bytes: &impl Bytes, start: i32, length: i32) -> Option<Self> {
        let mut header = [0; IPV4 as usize];
        if !bytes.read(start, &mut header) {
            return None;
        }
        let [first, _, _, _, _, _, _, _, _, protocol, ..] = header;
        let size = i32::from(first & 0xf) * 4;
        let transport = start.saturating_add(size);
        if first >> 4 != 4 || size < IPV4 || transport > length {
            return None;
        }
        let fragment = half(&header, 6);
        let is_first = fragment & 0x1fff == 0;
        Some(Self {
            network: Network::Ipv4,
            start,
            transport,
            end: end(start, half(&header, 2), size, length),
            protocol: is_first.then_some(protocol),
            is_fragment: fragment & 0x3fff != 0,
        })
    }

    fn ipv6(bytes: &impl Bytes, start: i32, length: i32) -> Option<Self> {
        let mut header = [0; IPV6 as usize];
        if !bytes.read(start, &mut header) || header.first()? >> 4 != 6 {
            return None;
        }
        let extensions = start.saturating_add(IPV6);
        // Packets of more than 64 KiB say 0.
        let end = match half(&header, 4) {
            0 => length,
            payload => end(extensions, payload, 0, length),
        };
        let mut layout = Self {
            network: Network::Ipv6,
            start,
            transport: length,
            end,
            protocol: None,
            is_fragment: false,
        };
        let Some(behind) = bytes.skip_extensions(extensions, *header.get(6)?) else {
            return Some(layout);
        };
        layout.is_fragment = behind.fragment != 0;
        let is_first = behind.fragment & !7 == 0;
        let size = if is_first { 0 } else { FRAGMENT };
        let transport = behind.end.saturating_add(size);
        // The walk may end behind the packet.
        if (extensions..=length).contains(&transport) {
            layout.transport = transport;
            layout.protocol = is_first.then_some(behind.next);
        }
        Some(layout)
    }

    /// The bytes that a header of its protocol has at least; 0 if this module knows none.
    fn least(&self) -> i32 {
        match self.protocol {
            Some(protocol::TCP) => TCP,
            Some(protocol::UDP | protocol::ICMP | protocol::ICMPV6) => UDP,
            _ => 0,
        }
    }

    /// Where the part ends that each header of its protocol has, which may be behind the packet.
    pub(crate) fn fixed_end(&self) -> i32 {
        self.transport.saturating_add(self.least())
    }

    /// Whether there is a header of this protocol.
    pub(crate) fn has(&self, protocol: u8) -> bool {
        self.protocol == Some(protocol) && self.fixed_end() <= self.end
    }

    /// Where the byte with TCP's length of its header is, if this is TCP.
    pub(crate) fn doff(&self) -> Option<i32> {
        self.has(protocol::TCP)
            .then(|| self.transport.saturating_add(DOFF))
    }

    /// Where the header of TCP ends if the byte with its length is `byte`; `None` if that is
    /// nonsense.
    pub(crate) fn tcp_end(&self, byte: u8) -> Option<i32> {
        let size = i32::from(byte >> 4) * 4;
        (size >= TCP).then(|| self.transport.saturating_add(size))
    }

    /// Where the transport header ends; `None` if there is none, this module does not know its
    /// protocol, or it says nonsense.
    pub(crate) fn header_end(&self, bytes: &impl Bytes) -> Option<i32> {
        let Some(doff) = self.doff() else {
            return self
                .protocol
                .filter(|&protocol| self.least() != 0 && self.has(protocol))
                .map(|_| self.fixed_end());
        };
        let mut byte = [0];
        let [byte] = bytes.read(doff, &mut byte).then_some(byte)?;
        self.tcp_end(byte).filter(|&end| end <= self.end)
    }

    /// Where the bytes behind the transport header begin and end.
    pub(crate) fn payload(&self, bytes: &impl Bytes) -> Option<(i32, i32)> {
        let start = self.header_end(bytes)?;
        let mut size = [0; 2];
        let end = match self.protocol? {
            protocol::UDP if bytes.read(self.transport.saturating_add(4), &mut size) => {
                end(self.transport, u16::from_be_bytes(size), UDP, self.end)
            }
            _ => self.end,
        };
        Some((start, end))
    }

    /// Where a packet that the kernel goes on with must not end before: its code relies on headers
    /// that it has checked.
    pub(crate) fn shortest_end(&self, bytes: &impl Bytes) -> i32 {
        match self.network {
            Network::Ipv4 | Network::Ipv6 => {
                let fixed = self.fixed_end();
                let mut byte = [0];
                match self.doff() {
                    Some(doff) if bytes.read(doff, &mut byte) => {
                        let [byte] = byte;
                        self.tcp_end(byte).unwrap_or(fixed).max(fixed)
                    }
                    _ => fixed,
                }
            }
            Network::Arp => self.start.saturating_add(ARP),
            Network::Other => self.end,
        }
    }

    /// Where the bytes end of which [`guarded`](Self::guarded) says something.
    pub(crate) fn guarded_end(&self) -> i32 {
        match self.network {
            Network::Ipv4 | Network::Ipv6 => self.transport,
            Network::Arp => self.start.saturating_add(6),
            Network::Other => self.end,
        }
    }

    /// The bits of the byte at `at` that must stay as they are in a packet that the kernel goes on
    /// with: code that comes later does not check again what they say. nftables guards the same:
    /// version, length and options of IP, the type of what is in it, and what kind of ARP it is.
    pub(crate) fn guarded(&self, at: i32) -> u8 {
        let Some(at) = at.checked_sub(self.start).filter(|&at| at >= 0) else {
            return 0;
        };
        match (self.network, at) {
            (Network::Ipv4, 0 | 9 | IPV4..) => 0xff,
            (Network::Ipv6, 0) => 0xf0,
            (Network::Ipv6, 6 | IPV6..) => 0xff,
            (Network::Ipv4 | Network::Ipv6, _) => 0,
            (Network::Arp, 0..6) => 0xff,
            (Network::Arp, _) => 0,
            (Network::Other, _) => 0xff,
        }
    }
}
