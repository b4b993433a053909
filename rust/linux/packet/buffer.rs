// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! One packet: the one that was lent, or a copy.

use core::{
    cell::Cell,
    ffi::c_int,
    mem::MaybeUninit,
    ptr::NonNull, //
};
use kernel::{
    bindings::sk_buff,
    prelude::*, //
};

use super::{
    layout::{Bytes, Extensions, Layout},
    Packet,
    Refused, //
};
use crate::sys::kernel_helpers as sys;

/// A packet.
///
/// # Invariants
///
/// `skb` is the packet with this `number` of `packet`, and not null.
#[derive(Clone, Copy)]
pub(crate) struct Buffer<'a> {
    pub(super) packet: &'a Packet,
    skb: NonNull<sk_buff>,
    pub(super) number: usize,
}

/// Where the parts of a packet are.
pub(super) struct Shape {
    /// The network header.
    pub(super) network: i32,
    /// The MAC header, if there is one.
    pub(super) mac: Option<i32>,
    /// Where the checksum starts that is left to the device, if one is.
    pub(super) partial: Option<i32>,
    /// The end.
    pub(super) length: i32,
    pub(super) protocol: u16,
    pub(super) is_gso: bool,
    pub(super) is_fraglist: bool,
}

/// An offset, which is the least number if there is none.
fn known(offset: c_int) -> Option<i32> {
    (offset != c_int::MIN).then_some(offset)
}

impl<'a> Buffer<'a> {
    /// `skb` must be the packet with this number, or null.
    pub(super) fn new(packet: &'a Packet, skb: *mut sk_buff, number: usize) -> Option<Self> {
        // INVARIANT: As the caller, which is `Packet::buffer()`, ensures.
        Some(Self {
            packet,
            skb: NonNull::new(skb)?,
            number,
        })
    }

    /// The pointer. By the type invariants, and those of [`Packet`], only the code that has the
    /// reference uses the packet.
    pub(super) fn as_raw(self) -> *mut sk_buff {
        self.skb.as_ptr()
    }

    /// Where its parts are now.
    pub(super) fn shape(self) -> Shape {
        let mut shape = MaybeUninit::<sys::lunatik_skb_shape>::uninit();
        // SAFETY: The packet is alive, and the function writes all of the shape.
        let shape = unsafe {
            sys::lunatik_skb_shape(self.as_raw(), shape.as_mut_ptr());
            shape.assume_init()
        };
        let length = i32::try_from(shape.length).unwrap_or(i32::MAX);
        let headroom = i32::try_from(shape.headroom).unwrap_or(0);
        let inside = -headroom..=length;
        Shape {
            // A header that is not in the packet is one without bytes.
            network: if inside.contains(&shape.network) {
                shape.network
            } else {
                length
            },
            mac: known(shape.mac).filter(|mac| inside.contains(mac)),
            partial: known(shape.partial),
            length,
            protocol: shape.protocol,
            is_gso: shape.is_gso,
            is_fraglist: shape.is_fraglist,
        }
    }

    fn layout_cell(self) -> Option<&'a Cell<Option<Layout>>> {
        self.packet.layouts.get(self.number)
    }

    /// Where its headers are now.
    pub(crate) fn layout(self) -> Layout {
        let known = self.layout_cell().and_then(Cell::get);
        if let Some(layout) = known {
            return layout;
        }
        let shape = self.shape();
        let layout = Layout::find(&self, shape.protocol, shape.network, shape.length);
        if let Some(cell) = self.layout_cell() {
            cell.set(Some(layout));
        }
        layout
    }

    /// Makes the next call of [`layout`](Self::layout) look at the headers again.
    pub(super) fn forget_layout(self) {
        if let Some(cell) = self.layout_cell() {
            cell.set(None);
        }
    }

    /// Whether any content will do, because the kernel has checked nothing of it.
    pub(super) fn is_free(self) -> bool {
        if self.number == 0 {
            self.packet.is_unchecked()
        } else {
            // The headers of a packet of many are used when it is taken apart.
            !self.shape().is_gso
        }
    }

    /// The bytes from the network header on.
    pub(crate) fn size(self) -> i32 {
        let shape = self.shape();
        shape.length.saturating_sub(shape.network)
    }

    /// The type of the Ethernet frame.
    pub(crate) fn protocol(self) -> u16 {
        self.shape().protocol
    }

    /// The index of its device.
    pub(crate) fn ifindex(self) -> Option<i32> {
        // SAFETY: The packet is alive, and so is its device: no grace period has passed since the
        // hook was called.
        let index = unsafe { sys::lunatik_skb_ifindex(self.as_raw()) };
        (index != 0).then_some(index)
    }

    /// The identifier of its VLAN, if the tag is not among its bytes.
    pub(crate) fn vlan(self) -> Option<i32> {
        // SAFETY: The packet is alive.
        let vlan = unsafe { sys::lunatik_skb_vlan(self.as_raw()) };
        (vlan >= 0).then_some(vlan)
    }

    /// Its mark.
    pub(crate) fn mark(self) -> u32 {
        // SAFETY: The packet is alive.
        unsafe { sys::lunatik_packet_mark(self.as_raw()) }
    }

    /// Sets its mark.
    pub(crate) fn set_mark(self, mark: u32) -> Result<(), Refused> {
        self.packet.modify()?;
        // SAFETY: The packet is alive, and nobody else uses it.
        unsafe { sys::lunatik_packet_set_mark(self.as_raw(), mark) };
        Ok(())
    }

    /// Its priority.
    pub(crate) fn priority(self) -> u32 {
        // SAFETY: The packet is alive.
        unsafe { sys::lunatik_packet_priority(self.as_raw()) }
    }

    /// Sets its priority.
    pub(crate) fn set_priority(self, priority: u32) -> Result<(), Refused> {
        self.packet.modify()?;
        // SAFETY: The packet is alive, and nobody else uses it.
        unsafe { sys::lunatik_packet_set_priority(self.as_raw(), priority) };
        Ok(())
    }

    /// The mark of its connection, if it is known to belong to one.
    pub(crate) fn connmark(self) -> Option<u32> {
        let mut mark = 0;
        // SAFETY: The packet is alive and has a reference to its connection; the other pointer is
        // valid for a write.
        unsafe { sys::lunatik_skb_connmark(self.as_raw(), &mut mark) }.then_some(mark)
    }

    /// Sets the mark of its connection, if it has one.
    pub(crate) fn set_connmark(self, mark: u32) -> Result<(), Refused> {
        self.packet.modify()?;
        // SAFETY: The packet is alive and has a reference to its connection.
        unsafe { sys::lunatik_skb_set_connmark(self.as_raw(), mark) };
        Ok(())
    }

    /// The state of its connection, a number of `enum ip_conntrack_info`, if somebody has looked
    /// for one.
    pub(crate) fn ctinfo(self) -> Option<i32> {
        // SAFETY: The packet is alive.
        let info = unsafe { sys::lunatik_skb_ctinfo(self.as_raw()) };
        (info >= 0).then_some(info)
    }
}

impl Buffer<'_> {
    /// Copies bytes; false if some of them are not in the packet, or cannot be read. All of `to` is
    /// written otherwise.
    pub(super) fn copy(self, offset: i32, to: &mut [MaybeUninit<u8>]) -> bool {
        let Ok(length) = u32::try_from(to.len()) else {
            return false;
        };
        // SAFETY: The packet is alive, the function checks the range, and `to` is that long.
        unsafe { sys::lunatik_skb_read(self.as_raw(), offset, length, to.as_mut_ptr().cast()) }
    }
}

impl Buffer<'_> {
    /// The number that 1, 2 or 4 bytes are in network order. `None` if some of them are not in the packet, or
    /// cannot be read.
    pub(super) fn number(self, offset: i32, bytes: usize) -> Option<u32> {
        let length = u32::try_from(bytes).ok()?;
        // SAFETY: The packet is alive, and the function checks the range.
        let number = unsafe { sys::lunatik_skb_number(self.as_raw(), offset, length) };
        u32::try_from(number).ok()
    }
}

impl Bytes for Buffer<'_> {
    fn read(&self, offset: i32, to: &mut [u8]) -> bool {
        let Ok(length) = u32::try_from(to.len()) else {
            return false;
        };
        // SAFETY: As above.
        unsafe { sys::lunatik_skb_read(self.as_raw(), offset, length, to.as_mut_ptr().cast()) }
    }

    fn skip_extensions(&self, start: i32, mut next: u8) -> Option<Extensions> {
        let mut fragment = 0;
        // SAFETY: The packet is alive, the function reads only what is in it, and the pointers are
        // valid for writes.
        let end = unsafe {
            sys::lunatik_skb_skip_extensions(self.as_raw(), start, &mut next, &mut fragment)
        };
        (end >= 0).then_some(Extensions {
            end,
            next,
            fragment,
        })
    }
}
