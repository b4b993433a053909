// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The memory of one virtual machine: a limit on the bytes taken from the kernel, and free lists
//! per size class for the small blocks that Lua allocates by the million.
//!
//! Small blocks are carved out of one-page spans, each of one size class. A span whose blocks are
//! all free goes to a small stock of pages, and from there back to the kernel. So a script that
//! allocates one size after another does not fill its limit with empty spans. Only the first few
//! pages have blocks of all sizes, see `nursery.rs`. Bigger blocks come from the kernel one by one,
//! the large ones through a kernel worker. Each counts the bytes that it takes from the kernel.
//!
//! All memory is charged to the memory cgroup of the process that started the runtime, regardless
//! of the thread that runs it. It also counts against the account of the runtime, see
//! `linux/account.rs`.
//!
//! The heap tells KASAN which parts of a span are in use, so that KASAN detects overruns and uses
//! after free in it. (To take every block from the kernel's allocator would serve the same purpose.
//! But that records two stack traces for each block, which take milliseconds on an emulated
//! machine.)

use core::{
    ffi::c_void,
    ptr::{self, NonNull}, //
};
use kernel::{
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        Arc, //
    },
    warn_on, //
};

mod cell;
mod classes;
mod failures;
mod made;
mod nursery;
mod reserve;
mod source;
mod span;
mod stock;

pub(crate) use cell::HeapCell;
pub(crate) use made::Made;
pub(super) use reserve::Pages;

use self::{
    classes::{class_of, class_size, class_within, is_small, CLASSES},
    failures::Failures,
    nursery::{rounded, Nursery, MIXED},
    reserve::Reserve,
    source::taken,
    span::{admit, fits_in_place, span_of, FreeBlock, Span, HEADER, SPAN_SIZE},
    stock::Stock, //
};
use crate::linux::{
    account::Account,
    context::Context,
    kasan,
    large::{is_large, LargeBlocks},
    memcg::MemoryCgroup, //
};

/// Bytes copied at a time; copying them takes some 10 microseconds.
const PIECE: usize = 64 * 1024;

/// The context that allocations of a VM need besides its heap.
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'a> {
    /// The source of large blocks. Nobody else uses it meanwhile.
    pub(super) large: &'a LargeBlocks,
    /// Whether the Lua code that allocates is being ended. If so, it gets no large block.
    pub(super) is_ended: &'a dyn Fn() -> bool,
    /// The context that the code runs in: without sleeping, only what is free at once is taken.
    pub(super) context: Context,
}

/// The allocator of one VM.
///
/// # Invariants
///
/// - `partial[c]` heads a list of spans of class `c` that this heap allocated. Each has at least
///   one free block, and `listed` is set.
/// - The pages in `stock` were allocated by this heap, and nobody uses them.
/// - `used` is the sum of the bytes of all spans, of the pages of the nursery and the stock, and of
///   all blocks that are not small. It counts against `account`.
pub(crate) struct Heap {
    /// The limit that holds now, and the highest that it may be.
    limit: usize,
    highest: usize,
    /// How many objects of each type were made.
    made: Made,
    used: Atomic<usize>,
    peak: Atomic<usize>,
    partial: [*mut Span; CLASSES],
    stock: Stock,
    nursery: Nursery,
    memcg: MemoryCgroup,
    account: Arc<Account>,
    failures: Failures,
    reserve: Reserve,
}

// SAFETY: A heap owns everything that its pointers point to; nothing in it belongs to a thread.
unsafe impl Send for Heap {}

impl Heap {
    /// Creates an empty heap that may take up to `limit` bytes, charged to `memcg` and
    /// `account`.
    pub(crate) fn new(limit: usize, memcg: MemoryCgroup, account: Arc<Account>) -> Self {
        // INVARIANT: All lists are empty, and so is the sum.
        Self {
            limit,
            highest: limit,
            made: Made::default(),
            used: Atomic::new(0),
            peak: Atomic::new(0),
            partial: [ptr::null_mut(); CLASSES],
            stock: Stock::new(),
            nursery: Nursery::new(),
            memcg,
            account,
            failures: Failures::new(),
            reserve: Reserve::none(),
        }
    }

    /// The bytes in use now. May be called while another thread allocates.
    pub(crate) fn used(&self) -> usize {
        self.used.load(Relaxed)
    }

    /// The most bytes that were in use at any time.
    pub(crate) fn peak(&self) -> usize {
        self.peak.load(Relaxed)
    }

    /// Sets a limit below that which the heap was made with; `None` takes it back. Returns the former
    /// one.
    pub(crate) fn set_limit(&mut self, limit: Option<usize>) -> Option<usize> {
        let former = (self.limit < self.highest).then_some(self.limit);
        self.limit = limit.unwrap_or(self.highest).min(self.highest);
        former
    }

    /// How many objects of each type were made so far.
    pub(crate) fn made(&self) -> Made {
        self.made
    }

    /// Makes the `count`th allocation from now fail, and with `on` all later ones, too.
    pub(crate) fn fail_after(&mut self, count: u64, on: bool) {
        self.failures = Failures::after(count, on);
    }

    /// The function behind `lua_Alloc`: frees if `new_size` is 0, otherwise allocates or resizes.
    ///
    /// # Safety
    ///
    /// `block` is null, or came from this heap with a size of `old_size` and was not freed since.
    /// `around` always belongs to the same VM.
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
            self.made.count(old_size);
            return self.allocate(new_size, around).cast();
        }
        if new_size == 0 {
            // SAFETY: As the caller promises.
            unsafe { self.free(block, old_size, around) };
            return ptr::null_mut();
        }
        // SAFETY: As the caller promises.
        if is_small(old_size) && unsafe { fits_in_place(block, old_size, new_size) } {
            return block.cast();
        }
        let fresh = if new_size <= old_size {
            // SAFETY: As the caller promises.
            if !is_small(new_size) && unsafe { self.shrink(block, old_size, new_size) } {
                return block.cast();
            }
            // Lua requires that shrinking never fails. So the new block may exceed the limit: the
            // old block is freed right after.
            let fresh = self.allocate_within(new_size, usize::MAX, around);
            if fresh.is_null() && is_small(new_size) == is_small(old_size) {
                // The old block serves. A small block will be freed by the class of its span, or as
                // a block of the new size. For a larger block, the difference stays counted until
                // the VM is closed.
                return block.cast();
            }
            fresh
        } else if self.failures.next() {
            ptr::null_mut()
        } else {
            // The old block is freed as soon as the new one is there, so only one of them counts.
            self.allocate_within(new_size, self.limit.saturating_add(taken(old_size)), around)
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
            // SAFETY: Both blocks are at least as long as the shorter of the two sizes, and a fresh
            // block overlaps no other block.
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

    fn allocate(&mut self, size: usize, around: &Surroundings<'_>) -> *mut u8 {
        if self.failures.next() {
            return ptr::null_mut();
        }
        self.allocate_within(size, self.limit, around)
    }

    fn allocate_within(&mut self, size: usize, limit: usize, around: &Surroundings<'_>) -> *mut u8 {
        if is_small(size) {
            self.allocate_small(size, limit, around)
        } else {
            self.take(size, limit, around)
        }
    }

    #[inline]
    fn allocate_small(&mut self, size: usize, limit: usize, around: &Surroundings<'_>) -> *mut u8 {
        let class = class_of(size);
        let Some(head) = self.partial.get(class).copied() else {
            return ptr::null_mut();
        };
        let span = if head.is_null() {
            let block = self.from_nursery(class, size, limit, around);
            if !block.is_null() {
                return block;
            }
            let span = self.new_span(class, limit, around);
            if span.is_null() {
                return ptr::null_mut();
            }
            span
        } else {
            head
        };
        // SAFETY: By the type invariants a listed span is alive, and only this heap uses it.
        let span = unsafe { &mut *span };
        let capacity = class_size(class);
        let block = span.free;
        let block = if block.is_null() {
            let offset = span.untouched as usize;
            span.untouched += capacity as u32;
            // A listed span has a free block, so the untouched part holds one block.
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
        if span.free.is_null() && span.untouched as usize + capacity > SPAN_SIZE {
            self.unlist(span);
        }
        // SAFETY: The block is fresh, and of this class.
        unsafe { admit(block, size, capacity) };
        block
    }

    /// Takes a block of `size` bytes, which belongs to `class`, from the first pages; null if there
    /// is none.
    fn from_nursery(
        &mut self,
        class: usize,
        size: usize,
        limit: usize,
        around: &Surroundings<'_>,
    ) -> *mut u8 {
        let block = self.nursery.reuse(class);
        if !block.is_null() {
            // SAFETY: The block is fresh, and at least as long as the blocks of its class.
            unsafe { admit(block, size, class_size(class)) };
            return block;
        }
        let mut block = self.nursery.carve(size);
        if block.is_null() && self.nursery.wants_page() {
            let page = self.page(limit, around);
            if page.is_null() {
                return page;
            }
            // SAFETY: It is fresh, and the heap gives it back when it is dropped.
            unsafe { self.nursery.add_page(page) };
            block = self.nursery.carve(size);
        }
        if !block.is_null() {
            // SAFETY: The block is fresh, and has that length.
            unsafe { admit(block, size, rounded(size)) };
        }
        block
    }

    /// # Safety
    ///
    /// `block` came from this heap with a size of `size` and was not freed since.
    unsafe fn free(&mut self, block: *mut u8, size: usize, around: &Surroundings<'_>) {
        if is_large(size) {
            // SAFETY: As the caller promises; `take()` took it from there. It counts against the
            // account until the kernel worker has freed it.
            unsafe { around.large.give(block, taken(size)) };
            self.count_given_back(size);
            return;
        }
        if !is_small(size) {
            // SAFETY: As the caller promises.
            unsafe { self.give_back(block, size) };
            return;
        }
        // SAFETY: Small blocks lie in a span, and only this heap uses it.
        let span = unsafe { &mut *span_of(block) };
        if span.class == MIXED {
            // SAFETY: The caller gives up the block, and its page belongs to the nursery.
            unsafe { self.nursery.put(block, size, class_within(rounded(size))) };
            return;
        }
        let free = block.cast::<FreeBlock>();
        // SAFETY: The caller gives up the block, and each block is at least 16 bytes long and
        // aligned.
        unsafe {
            free.write(FreeBlock { next: span.free });
            kasan::poison(block, class_size(span.class as usize));
        }
        span.free = free;
        span.used -= 1;
        if !span.listed {
            self.list(span);
        }
        // The last span of a class stays. Otherwise a loop that allocates and frees one block would
        // move the page back and forth.
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

    /// A page from the stock, or from the kernel; null if there is none.
    fn page(&mut self, limit: usize, around: &Surroundings<'_>) -> *mut u8 {
        match self.stock.take() {
            Some(page) => page,
            None => self.take(SPAN_SIZE, limit, around),
        }
    }

    #[cold]
    fn new_span(&mut self, class: usize, limit: usize, around: &Surroundings<'_>) -> *mut Span {
        let page = self.page(limit, around);
        if page.is_null() {
            return ptr::null_mut();
        }
        let span = page.cast::<Span>();
        // SAFETY: The page is `SPAN_SIZE` bytes long, aligned to that, and nobody else uses it.
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
        if !self.stock.put(page) {
            // SAFETY: The page came from `take()` with this size, and no block in it is in use.
            unsafe { self.give_back(page, SPAN_SIZE) };
        }
    }

    fn empty_stock(&mut self) {
        while let Some(page) = self.stock.take() {
            // SAFETY: By the type invariants the page belongs to this heap and nobody uses it.
            unsafe { self.give_back(page, SPAN_SIZE) };
        }
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        self.empty_stock();
        while let Some(page) = self.nursery.take_page() {
            // SAFETY: It came from `take()` with this size. `lua_close()` has freed all blocks, so
            // nobody uses the page.
            unsafe { self.give_back(page, SPAN_SIZE) };
        }
        for class in 0..CLASSES {
            while let Some(&span) = self.partial.get(class) {
                if span.is_null() {
                    break;
                }
                // SAFETY: By the type invariants listed spans are alive. `lua_close()` has freed
                // all blocks, so nobody uses the page.
                unsafe {
                    self.unlist(&mut *span);
                    self.give_back(span.cast(), SPAN_SIZE);
                }
            }
        }
        // If bytes are still in use, Lua has lost a block. Tests detect the warning. A production
        // machine just continues with a little less memory.
        if cfg!(debug_assertions) {
            warn_on!(self.used() != 0);
        }
        // These bytes are left from shrinking blocks, see `resize()`.
        self.account.uncharge(self.used());
    }
}
