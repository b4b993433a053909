// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The first pages of a heap, which hold blocks of all small sizes side by side.
//!
//! A VM that does little has few blocks of each size. Spans with one size class each would be
//! mostly empty.
//!
//! These pages stay until the heap is dropped. Their free blocks are kept by class, and serve only
//! that class.

use core::ptr;

use super::{
    classes::{class_size, CLASSES},
    span::{FreeBlock, Span, HEADER, SPAN_SIZE},
};
use crate::linux::kasan;

/// The most pages of a nursery.
const PAGES: usize = 12;

/// Sizes of blocks are multiples of this.
const STEP: usize = 16;

/// The class of a page of a nursery, in the place of a size class.
pub(super) const MIXED: u32 = u32::MAX;

/// The bytes that a block of `size` bytes takes in a nursery.
#[inline]
pub(super) fn rounded(size: usize) -> usize {
    size.next_multiple_of(STEP)
}

/// Blocks of all small sizes.
///
/// # Invariants
///
/// - `pages[..count]` are pages of the heap that begin with a [`Span`] of class [`MIXED`].
/// - The first `used[i]` steps of page `i` behind its head were handed out, and none of the others.
/// - `free[c]` heads a list of free blocks in these pages that have at least the size of class `c`.
pub(super) struct Nursery {
    pages: [*mut u8; PAGES],
    used: [u8; PAGES],
    count: u8,
    free: [*mut FreeBlock; CLASSES],
}

impl Nursery {
    /// Makes a nursery without pages.
    pub(super) const fn new() -> Self {
        // INVARIANT: Everything is empty.
        Self {
            pages: [ptr::null_mut(); PAGES],
            used: [0; PAGES],
            count: 0,
            free: [ptr::null_mut(); CLASSES],
        }
    }

    /// Whether another page may be added.
    pub(super) fn wants_page(&self) -> bool {
        usize::from(self.count) < PAGES
    }

    /// Adds a page, if it is wanted.
    ///
    /// # Safety
    ///
    /// The page must be `SPAN_SIZE` bytes long, aligned to that, and belong to the heap. It must
    /// not be used for anything else until [`take_page`](Self::take_page) returns it.
    pub(super) unsafe fn add_page(&mut self, page: *mut u8) {
        let (Some(place), Some(used)) = (
            self.pages.get_mut(usize::from(self.count)),
            self.used.get_mut(usize::from(self.count)),
        ) else {
            return;
        };
        // SAFETY: As the caller promises.
        unsafe {
            page.cast::<Span>().write(Span {
                free: ptr::null_mut(),
                next: ptr::null_mut(),
                previous: ptr::null_mut(),
                untouched: 0,
                used: 0,
                class: MIXED,
                listed: false,
            });
            kasan::poison(page.wrapping_add(HEADER), SPAN_SIZE - HEADER);
        }
        // INVARIANT: It has that class now, and none of it except its head is in use.
        *place = page;
        *used = 0;
        self.count += 1;
    }

    /// Removes a page. The caller must know that none of its blocks is in use.
    pub(super) fn take_page(&mut self) -> Option<*mut u8> {
        self.count = self.count.checked_sub(1)?;
        self.pages.get(usize::from(self.count)).copied()
    }

    /// Takes a block of [`rounded`]`(size)` bytes that was never used; null if there is none. It is
    /// still poisoned for KASAN.
    pub(super) fn carve(&mut self, size: usize) -> *mut u8 {
        let size = rounded(size);
        let pages = self.pages.iter().zip(self.used.iter_mut());
        for (page, used) in pages.take(self.count.into()) {
            let offset = HEADER + usize::from(*used) * STEP;
            if offset + size <= SPAN_SIZE {
                // INVARIANT: The block is handed out now. Fewer than 256 steps fit in a page.
                *used += (size / STEP) as u8;
                return page.wrapping_add(offset);
            }
        }
        ptr::null_mut()
    }

    /// Takes a free block of `class` that was used before; null if there is none. Except for its
    /// first bytes it is still poisoned for KASAN.
    #[inline]
    pub(super) fn reuse(&mut self, class: usize) -> *mut u8 {
        let Some(head) = self.free.get_mut(class) else {
            return ptr::null_mut();
        };
        let block = *head;
        if !block.is_null() {
            // SAFETY: By the type invariants it is a free block, which holds a `FreeBlock`.
            unsafe {
                kasan::unpoison(block.cast(), size_of::<FreeBlock>());
                *head = (*block).next;
            }
        }
        block.cast()
    }

    /// Takes back a block of `size` bytes. `class` is the greatest class whose size is at most
    /// [`rounded`]`(size)`.
    ///
    /// # Safety
    ///
    /// The block lies in one of the pages, was handed out with at least that size, and is not in
    /// use.
    #[inline]
    pub(super) unsafe fn put(&mut self, block: *mut u8, size: usize, class: usize) {
        let Some(head) = self.free.get_mut(class) else {
            return;
        };
        let free = block.cast::<FreeBlock>();
        // SAFETY: The caller gives up the block, and each block is at least 16 bytes long and
        // aligned.
        unsafe {
            free.write(FreeBlock { next: *head });
            kasan::poison(block, rounded(size).max(class_size(class)));
        }
        // INVARIANT: It is free now, and at least as long as its class.
        *head = free;
    }
}
