// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Numbers that each CPU has for itself, so that adding to them takes no lock and shares no memory.
//!
//! C header: [`include/linux/percpu.h`](srctree/include/linux/percpu.h)

use core::{ffi::c_void, ptr::NonNull};
use kernel::{prelude::*, task::might_sleep};

use crate::sys::kernel_helpers as sys;

/// Words of 64 bits, of which each CPU has its own copies.
///
/// # Invariants
///
/// This owns `count` words for each possible CPU.
pub(crate) struct PerCpuWords {
    words: NonNull<c_void>,
    count: usize,
}

// SAFETY: The words belong to CPUs, not to threads, and this owns them.
unsafe impl Send for PerCpuWords {}
// SAFETY: Each CPU changes only its own words, by operations that interrupts do not tear, and reads those
// of others as a whole.
unsafe impl Sync for PerCpuWords {}

impl PerCpuWords {
    /// Makes `count` words that are 0. Sleeps.
    pub(crate) fn new(count: usize) -> Result<Self> {
        might_sleep();
        // SAFETY: The function takes no pointer, and sleeping is allowed, as was checked. The kernel refuses
        // a size that is too large.
        let words = unsafe { sys::lunatik_percpu_alloc(count) };
        let words = NonNull::new(words).ok_or(ENOMEM)?;
        // INVARIANT: They were just allocated.
        Ok(Self { words, count })
    }

    /// The bytes that `count` words take.
    pub(crate) fn size(count: usize) -> usize {
        // SAFETY: The function takes no pointer.
        let cpus = unsafe { sys::lunatik_num_possible_cpus() };
        count
            .saturating_mul(size_of::<u64>())
            .saturating_mul(cpus as usize)
    }

    /// Adds `more` to the word `index`, which wraps around. Does nothing if there is no such word. In any
    /// context.
    #[inline]
    pub(crate) fn add(&self, index: usize, more: u64) {
        if index < self.count {
            // SAFETY: By the type invariant, and there is such a word.
            unsafe { sys::lunatik_percpu_add(self.words.as_ptr(), index, more) };
        }
    }

    /// The sum of what all CPUs have added to the word `index`; 0 if there is no such word. Of additions that
    /// are made meanwhile it includes some. In any context.
    pub(crate) fn sum(&self, index: usize) -> u64 {
        if index < self.count {
            // SAFETY: By the type invariant, and there is such a word.
            unsafe { sys::lunatik_percpu_sum(self.words.as_ptr(), index) }
        } else {
            0
        }
    }
}

impl Drop for PerCpuWords {
    fn drop(&mut self) {
        // SAFETY: By the type invariant, and nobody uses them any more.
        unsafe { sys::lunatik_percpu_free(self.words.as_ptr()) };
    }
}
