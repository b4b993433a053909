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

/// The content of a free block: a link to the next free block of its span.
pub(super) struct FreeBlock {
    pub(super) next: *mut FreeBlock,
}

/// The head of a page of small blocks.
pub(super) struct Span {
    /// Free blocks that were in use before.
    pub(super) free: *mut FreeBlock,
    /// The neighbours in the class's list of spans with free blocks.
    pub(super) next: *mut Span,
    pub(super) previous: *mut Span,
    /// Offset of the part that was never handed out.
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

/// Tells KASAN that only the first `size` bytes of a block of `capacity` bytes may be accessed.
///
/// # Safety
///
/// The block has that length, and belongs to the caller.
#[inline]
pub(super) unsafe fn admit(block: *mut u8, size: usize, capacity: usize) {
    let used = size.next_multiple_of(kasan::GRANULE);
    // SAFETY: As the caller promises.
    unsafe {
        kasan::unpoison(block, used);
        kasan::poison(block.wrapping_add(used), capacity.saturating_sub(used));
    }
}

/// Whether a small block of `old_size` bytes can have `new_size` bytes. If so, tells KASAN that
/// these may be accessed.
///
/// # Safety
///
/// The block came from a heap with a size of `old_size`, and belongs to the caller.
#[inline]
pub(super) unsafe fn fits_in_place(block: *mut u8, old_size: usize, new_size: usize) -> bool {
    let class = class_of(old_size);
    if !is_small(new_size) || class_of(new_size) != class {
        return false;
    }
    // SAFETY: Small blocks lie in a span, whose class does not change while one of its blocks is in
    // use.
    let is_mixed = unsafe { (*span_of(block)).class } == MIXED;
    let capacity = if is_mixed {
        rounded(old_size)
    } else {
        class_size(class)
    };
    if new_size > capacity {
        return false;
    }
    // SAFETY: The block belongs to the caller, and has that length.
    unsafe { admit(block, new_size, capacity) };
    true
}
