// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Pages of small blocks.

use super::classes::{class_of, class_size};
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

/// Has KASAN admit accesses to `size` bytes of a block, and to no more of it.
///
/// # Safety
///
/// `block` is a block of the class of `size`, and the caller's.
#[inline]
pub(super) unsafe fn admit(block: *mut u8, size: usize) {
    let used = size.next_multiple_of(kasan::GRANULE);
    // SAFETY: As the caller promises.
    unsafe {
        kasan::unpoison(block, used);
        kasan::poison(
            block.wrapping_add(used),
            class_size(class_of(size)).saturating_sub(used),
        );
    }
}
