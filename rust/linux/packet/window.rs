// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A part of a packet, from a header to its end.

use core::{
    mem::MaybeUninit,
    ops::ControlFlow, //
};
use kernel::prelude::*;

use super::{
    buffer::Buffer,
    fields::Kind,
    layout::{Bytes, Layout, Network},
    place::place,
    Refused, //
};
use crate::sys::kernel_helpers as sys;

/// Where a part of a packet begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Base {
    /// At the network header.
    Network,
    /// At the MAC header.
    Mac,
    /// Behind the transport header. This part may end before the packet, which may be padded.
    Payload,
}

/// The bytes that are read at a time where they do not lie one after the other.
const PIECE: usize = 128;

/// A part of a packet, as it is now: it is looked for again after each change of the packet.
pub(crate) struct Window<'a> {
    buffer: Buffer<'a>,
    start: i32,
    end: i32,
}

impl<'a> Buffer<'a> {
    /// The part that begins there. `None` if there is no such header.
    pub(crate) fn window(self, base: Base) -> Option<Window<'a>> {
        let shape = self.shape();
        let (start, end) = match base {
            Base::Network => (shape.network, shape.length),
            Base::Mac => (shape.mac?, shape.length),
            Base::Payload => self.layout().payload(&self)?,
        };
        Some(Window {
            buffer: self,
            start,
            end,
        })
    }
}

impl<'a> Buffer<'a> {
    /// The part that begins at the header of this kind. `None` if there is none.
    pub(crate) fn header(self, kind: Kind) -> Option<Window<'a>> {
        let layout = self.layout();
        Some(Window {
            buffer: self,
            start: kind.start(&layout)?,
            end: layout.end,
        })
    }
}

impl Window<'_> {
    /// Its size.
    pub(crate) fn size(&self) -> usize {
        usize::try_from(self.end.saturating_sub(self.start)).unwrap_or(0)
    }

    /// Copies the bytes at `offset`. False if some of them are not in the part.
    pub(crate) fn read(&self, offset: i64, to: &mut [u8]) -> bool {
        place(self.start, self.end, offset, to.len()).is_some_and(|at| self.buffer.read(at, to))
    }

    /// The number that 1, 2 or 4 bytes at `offset` are in network order. `None` if some of them are not in the
    /// part.
    pub(crate) fn number(&self, offset: i64, bytes: usize) -> Option<u32> {
        self.buffer
            .number(place(self.start, self.end, offset, bytes)?, bytes)
    }

    /// Writes bytes at `offset`.
    pub(crate) fn write(&self, offset: i64, from: &[u8]) -> Result<(), Refused> {
        self.buffer.packet.modify()?;
        let at = place(self.start, self.end, offset, from.len()).ok_or(Refused::OutOfBounds)?;
        self.buffer.write(at, from)
    }

    /// The internet checksum of `length` bytes at `offset`. `None` if some of them are not in the
    /// part.
    pub(crate) fn sum(&self, offset: i64, length: usize) -> Option<u16> {
        self.buffer
            .sum(place(self.start, self.end, offset, length)?, length)
    }

    /// The bytes at `offset`, if they lie one after the other. `None` also if some are not in the
    /// part.
    ///
    /// The caller must not change the packet as long as it uses them.
    pub(crate) fn linear(&self, offset: i64, length: usize) -> Option<&[u8]> {
        let at = place(self.start, self.end, offset, length)?;
        let there = u32::try_from(length).ok()?;
        // SAFETY: The packet is alive, and the function checks the range.
        let bytes = unsafe { sys::lunatik_skb_linear(self.buffer.as_raw(), at, there) };
        if bytes.is_null() {
            return None;
        }
        // SAFETY: There are that many bytes. Nobody changes them: who shares them has to make
        // theirs private first, and this packet is changed only by the caller, who does not.
        Some(unsafe { core::slice::from_raw_parts(bytes.cast::<u8>(), length) })
    }

    /// Copies the bytes at `offset` to `to`. False if some of them are not in the part, or cannot
    /// be read.
    pub(crate) fn copy(&self, offset: i64, to: &mut [MaybeUninit<u8>]) -> bool {
        let Some(at) = place(self.start, self.end, offset, to.len()) else {
            return false;
        };
        self.buffer.copy(at, to)
    }

    /// Calls `each` with the bytes at `offset`, piece by piece, until it breaks. Returns what it
    /// breaks with. `None` if it does not, or some of the bytes are not in the part.
    ///
    /// It may not change the packet.
    pub(crate) fn pieces<R>(
        &self,
        offset: i64,
        length: usize,
        mut each: impl FnMut(&[u8]) -> ControlFlow<R>,
    ) -> Option<R> {
        if let Some(bytes) = self.linear(offset, length) {
            return match each(bytes) {
                ControlFlow::Break(result) => Some(result),
                ControlFlow::Continue(()) => None,
            };
        }
        let (mut offset, mut left) = (offset, length);
        let mut piece = [0; PIECE];
        while left > 0 {
            let part = piece.get_mut(..left.min(PIECE))?;
            if !self.read(offset, part) {
                return None;
            }
            if let ControlFlow::Break(result) = each(part) {
                return Some(result);
            }
            left = left.checked_sub(part.len())?;
            offset = offset.checked_add(i64::try_from(part.len()).ok()?)?;
        }
        None
    }
}

impl Buffer<'_> {
    /// Whether bytes may be written there, in a packet that the kernel goes on with.
    fn check_guards(self, layout: &Layout, at: i32, from: &[u8]) -> Result<(), Refused> {
        let length = i32::try_from(from.len()).map_err(|_| Refused::OutOfBounds)?;
        let end = at.saturating_add(length);
        if layout.network == Network::Other && end > layout.start {
            return Err(Refused::ReadOnly);
        }
        let new_at = |place: i32| {
            let index = usize::try_from(place.checked_sub(at)?).ok()?;
            from.get(index).copied()
        };
        for place in at.max(layout.start)..end.min(layout.guarded_end()) {
            let guarded = layout.guarded(place);
            let mut old = [0];
            if guarded == 0 || !self.read(place, &mut old) {
                continue;
            }
            let [old] = old;
            if new_at(place).is_some_and(|new| (new ^ old) & guarded != 0) {
                return Err(Refused::ReadOnly);
            }
        }
        // The header of TCP may get another length, but all of it has to be there.
        match layout.doff().and_then(new_at) {
            Some(new)
                if layout
                    .tcp_end(new)
                    .is_none_or(|end| end > self.shape().length) =>
            {
                Err(Refused::OutOfBounds)
            }
            _ => Ok(()),
        }
    }

    /// Writes bytes at an offset of the kernel.
    pub(super) fn write(self, at: i32, from: &[u8]) -> Result<(), Refused> {
        let layout = self.layout();
        if !self.is_free() {
            self.check_guards(&layout, at, from)?;
        }
        let length = u32::try_from(from.len()).map_err(|_| Refused::OutOfBounds)?;
        // SAFETY: The packet is alive and nobody else uses it; the function checks the range, and
        // `from` is that long.
        Refused::check(unsafe {
            sys::lunatik_skb_write(self.as_raw(), at, length, from.as_ptr().cast())
        })?;
        if at < layout.transport {
            self.forget_layout();
        }
        Ok(())
    }

    /// The internet checksum of bytes at an offset of the kernel. `None` if some of them are not in
    /// the packet.
    pub(super) fn sum(self, at: i32, length: usize) -> Option<u16> {
        let mut sum = 0;
        let length = u32::try_from(length).ok()?;
        // SAFETY: The packet is alive, the function checks the range, and the pointer is valid for
        // a write.
        unsafe { sys::lunatik_skb_sum(self.as_raw(), at, length, &mut sum) }.then_some(sum)
    }
}
