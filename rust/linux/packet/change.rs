// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Changes of a packet as a whole, copies, and what is sent.

use kernel::prelude::*;

use super::{
    buffer::{Buffer, Shape},
    layout::{protocol, Bytes, Layout, Network},
    Refused,
    MAX_FORWARDED, //
};
use crate::sys::kernel_helpers as sys;

/// The most bytes of a packet from the network header on.
const MAX_SIZE: i32 = 65_535;
/// Where IPv4 has its checksum.
const IP_CHECK: i32 = 10;
/// Where TCP has its checksum.
const TCP_CHECK: i32 = 16;
/// Where UDP has its checksum.
const UDP_CHECK: i32 = 6;

/// What a checksum is computed of.
struct Segment {
    protocol: u8,
    /// Where it begins.
    start: i32,
    /// Its bytes.
    length: i32,
    /// Where its checksum is.
    check: i32,
}

impl Buffer<'_> {
    /// Fails if a packet of `length` bytes is too short or too long.
    fn check_length(self, shape: &Shape, length: i32) -> Result<(), Refused> {
        if shape.is_gso {
            return Err(Refused::Gso);
        }
        // A network header before `skb->data` is one that no hook sees.
        if shape.network < 0 || length < shape.network {
            return Err(Refused::OutOfBounds);
        }
        if length > shape.length && length.saturating_sub(shape.network) > MAX_SIZE {
            return Err(Refused::OutOfBounds);
        }
        if self.is_free() {
            return Ok(());
        }
        let layout = self.layout();
        if layout.network == Network::Other {
            return Err(Refused::ReadOnly);
        }
        if length < shape.length && length < layout.shortest_end(&self) {
            return Err(Refused::OutOfBounds);
        }
        Ok(())
    }

    /// Cuts off the packet, or appends zeros, so that it has `size` bytes from the network header
    /// on.
    pub(crate) fn resize(self, size: i64) -> Result<(), Refused> {
        self.packet.modify()?;
        let shape = self.shape();
        let length = i32::try_from(size)
            .ok()
            .filter(|&size| (0..=MAX_SIZE).contains(&size))
            .and_then(|size| shape.network.checked_add(size))
            .ok_or(Refused::OutOfBounds)?;
        self.check_length(&shape, length)?;
        if length == shape.length {
            return Ok(());
        }
        let length = u32::try_from(length).map_err(|_| Refused::OutOfBounds)?;
        // SAFETY: The packet is alive, and nobody else uses it.
        let resized = unsafe { sys::lunatik_skb_resize(self.as_raw(), length) };
        self.forget_layout();
        Refused::check(resized)
    }

    /// Exchanges `old` bytes at `offset` after the network header by `fresh`.
    pub(crate) fn replace(self, offset: i64, old: i64, fresh: &[u8]) -> Result<(), Refused> {
        self.packet.modify()?;
        let shape = self.shape();
        if shape.is_gso {
            return Err(Refused::Gso);
        }
        let size = i64::from(shape.length.saturating_sub(shape.network));
        if offset < 0 || old < 0 || old > size.saturating_sub(offset) {
            return Err(Refused::OutOfBounds);
        }
        let at = i32::try_from(offset.saturating_add(shape.network.into()))
            .map_err(|_| Refused::OutOfBounds)?;
        let added = i64::try_from(fresh.len()).map_err(|_| Refused::OutOfBounds)?;
        if added == old {
            return self.write(at, fresh);
        }
        let length = i64::from(shape.length)
            .saturating_sub(old)
            .saturating_add(added);
        let length = i32::try_from(length).map_err(|_| Refused::OutOfBounds)?;
        if !self.is_free() && at < self.layout().fixed_end() {
            return Err(Refused::ReadOnly);
        }
        self.check_length(&shape, length)?;
        let outside = |_| Refused::OutOfBounds;
        let at = u32::try_from(at).map_err(outside)?;
        let old = u32::try_from(old).map_err(outside)?;
        let added = u32::try_from(added).map_err(outside)?;
        // SAFETY: The packet is alive and nobody else uses it; the function checks the range, and
        // `fresh` is that long and, as Lua's memory, not a part of the packet.
        let replaced = unsafe {
            sys::lunatik_skb_replace(self.as_raw(), at, old, fresh.as_ptr().cast(), added)
        };
        self.forget_layout();
        Refused::check(replaced)
    }

    /// Makes a copy. Returns its number.
    pub(crate) fn copy_packet(self) -> Result<usize, Refused> {
        self.packet.modify()?;
        if self.shape().is_fraglist {
            return Err(Refused::FragList);
        }
        let mut packets = self.packet.packets.iter().enumerate();
        let (number, place) = packets
            .find(|(_, place)| place.get().is_null())
            .ok_or(Refused::TooManyCopies)?;
        // SAFETY: The packet is alive, and no list of packets.
        let copy = unsafe { sys::lunatik_skb_copy(self.as_raw()) };
        if copy.is_null() {
            return Err(Refused::Kernel(ENOMEM));
        }
        // INVARIANT: The copy is the packet's own.
        place.set(copy);
        Ok(number)
    }

    /// Sends a clone out of the packet's device, when the hook function has returned.
    pub(crate) fn forward(self) -> Result<(), Refused> {
        self.packet.modify()?;
        let forwarded = self.packet.forwarded.get();
        if forwarded >= MAX_FORWARDED {
            return Err(Refused::TooManyForwarded);
        }
        let mut list = self.packet.leaving.get();
        // SAFETY: The packet is alive and nobody else uses it, and the list is one of this
        // function.
        Refused::check(unsafe { sys::lunatik_skb_forward(self.as_raw(), &mut list) })?;
        // INVARIANT: It still is.
        self.packet.leaving.set(list);
        self.packet.forwarded.set(forwarded.saturating_add(1));
        Ok(())
    }

    /// What the transport checksum is computed of. `None` if there is none to compute: this is
    /// neither TCP nor UDP, or parts of it are elsewhere.
    fn segment(self, layout: &Layout, end: i32) -> Result<Option<Segment>, Refused> {
        let (protocol, check) = match layout.protocol {
            _ if layout.is_fragment => return Ok(None),
            Some(protocol::TCP) => (protocol::TCP, TCP_CHECK),
            Some(protocol::UDP) => (protocol::UDP, UDP_CHECK),
            _ => return Ok(None),
        };
        let start = layout.transport;
        if !layout.has(protocol) {
            return Err(Refused::OutOfBounds);
        }
        let header_end = layout.header_end(&self).ok_or(Refused::OutOfBounds)?;
        let mut length = end.saturating_sub(start);
        if protocol == protocol::UDP && !self.shape().is_gso {
            let mut claimed = [0; 2];
            if !self.read(start.saturating_add(4), &mut claimed) {
                return Err(Refused::OutOfBounds);
            }
            let claimed = i32::from(u16::from_be_bytes(claimed));
            if claimed > length || start.saturating_add(claimed) < header_end {
                return Err(Refused::OutOfBounds);
            }
            length = claimed;
        }
        Ok(Some(Segment {
            protocol,
            start,
            length,
            check: start.saturating_add(check),
        }))
    }

    /// Where the packet of IP ends by what it says. Fails if it says nonsense.
    fn claimed_end(self, layout: &Layout) -> Result<i32, Refused> {
        if self.shape().is_gso {
            return Ok(layout.end);
        }
        let (at, header, least) = match layout.network {
            Network::Ipv4 => (2, 0, layout.transport.saturating_sub(layout.start)),
            _ => (4, 40, 0),
        };
        let mut claimed = [0; 2];
        if !self.read(layout.start.saturating_add(at), &mut claimed) {
            return Err(Refused::OutOfBounds);
        }
        let claimed = i32::from(u16::from_be_bytes(claimed));
        let end = layout.start.saturating_add(header).saturating_add(claimed);
        if claimed < least || end != layout.end {
            return Err(Refused::OutOfBounds);
        }
        Ok(end)
    }

    /// Computes the header checksum of IPv4, and the checksum of TCP or UDP over IPv4 or IPv6.
    pub(crate) fn fix_checksums(self) -> Result<(), Refused> {
        self.packet.modify()?;
        let layout = self.layout();
        if !matches!(layout.network, Network::Ipv4 | Network::Ipv6) {
            return Ok(());
        }
        let end = self.claimed_end(&layout)?;
        let segment = self.segment(&layout, end)?;
        if layout.network == Network::Ipv4 {
            let check = layout.start.saturating_add(IP_CHECK);
            self.write(check, &[0; 2])?;
            let size = layout.transport.saturating_sub(layout.start);
            let size = usize::try_from(size).map_err(|_| Refused::OutOfBounds)?;
            let sum = self.sum(layout.start, size).ok_or(Refused::OutOfBounds)?;
            self.write(check, &sum.to_ne_bytes())?;
        }
        segment.map_or(Ok(()), |segment| self.fix_transport(&layout, &segment))
    }

    fn fix_transport(self, layout: &Layout, segment: &Segment) -> Result<(), Refused> {
        let shape = self.shape();
        let is_partial = shape.partial == Some(segment.start);
        if !is_partial {
            if shape.is_gso {
                return Err(Refused::Gso);
            }
            // It is that of a packet within this one.
            // SAFETY: The packet is alive, and nobody else uses it.
            Refused::check(unsafe { sys::lunatik_skb_complete_checksum(self.as_raw()) })?;
        }
        let mut old = [0; 2];
        if !self.read(segment.check, &mut old) {
            return Err(Refused::OutOfBounds);
        }
        self.write(segment.check, &[0; 2])?;
        let length = u32::try_from(segment.length).map_err(|_| Refused::OutOfBounds)?;
        let mut sum = 0;
        // SAFETY: The packet is alive, the function checks the ranges, and the pointer is valid for
        // a write.
        let is_done = unsafe {
            sys::lunatik_skb_transport_sum(
                self.as_raw(),
                layout.start,
                layout.network == Network::Ipv6,
                segment.start,
                length,
                segment.protocol,
                is_partial,
                &mut sum,
            )
        };
        if !is_done {
            // The bytes are in memory of a device.
            self.write(segment.check, &old)?;
            return Err(Refused::Kernel(EFAULT));
        }
        // UDP has no checksum if it says 0.
        if sum == 0 && segment.protocol == protocol::UDP && !is_partial {
            sum = u16::MAX;
        }
        self.write(segment.check, &sum.to_ne_bytes())
    }
}
