// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Blocks of memory for a message that is being made. The code that makes it may have to end at any
//! moment.
//!
//! The kernel takes long to map and unmap large blocks, so a kernel worker allocates and frees
//! them, and copying them polls for interrupts.

use core::mem;
use kernel::{bindings, prelude::*};

use crate::{
    linux::large::{drop_block, is_large},
    lua::State,
    runtime::vm::Vm, //
};

/// Bytes that are copied between two polls: some 10 microseconds.
const PIECE: usize = 64 << 10;

/// Why a block could not be allocated.
pub(super) enum BlockError {
    NoMemory,
    /// The sending code must end.
    Ended,
}

/// Allocates an empty block for `capacity` elements. Sleeps if the code of `state` may. For functions that Lua has called.
pub(super) fn take<T: Copy>(state: State, capacity: usize) -> Result<KVVec<T>, BlockError> {
    const { assert!(mem::size_of::<T>() > 0 && mem::align_of::<T>() <= 8) };
    let size = capacity.saturating_mul(mem::size_of::<T>());
    if !is_large(size) {
        return KVVec::with_capacity(capacity, state.context().allocation())
            .map_err(|_| BlockError::NoMemory);
    }
    if !state.context().may_sleep() {
        return Err(BlockError::NoMemory);
    }
    let Some(block) = Vm::take_large(state, size) else {
        return Err(if state.look_up() {
            BlockError::Ended
        } else {
            BlockError::NoMemory
        });
    };
    let (block, _, _) = block.into_raw_parts();
    // SAFETY: The block came from `kmalloc()` or `kvmalloc()`, so it is aligned to at least 8
    // bytes. It has room for `capacity` elements, and nobody else uses it.
    Ok(unsafe { KVVec::from_raw_parts(block.cast(), 0, capacity) })
}

/// Appends `from`. Without room for it, allocates memory directly, so this is for small amounts.
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
            .extend_from_slice(part, state.context().allocation())
            .map_err(|_| BlockError::NoMemory)?;
    }
    Ok(())
}

/// Moves the elements to a block with room for `capacity` elements, at least as many as there are.
/// After an error they are where they were.
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

/// Gives back the unused memory of a block. A physically contiguous block stays as it is, because
/// it would not become smaller. Without memory for the copy, the block stays as it is, too.
pub(super) fn shrink<T: Copy>(state: State, block: &mut KVVec<T>) -> Result<(), BlockError> {
    // SAFETY: The function checks only the address.
    if !unsafe { bindings::is_vmalloc_addr(block.as_ptr().cast()) } {
        return Ok(());
    }
    let length = block.len();
    match resize(state, block, length) {
        Err(BlockError::NoMemory) => Ok(()),
        other => other,
    }
}

/// Frees a block; a large one is freed later by a kernel worker. May sleep.
pub(super) fn give_back<T: Copy>(block: KVVec<T>) {
    let size = block.capacity().saturating_mul(mem::size_of::<T>());
    if !is_large(size) {
        return;
    }
    let (block, _, _) = block.into_raw_parts();
    // SAFETY: The block came from `kvmalloc()` or `Vm::take_large()` with this size, which is
    // large, and nobody else uses it. The module holds a `Drops` while code of runtimes runs.
    unsafe { drop_block(block.cast(), size) };
}
