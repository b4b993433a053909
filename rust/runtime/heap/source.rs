// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Takes a heap's memory from the kernel, and counts it: against the heap's own limit, the account,
//! the memory cgroup, and the machine.

use core::ptr;
use kernel::sync::atomic::Relaxed;

use super::{
    span::SPAN_SIZE,
    Heap,
    Surroundings, //
};
use crate::{
    linux::large::is_large,
    sys::kernel_helpers as sys, //
};

/// The bytes that a block of `size` bytes takes from the kernel, if it is not small: whole pages
/// for a large block, otherwise a power of two.
#[inline]
pub(super) fn taken(size: usize) -> usize {
    let taken = if is_large(size) {
        size.checked_next_multiple_of(SPAN_SIZE)
    } else {
        size.max(SPAN_SIZE).checked_next_power_of_two()
    };
    // No block is so large that this would overflow.
    taken.unwrap_or(usize::MAX)
}

impl Heap {
    /// Takes memory from the kernel, within the limit.
    #[cold]
    pub(super) fn take(&mut self, size: usize, limit: usize, around: &Surroundings<'_>) -> *mut u8 {
        let taken = taken(size);
        if !around.context.may_sleep() {
            return self.take_now(size, taken, limit, around);
        }
        let fits = |used: usize| used.checked_add(taken).is_some_and(|sum| sum <= limit);
        if !fits(self.used() + around.large.given()) {
            if size != SPAN_SIZE {
                self.empty_stock();
            }
            around.large.settle(around.is_ended);
            if !fits(self.used() + around.large.given()) {
                return ptr::null_mut();
            }
        }
        let no_fail = limit == usize::MAX && size <= SPAN_SIZE;
        if no_fail {
            self.account.force(taken);
        } else if !self.memcg.has_room(taken) || !self.charge(taken, limit, around) {
            return ptr::null_mut();
        }
        let block = if is_large(size) {
            around.large.take(size, true, &self.memcg, around.is_ended)
        } else {
            self.memcg
                .charge(|| {
                    // SAFETY: The function may be called where sleeping is allowed, and a VM runs
                    // only there.
                    unsafe { sys::lunatik_block_take(size, no_fail) }
                })
                .cast()
        };
        if block.is_null() {
            self.account.uncharge(taken);
            return ptr::null_mut();
        }
        self.count_taken(taken);
        block
    }

    fn count_taken(&mut self, taken: usize) {
        let used = self.used() + taken;
        self.used.store(used, Relaxed);
        if used > self.peak() {
            self.peak.store(used, Relaxed);
        }
    }

    /// As [`take`](Self::take), where the caller must not sleep: there is no large block, the memory
    /// cgroup is not looked through, and even what shrinks a block may find nothing. Lua has an error
    /// for that in all places where it shrinks, but in the collector, which does not run there.
    fn take_now(
        &mut self,
        size: usize,
        taken: usize,
        limit: usize,
        around: &Surroundings<'_>,
    ) -> *mut u8 {
        let used = self.used() + around.large.given();
        let fits = used.checked_add(taken).is_some_and(|sum| sum <= limit);
        let beyond = limit.saturating_sub(self.limit);
        if is_large(size) || !fits {
            return ptr::null_mut();
        }
        // A page of the reserve is charged already.
        if size <= SPAN_SIZE {
            if let Some(page) = self.reserve.take() {
                self.count_taken(taken);
                return page;
            }
        }
        if !self.account.charge_beyond(taken, beyond) {
            return ptr::null_mut();
        }
        let block = self
            .memcg
            // SAFETY: May be called from any context but hard interrupts that `kmalloc()` is not
            // for, where no VM runs.
            .charge(|| unsafe { sys::lunatik_block_take_now(size) })
            .cast::<u8>();
        if block.is_null() {
            self.account.uncharge(taken);
            self.reserve.grow();
            return block;
        }
        self.count_taken(taken);
        block
    }

    /// # Safety
    ///
    /// `block` came from `take()` with a size of `size`, which is not large, and is not in use.
    pub(super) unsafe fn give_back(&mut self, block: *mut u8, size: usize) {
        // SAFETY: As the caller promises.
        unsafe { sys::lunatik_block_free(block.cast(), size) };
        self.count_given_back(size);
        self.account.uncharge(taken(size));
    }

    pub(super) fn count_given_back(&mut self, size: usize) {
        self.used
            .store(self.used().saturating_sub(taken(size)), Relaxed);
    }

    /// Counts `taken` bytes against the account. The amount by which `limit` exceeds the heap's own
    /// limit may also count there for a while.
    fn charge(&mut self, taken: usize, limit: usize, around: &Surroundings<'_>) -> bool {
        let beyond = limit.saturating_sub(self.limit);
        if self.account.charge_beyond(taken, beyond) {
            return true;
        }
        if around.large.given() == 0 {
            return false;
        }
        // Blocks that were given back count until the kernel worker has freed them.
        around.large.settle(around.is_ended);
        self.account.charge_beyond(taken, beyond)
    }

    /// Gives back the pages that a block does not need at its new size; returns false if there are
    /// none.
    ///
    /// # Safety
    ///
    /// `block` came from `take()` with a size of `size`, and the new size is not larger.
    pub(super) unsafe fn shrink(&mut self, block: *mut u8, size: usize, new_size: usize) -> bool {
        // SAFETY: As the caller promises.
        if !unsafe { sys::lunatik_block_shrink(block.cast(), size, new_size) } {
            return false;
        }
        let less = taken(size).saturating_sub(taken(new_size));
        self.used.store(self.used().saturating_sub(less), Relaxed);
        self.account.uncharge(less);
        true
    }
}
