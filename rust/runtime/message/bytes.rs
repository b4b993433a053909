// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The storage for the bytes of a message.

use core::mem;
use kernel::{
    prelude::*,
    sync::Arc, //
};

use super::block::{self, BlockError};
use crate::{
    codec::{Sink, MAX_SHORT},
    linux::{
        account::{kmalloc_size, Account, Charge},
        large::is_large, //
    },
    lua::State,
    runtime::vm::Vm, //
};

/// The most bytes of a message.
pub(super) const MAX_BYTES: usize = 16 << 20;

/// Bytes that are stored in the message itself. They suffice for most calls and their answers.
const NEAR: usize = 64;

/// The least amount of unused memory that is worth a copy to give it back.
const WASTE: usize = 16 << 10;

/// Bytes that a message takes besides its block: the message itself, and its place in a queue.
const OVERHEAD: usize = 256;

/// Bytes in place, aligned so that they can be copied by words.
#[repr(align(8))]
struct Near([u8; NEAR]);

/// The bytes of a message: a few are stored in place, more in one block of memory.
///
/// # Invariants
///
/// Except while a [`BytesSink`] fills it, all bytes are in one of the two places.
pub(super) struct Bytes {
    near: Near,
    /// The number of bytes in place.
    used: usize,
    /// The bytes before those in place.
    far: KVVec<u8>,
    /// The bytes that count against the account of the runtime that made the message.
    charge: Charge,
}

/// Why bytes were not taken.
pub(super) enum SinkError {
    NoMemory,
    TooLong,
    /// A hook cannot send more than these bytes.
    Beyond(usize),
    /// The sending code must end.
    Ended,
}

impl From<BlockError> for SinkError {
    fn from(error: BlockError) -> Self {
        match error {
            BlockError::NoMemory => Self::NoMemory,
            BlockError::Ended => Self::Ended,
        }
    }
}

impl Bytes {
    pub(super) const fn new() -> Self {
        Self {
            near: Near([0; NEAR]),
            used: 0,
            far: KVVec::new(),
            charge: Charge::none(),
        }
    }

    /// A copy of `bytes`.
    pub(super) fn copy_of(bytes: &[u8]) -> Result<Self, kernel::alloc::AllocError> {
        let mut copy = Self::new();
        match copy.near.0.get_mut(..bytes.len()) {
            Some(to) => {
                to.copy_from_slice(bytes);
                copy.used = bytes.len();
            }
            None => copy
                .far
                .extend_from_slice(bytes, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?,
        }
        Ok(copy)
    }

    /// `length` zeros, which count against `account`. May sleep for memory.
    pub(super) fn zeroed(length: usize, account: &Arc<Account>) -> Result<Self> {
        let mut bytes = Self::new();
        if length <= NEAR {
            bytes.used = length;
        } else {
            bytes.far = KVVec::from_elem(0, length, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        }
        let far = kmalloc_size(bytes.far.capacity());
        bytes.charge = Charge::new(account, OVERHEAD.saturating_add(far))?;
        Ok(bytes)
    }

    /// The bytes, to be changed.
    pub(super) fn as_mut_slice(&mut self) -> &mut [u8] {
        if self.far.is_empty() {
            self.near.0.get_mut(..self.used).unwrap_or_default()
        } else {
            &mut self.far
        }
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        if self.far.is_empty() {
            self.near.0.get(..self.used).unwrap_or_default()
        } else {
            &self.far
        }
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        block::give_back(mem::take(&mut self.far));
    }
}

/// Takes encoded bytes up to [`MAX_BYTES`].
///
/// Short pieces gather in place before they are moved to a block of memory together.
pub(super) struct BytesSink<'a> {
    bytes: &'a mut Bytes,
    state: State,
}

impl<'a> BytesSink<'a> {
    /// Makes a sink that fills `bytes`, which must be empty. They count against the runtime of
    /// `state`.
    pub(super) fn new(bytes: &'a mut Bytes, state: State) -> Self {
        bytes.charge = Charge::to(Vm::runtime_of(state).account());
        Self { bytes, state }
    }

    /// Counts a block of `capacity` bytes.
    fn count(&mut self, capacity: usize) -> Result<(), SinkError> {
        let bytes = match capacity {
            0 => OVERHEAD,
            _ if is_large(capacity) => OVERHEAD.saturating_add(capacity),
            _ => OVERHEAD.saturating_add(capacity.next_power_of_two()),
        };
        self.bytes
            .charge
            .set(bytes)
            .map_err(|_| SinkError::NoMemory)
    }

    /// Must be called when all bytes have been put.
    pub(super) fn finish(mut self) -> Result<(), SinkError> {
        if self.bytes.far.is_empty() {
            return self.count(0);
        }
        self.flush(0)?;
        let far = &mut self.bytes.far;
        let waste = far.capacity().saturating_sub(far.len());
        if waste > WASTE && waste > far.len() / 4 {
            block::shrink(self.state, far)?;
        }
        self.count(self.bytes.far.capacity())
    }

    /// Moves the bytes in place to the block of memory, which then has room for `more` bytes.
    #[inline(never)]
    fn flush(&mut self, more: usize) -> Result<(), SinkError> {
        self.reserve(self.bytes.used.saturating_add(more))?;
        let flags = self.state.context().allocation();
        let Bytes {
            near, used, far, ..
        } = &mut *self.bytes;
        let near = near.0.get(..*used).unwrap_or_default();
        far.extend_from_slice(near, flags)
            .map_err(|_| SinkError::NoMemory)?;
        *used = 0;
        Ok(())
    }

    /// Makes room for `needed` more bytes in the block of memory.
    fn reserve(&mut self, needed: usize) -> Result<(), SinkError> {
        let length = self.bytes.far.len().saturating_add(needed);
        if length > MAX_BYTES {
            return Err(SinkError::TooLong);
        }
        let former = self.bytes.far.capacity();
        if length <= former {
            return Ok(());
        }
        let capacity = length.max(former.saturating_mul(2)).min(MAX_BYTES);
        self.count(capacity)?;
        let far = &mut self.bytes.far;
        if !is_large(capacity) {
            return far
                .reserve(needed, self.state.context().allocation())
                .map_err(|_| SinkError::NoMemory);
        }
        Ok(block::resize(self.state, far, capacity)?)
    }

    /// Puts bytes for which there is no room in place.
    #[inline(never)]
    fn put_far(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        self.flush(bytes.len())?;
        Ok(block::append(self.state, &mut self.bytes.far, bytes)?)
    }
}

impl Sink for BytesSink<'_> {
    type Error = SinkError;

    fn put(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        let Bytes { near, used, .. } = &mut *self.bytes;
        // In two steps, so that the compiler sees that the lengths are equal.
        let room = near.0.get_mut(*used..).unwrap_or_default();
        let Some(to) = room.get_mut(..bytes.len()) else {
            return self.put_far(bytes);
        };
        to.copy_from_slice(bytes);
        *used = used.saturating_add(bytes.len());
        Ok(())
    }

    #[inline]
    fn put_short(&mut self, block: &[u8; MAX_SHORT], length: usize) -> Result<(), SinkError> {
        let Bytes { near, used, .. } = &mut *self.bytes;
        let room = near.0.get_mut(*used..).unwrap_or_default();
        let Some(to) = room.first_chunk_mut::<MAX_SHORT>() else {
            // The room that is left in place may suffice for the bytes that count.
            return self.put(block.get(..length).unwrap_or(block));
        };
        *to = *block;
        *used = used.saturating_add(length.min(MAX_SHORT));
        Ok(())
    }
}
