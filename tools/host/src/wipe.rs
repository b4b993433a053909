// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Memory that held secrets is overwritten before it is used for something else.
//!
//! The script that sets the sandbox up, and what it has read, must not be found in the memory of the actor that runs
//! afterwards. They pass through many hands: the frame, the Lua of the script, buffers of calls. All of them allocate
//! here, so this is the one place that sees every byte go. What the C library allocates for itself, such as the buffers
//! of files, it overwrites when told to. Lua also builds strings on the stack.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    mem::MaybeUninit,
    sync::atomic::{AtomicBool, Ordering},
};

/// The most bytes of stack that a script needs: Lua calls itself through C up to 200 times, each time with one or two
/// kilobytes for a buffer.
const STACK: usize = 1 << 20;

/// Bytes of a page. Larger ones are a multiple of it.
const PAGE: usize = 4096;

/// What the C library overwrites freed memory with: any byte but zero, which stands for nothing.
const FILLING: i32 = 0x55;

/// The allocator of the system, which zeroes what it frees while a [`Wiping`] exists.
struct Allocator;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

static WIPING: AtomicBool = AtomicBool::new(false);

/// As long as it exists, all memory that is freed is overwritten first.
pub struct Wiping(());

impl Wiping {
    /// Begins to zero freed memory.
    pub fn begin() -> Self {
        WIPING.store(true, Ordering::Relaxed);
        fill_freed(FILLING);
        Self(())
    }
}

impl Drop for Wiping {
    fn drop(&mut self) {
        WIPING.store(false, Ordering::Relaxed);
        fill_freed(0);
    }
}

/// Tells the C library what to overwrite freed memory with; 0 stands for nothing.
fn fill_freed(filling: i32) {
    // SAFETY: The call sets a number.
    let _ = unsafe { libc::mallopt(libc::M_PERTURB, filling) };
}

/// Zeroes the stack below the caller, as far as a script may have used it.
#[inline(never)]
pub fn wipe_stack() {
    let mut area = MaybeUninit::<[u8; STACK]>::uninit();
    let start = area.as_mut_ptr().cast::<u8>();
    // SAFETY: `area` has that many bytes, and nobody looks at them.
    unsafe { libc::explicit_bzero(start.cast(), STACK) };
    // Whole pages are zero already. Giving them back makes this cost no memory; if the call fails, it does.
    let first = start.align_offset(PAGE);
    let length = (STACK - first) / PAGE * PAGE;
    // SAFETY: These pages are in `area`, to which nobody refers. Those that come back are zero.
    let _ = unsafe { libc::madvise(start.add(first).cast(), length, libc::MADV_DONTNEED) };
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
