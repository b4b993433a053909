// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Memory that held secrets is zeroed before it is freed.
//!
//! The script that sets the sandbox up, and what it has read, must not be found in the memory of the actor that runs
//! afterwards. They pass through many hands: the frame, the Lua of the script, buffers of calls. All of them allocate
//! here, so this is the one place that sees every byte go.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicBool, Ordering},
};

/// The allocator of the system, which zeroes what it frees while a [`Wiping`] exists.
struct Allocator;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

static WIPING: AtomicBool = AtomicBool::new(false);

/// As long as it exists, all memory that is freed is zeroed first.
pub struct Wiping(());

impl Wiping {
    /// Begins to zero freed memory.
    pub fn begin() -> Self {
        WIPING.store(true, Ordering::Relaxed);
        Self(())
    }
}

impl Drop for Wiping {
    fn drop(&mut self) {
        WIPING.store(false, Ordering::Relaxed);
    }
}

// SAFETY: All memory comes from `System` and goes back to it with the layout that it had.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: The caller keeps the conditions of `alloc`, which are the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: The caller keeps the conditions of `alloc_zeroed`, which are the same.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        if WIPING.load(Ordering::Relaxed) {
            // SAFETY: The caller owns `memory`, which has `layout.size()` bytes, and uses it no longer.
            unsafe { libc::explicit_bzero(memory.cast(), layout.size()) };
        }
        // SAFETY: The caller got `memory` from here, hence from `System`, with this layout.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !WIPING.load(Ordering::Relaxed) {
            // SAFETY: The caller got `memory` from here, hence from `System`, with this layout. `size` is as it must be.
            return unsafe { System.realloc(memory, layout, size) };
        }
        // SAFETY: The caller guarantees that `size`, rounded up to the alignment, does not overflow an `isize`.
        let moved = unsafe { self.alloc(Layout::from_size_align_unchecked(size, layout.align())) };
        if !moved.is_null() {
            // SAFETY: Both blocks have that many bytes, and they are different blocks. The caller hands `memory` over,
            // which it got with this layout.
            unsafe {
                moved.copy_from_nonoverlapping(memory, size.min(layout.size()));
                self.dealloc(memory, layout);
            }
        }
        moved
    }
}
