// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Pages of small blocks.

use super::{
    classes::{class_of, class_size, is_small},
    nursery::{rounded, MIXED},
};
use crate::linux::kasan;

/// Bytes of one span; a power of two, because a block finds its span by masking its address.
pub(super) const SPAN_SIZE: usize = 4096;

/// Bytes at the start of a span that hold no blocks.
pub(super) const HEADER: usize = 64;

/// A block that is free: the next free one of its span.
pub(super) struct FreeBlock {
    pub(super) next: *mut FreeBlock,
}

/// The head of a page of small blocks.
pub(super) struct Span {
    /// Free blocks that were in use before.
    pub(super) free: *mut FreeBlock,
    /// Neighbours in the class' list of spans with free blocks.
    pub(super) next: *mut Span,
    pub(super) previous: *mut Span,
    /// Offset of the part never handed out.
    pub(super) untouched: u32,
    /// Blocks in use.
    pub(super) used: u32,
    pub(super) class: u32,
    pub(super) listed: bool,
}

const _: () = assert!(size_of::<Span>() <= HEADER);

/// The span that a small block lies in.
#[inline]
pub(super) fn span_of(block: *mut u8) -> *mut Span {
    // Spans begin at multiples of `SPAN_SIZE`.
    block
        .map_addr(|address| address & !(SPAN_SIZE - 1))
        .cast::<Span>()
}

/// Has KASAN admit accesses to `size` bytes of a block of `capacity` bytes, and to no more of it.
///
/// # Safety
///
/// The block is that long, and the caller's.
#[inline]
pub(super) unsafe fn admit(block: *mut u8, size: usize, capacity: usize) {
    let used = size.next_multiple_of(kasan::GRANULE);
    // SAFETY: As the caller promises.
    unsafe {
        kasan::unpoison(block, used);
        kasan::poison(block.wrapping_add(used), capacity.saturating_sub(used));
    }
}

/// Whether a small block of `old_size` bytes can have `new_size` bytes; then KASAN admits them.
///
/// # Safety
///
/// The block came from a heap with a size of `old_size`, and is the caller's.
#[inline]
pub(super) unsafe fn fits_in_place(block: *mut u8, old_size: usize, new_size: usize) -> bool {
    let class = class_of(old_size);
    if !is_small(new_size) || class_of(new_size) != class {
        return false;
    }
    // SAFETY: Small blocks lie in a span, whose class does not change while one is in use.
    let is_mixed = unsafe { (*span_of(block)).class } == MIXED;
    let capacity = if is_mixed {
        rounded(old_size)
    } else {
        class_size(class)
    };
    if new_size > capacity {
        return false;
    }
    // SAFETY: The block is the caller's, and that long.
    unsafe { admit(block, new_size, capacity) };
    true
}
