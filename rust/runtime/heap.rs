// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The memory of one virtual machine: a limit that counts every byte taken from the kernel, and
//! free lists per size class for the small blocks that Lua allocates by the million.
//!
//! Small blocks are carved out of one-page spans, each of one size class. A span whose blocks are
//! all free goes to a small stock of pages, and from there back to the kernel; so a script cannot
//! hold more than its limit by allocating one size after another. Bigger blocks come from
//! `kvmalloc()` one by one, the large ones through a worker.
//!
//! Everything is charged to the memory cgroup of whoever started the runtime, whichever thread
//! happens to run it.
//!
//! KASAN is told what of a span is in use, so that it sees overruns and uses after free in it.
//! (Every block from the kernel's allocator would do, too, but that records two stack traces for
//! each, which take milliseconds on an emulated machine.)

use core::{
    ffi::c_void,
    ptr::{self, NonNull}, //
};
use kernel::{
    prelude::*,
    sync::atomic::{Atomic, Relaxed},
    warn_on, //
};

mod classes;
mod span;

use self::{
    classes::{class_of, class_size, is_small, CLASSES},
    span::{admit, FreeBlock, Span, HEADER, SPAN_SIZE},
};
use crate::linux::{
    kasan,
    large::{is_large, LargeBlocks},
    memcg::MemoryCgroup, //
};
use crate::sys::kernel_helpers as sys;

/// Bytes copied at a time; some 10 microseconds.
const PIECE: usize = 64 * 1024;

/// Free pages kept for the next span that is needed.
const STOCK: usize = 8;

/// What allocations of a VM need besides its heap.
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'a> {
    /// Where large blocks come from. Nobody else uses it meanwhile.
    pub(super) large: &'a LargeBlocks,
    /// Whether the Lua code that allocates is being ended; then it gets no large block.
    pub(super) is_ended: &'a dyn Fn() -> bool,
}

/// The allocator of one VM.
///
/// # Invariants
///
/// - `partial[c]` heads a list of spans of class `c` which this heap allocated, each with at least
///   one free block and `listed` set.
/// - `stock[..stocked]` are pages that this heap allocated and nobody uses.
/// - `used` is the sum of the sizes of all spans, stocked pages and large blocks.
pub(crate) struct Heap {
    limit: usize,
    used: Atomic<usize>,
    peak: Atomic<usize>,
    partial: [*mut Span; CLASSES],
    stock: [*mut u8; STOCK],
    stocked: usize,
    memcg: MemoryCgroup,
    /// Allocations to go until one is made to fail; 0 is never. For tests.
    fail_after: u64,
    /// Fail all allocations after the first failed one, too.
    fail_on: bool,
    /// Whether the first of the two attempts that Lua makes has failed.
    failed_once: bool,
}

// SAFETY: A heap owns all that its pointers point to; nothing in it belongs to a thread.
unsafe impl Send for Heap {}

impl Heap {
    /// Creates an empty heap that may take up to `limit` bytes, charged to `memcg`.
    pub(crate) fn new(limit: usize, memcg: MemoryCgroup) -> Self {
        // INVARIANT: All lists are empty, and so is the sum.
        Self {
            limit,
            used: Atomic::new(0),
            peak: Atomic::new(0),
            partial: [ptr::null_mut(); CLASSES],
            stock: [ptr::null_mut(); STOCK],
            stocked: 0,
            memcg,
            fail_after: 0,
            fail_on: false,
            failed_once: false,
        }
    }

    /// The bytes in use now. May be called while another thread allocates.
    pub(crate) fn used(&self) -> usize {
        self.used.load(Relaxed)
    }

    /// The most bytes that were in use at one time.
    pub(crate) fn peak(&self) -> usize {
        self.peak.load(Relaxed)
    }

    /// Makes the `count`th allocation from now fail, and with `on` all later ones, too.
    pub(crate) fn fail_after(&mut self, count: u64, on: bool) {
        self.fail_after = count;
        self.fail_on = on;
        self.failed_once = false;
    }

    /// The function behind `lua_Alloc`: frees where `new_size` is 0, else allocates or resizes.
    ///
    /// # Safety
    ///
    /// `block` is null or came from this heap with a size of `old_size` and was not freed since.
    /// `around` is always the same VM's.
    pub(crate) unsafe fn resize(
        &mut self,
        block: *mut c_void,
        old_size: usize,
        new_size: usize,
        around: &Surroundings<'_>,
    ) -> *mut c_void {
        let block = block.cast::<u8>();
        if block.is_null() {
            if new_size == 0 {
                return ptr::null_mut();
            }
            return self.allocate(new_size, around).cast();
        }
        if new_size == 0 {
            // SAFETY: As the caller promises.
            unsafe { self.free(block, old_size, around) };
            return ptr::null_mut();
        }
        if is_small(old_size) && is_small(new_size) && class_of(old_size) == class_of(new_size) {
            // SAFETY: The block is the caller's, and of this class.
            unsafe { admit(block, new_size) };
            return block.cast();
        }
        let fresh = if new_size <= old_size {
            // Lua relies on it that shrinking never fails. It may pass the limit: the old block
            // is freed at once.
            let fresh = self.allocate_within(new_size, usize::MAX, around);
            if fresh.is_null() && is_small(new_size) == is_small(old_size) {
                // The old block serves. A small one is freed by the class of its span; of a large
                // one, the difference stays counted until the VM is closed.
                return block.cast();
            }
            fresh
        } else if self.injected_failure() {
            ptr::null_mut()
        } else {
            // The old block goes as soon as the new one is there, so just one of them counts.
            self.allocate_within(new_size, self.limit.saturating_add(old_size), around)
        };
        if fresh.is_null() {
            return ptr::null_mut();
        }
        let size = old_size.min(new_size);
        let mut copied = 0;
        while copied < size {
            if copied > 0 && (around.is_ended)() {
                // SAFETY: The fresh block came from this heap with that size.
                unsafe { self.free(fresh, new_size, around) };
                return ptr::null_mut();
            }
            let piece = PIECE.min(size - copied);
            // SAFETY: Both blocks are at least as long as the shorter of the two sizes, and a
            // fresh block overlaps no other.
            unsafe {
                ptr::copy_nonoverlapping(
                    block.wrapping_add(copied),
                    fresh.wrapping_add(copied),
                    piece,
                )
            };
            copied += piece;
        }
        // SAFETY: As the caller promises.
        unsafe { self.free(block, old_size, around) };
        fresh.cast()
    }

    #[inline]
    fn injected_failure(&mut self) -> bool {
        if self.fail_after == 0 {
            return false;
        }
        if self.fail_after > 1 {
            self.fail_after -= 1;
            return false;
        }
        if !self.fail_on {
            // Lua collects its garbage and tries once more; that fails, too.
            if self.failed_once {
                self.fail_after = 0;
            }
            self.failed_once = !self.failed_once;
        }
        true
    }

    fn allocate(&mut self, size: usize, around: &Surroundings<'_>) -> *mut u8 {
        if self.injected_failure() {
            return ptr::null_mut();
        }
        self.allocate_within(size, self.limit, around)
    }

    fn allocate_within(&mut self, size: usize, limit: usize, around: &Surroundings<'_>) -> *mut u8 {
        if is_small(size) {
            let block = self.allocate_small(class_of(size), limit, around);
            if !block.is_null() {
                // SAFETY: The block is fresh, and of this class.
                unsafe { admit(block, size) };
            }
            block
        } else {
            self.take(size, limit, around)
        }
    }

    #[inline]
    fn allocate_small(&mut self, class: usize, limit: usize, around: &Surroundings<'_>) -> *mut u8 {
        let Some(head) = self.partial.get(class).copied() else {
            return ptr::null_mut();
        };
        let span = if head.is_null() {
            let span = self.new_span(class, limit, around);
            if span.is_null() {
                return ptr::null_mut();
            }
            span
        } else {
            head
        };
        // SAFETY: By the type invariants a listed span is alive, and this heap alone uses it.
        let span = unsafe { &mut *span };
        let size = class_size(class);
        let block = span.free;
        let block = if block.is_null() {
            let offset = span.untouched as usize;
            span.untouched += size as u32;
            // A listed span has a free block, so the untouched part holds one.
            ptr::from_mut(span).cast::<u8>().wrapping_add(offset)
        } else {
            // SAFETY: Blocks in the free list belong to the span and hold a `FreeBlock`.
            unsafe {
                kasan::unpoison(block.cast(), size_of::<FreeBlock>());
                span.free = (*block).next;
            }
            block.cast()
        };
        span.used += 1;
        if span.free.is_null() && span.untouched as usize + size > SPAN_SIZE {
            self.unlist(span);
        }
        block
    }

    /// # Safety
    ///
    /// `block` came from this heap with a size of `size` and was not freed since.
    unsafe fn free(&mut self, block: *mut u8, size: usize, around: &Surroundings<'_>) {
        if is_large(size) {
            // SAFETY: As the caller promises; `take()` took it there.
            unsafe { around.large.give(block, size) };
            self.count_given_back(size);
            return;
        }
        if !is_small(size) {
            // SAFETY: As the caller promises.
            unsafe { self.give_back(block, size) };
            return;
        }
        let span = block
            .map_addr(|address| address & !(SPAN_SIZE - 1))
            .cast::<Span>();
        // SAFETY: Small blocks lie in a span, which begins at a multiple of `SPAN_SIZE`, and this
        // heap alone uses it.
        let span = unsafe { &mut *span };
        let free = block.cast::<FreeBlock>();
        // SAFETY: The caller gives the block up, and each is at least 16 bytes long and aligned.
        unsafe {
            free.write(FreeBlock { next: span.free });
            kasan::poison(block, class_size(span.class as usize));
        }
        span.free = free;
        span.used -= 1;
        if !span.listed {
            self.list(span);
        }
        // The last span of a class stays, lest a loop that allocates and frees one block sends
        // the page back and forth.
        if span.used == 0 && !(span.next.is_null() && span.previous.is_null()) {
            self.unlist(span);
            self.retire(ptr::from_mut(span).cast());
        }
    }

    fn list(&mut self, span: &mut Span) {
        let Some(head) = self.partial.get_mut(span.class as usize) else {
            return;
        };
        span.previous = ptr::null_mut();
        span.next = *head;
        if let Some(next) = NonNull::new(*head) {
            // SAFETY: By the type invariants listed spans are alive.
            unsafe { (*next.as_ptr()).previous = span };
        }
        // INVARIANT: The caller has just given the span a free block.
        *head = span;
        span.listed = true;
    }

    fn unlist(&mut self, span: &mut Span) {
        if let Some(previous) = NonNull::new(span.previous) {
            // SAFETY: By the type invariants listed spans are alive.
            unsafe { (*previous.as_ptr()).next = span.next };
        } else if let Some(head) = self.partial.get_mut(span.class as usize) {
            *head = span.next;
        }
        if let Some(next) = NonNull::new(span.next) {
            // SAFETY: By the type invariants listed spans are alive.
            unsafe { (*next.as_ptr()).previous = span.previous };
        }
        span.next = ptr::null_mut();
        span.previous = ptr::null_mut();
        span.listed = false;
    }

    #[cold]
    fn new_span(&mut self, class: usize, limit: usize, around: &Surroundings<'_>) -> *mut Span {
        let page = if self.stocked > 0 {
            self.stocked -= 1;
            self.stock
                .get(self.stocked)
                .copied()
                .unwrap_or(ptr::null_mut())
        } else {
            self.take(SPAN_SIZE, limit, around)
        };
        if page.is_null() {
            return ptr::null_mut();
        }
        let span = page.cast::<Span>();
        // SAFETY: The page is `SPAN_SIZE` bytes long, aligned to that, and nobody else's.
        unsafe {
            span.write(Span {
                free: ptr::null_mut(),
                next: ptr::null_mut(),
                previous: ptr::null_mut(),
                untouched: HEADER as u32,
                used: 0,
                class: class as u32,
                listed: false,
            });
            kasan::poison(page.wrapping_add(HEADER), SPAN_SIZE - HEADER);
            self.list(&mut *span);
        }
        span
    }

    fn retire(&mut self, page: *mut u8) {
        if let Some(place) = self.stock.get_mut(self.stocked) {
            *place = page;
            self.stocked += 1;
        } else {
            // SAFETY: The page came from `take()` with this size, and no block in it is in use.
            unsafe { self.give_back(page, SPAN_SIZE) };
        }
    }

    /// Takes memory from the kernel, within the limit.
    #[cold]
    fn take(&mut self, size: usize, limit: usize, around: &Surroundings<'_>) -> *mut u8 {
        let fits = |used: usize| used.checked_add(size).is_some_and(|sum| sum <= limit);
        if !fits(self.used() + around.large.given()) {
            if size != SPAN_SIZE {
                self.empty_stock();
            }
            // SAFETY: Nobody else uses it meanwhile.
            unsafe { around.large.settle(around.is_ended) };
            if !fits(self.used() + around.large.given()) {
                return ptr::null_mut();
            }
        }
        let no_fail = limit == usize::MAX && size <= SPAN_SIZE;
        if !no_fail && !self.memcg.has_room(size) {
            return ptr::null_mut();
        }
        let block = if is_large(size) {
            // SAFETY: Nobody else uses it meanwhile.
            unsafe { around.large.take(size, &self.memcg, around.is_ended) }
        } else {
            self.memcg
                .charge(|| {
                    // SAFETY: May be called wherever sleeping is allowed, which is where a VM
                    // runs.
                    unsafe { sys::lunatik_kvmalloc(size, no_fail) }
                })
                .cast()
        };
        if block.is_null() {
            return ptr::null_mut();
        }
        let used = self.used() + size;
        self.used.store(used, Relaxed);
        if used > self.peak() {
            self.peak.store(used, Relaxed);
        }
        block
    }

    /// # Safety
    ///
    /// `block` came from `take()` with a size of `size`, which is not large, and is not in use.
    unsafe fn give_back(&mut self, block: *mut u8, size: usize) {
        // SAFETY: As the caller promises.
        unsafe { sys::lunatik_kvfree(block.cast()) };
        self.count_given_back(size);
    }

    fn count_given_back(&mut self, size: usize) {
        self.used.store(self.used().saturating_sub(size), Relaxed);
    }

    fn empty_stock(&mut self) {
        while self.stocked > 0 {
            self.stocked -= 1;
            if let Some(&page) = self.stock.get(self.stocked) {
                // SAFETY: By the type invariants the page is ours and nobody uses it.
                unsafe { self.give_back(page, SPAN_SIZE) };
            }
        }
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        self.empty_stock();
        for class in 0..CLASSES {
            while let Some(&span) = self.partial.get(class) {
                if span.is_null() {
                    break;
                }
                // SAFETY: By the type invariants listed spans are alive. `lua_close()` has freed
                // all blocks, so nobody uses the page any more.
                unsafe {
                    self.unlist(&mut *span);
                    self.give_back(span.cast(), SPAN_SIZE);
                }
            }
        }
        // Lua has lost a block. Seen by tests; a machine that works goes on with a bit less memory.
        if cfg!(debug_assertions) {
            warn_on!(self.used() != 0);
        }
    }
}
