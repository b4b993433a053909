// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Blocks of memory while a message is made, whose code may have to end at any moment.
//!
//! The kernel takes long for a large one: a worker takes and frees those, and copies look up.

use core::mem;
use kernel::{bindings, prelude::*};

use crate::{
    linux::large::{drop_block, is_large},
    lua::State,
    runtime::vm::Vm, //
};

/// Bytes that are copied at a stretch: some 10 microseconds.
const PIECE: usize = 64 << 10;

/// Why there is no block.
pub(super) enum BlockError {
    NoMemory,
    /// The code that sends is to end.
    Ended,
}

/// Takes a block for `capacity` elements, without any yet. Sleeps. For functions that Lua has called.
pub(super) fn take<T: Copy>(state: State, capacity: usize) -> Result<KVVec<T>, BlockError> {
    const { assert!(mem::size_of::<T>() > 0 && mem::align_of::<T>() <= 8) };
    let size = capacity.saturating_mul(mem::size_of::<T>());
    if !is_large(size) {
        return KVVec::with_capacity(capacity, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)
            .map_err(|_| BlockError::NoMemory);
    }
    let Some(block) = Vm::take_large(state, size) else {
        return Err(if state.look_up() {
            BlockError::Ended
        } else {
            BlockError::NoMemory
        });
    };
    let (block, _, _) = block.into_raw_parts();
    // SAFETY: The block came from `kmalloc()` or `kvmalloc()`, so it is aligned to 8 bytes at least, has
    // room for so many elements, and is ours.
    Ok(unsafe { KVVec::from_raw_parts(block.cast(), 0, capacity) })
}

/// Appends `from`. Where there is no room, takes memory at once, so that is for little.
pub(super) fn append<T: Copy>(
    state: State,
    block: &mut KVVec<T>,
    from: &[T],
) -> Result<(), BlockError> {
    let piece = const { PIECE / mem::size_of::<T>() };
    for part in from.chunks(piece) {
        if part.len() == piece && state.look_up() {
            return Err(BlockError::Ended);
        }
        block
            .extend_from_slice(part, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)
            .map_err(|_| BlockError::NoMemory)?;
    }
    Ok(())
}

/// Has the elements move to a block for `capacity` of them, which are not fewer. After an error they
/// are where they were.
pub(super) fn resize<T: Copy>(
    state: State,
    block: &mut KVVec<T>,
    capacity: usize,
) -> Result<(), BlockError> {
    let mut other = take(state, capacity)?;
    let moved = append(state, &mut other, block);
    if moved.is_ok() {
        mem::swap(block, &mut other);
    }
    give_back(other);
    moved
}

/// Gives back what a block has too much, other than what lies in one piece: that would not become smaller.
/// Without memory it stays as it is.
pub(super) fn shrink<T: Copy>(state: State, block: &mut KVVec<T>) -> Result<(), BlockError> {
    // SAFETY: The function looks at the address alone.
    if !unsafe { bindings::is_vmalloc_addr(block.as_ptr().cast()) } {
        return Ok(());
    }
    let length = block.len();
    match resize(state, block, length) {
        Err(BlockError::NoMemory) => Ok(()),
        other => other,
    }
}

/// Frees a block, later if it is large. Sleeps.
pub(super) fn give_back<T: Copy>(block: KVVec<T>) {
    let size = block.capacity().saturating_mul(mem::size_of::<T>());
    if !is_large(size) {
        return;
    }
    let (block, _, _) = block.into_raw_parts();
    // SAFETY: The block came from `kvmalloc()` or `Vm::take_large()` with this size, which is
    // large, and was ours. The module holds a `Drops` while code of runtimes runs.
    unsafe { drop_block(block.cast(), size) };
}
