// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The place of a heap in its VM.

use core::{cell::UnsafeCell, ffi::c_void};
use kernel::sync::atomic::Relaxed;

use super::{Heap, Made, Surroundings};

/// A heap that the thread that executes the VM uses by a shared reference, and whose counters others read.
///
/// It is not `Sync`: a reference to it shows that the caller executes the VM, or only reads counters.
pub(crate) struct HeapCell(UnsafeCell<Heap>);

impl HeapCell {
    /// The place of `heap`.
    pub(crate) const fn new(heap: Heap) -> Self {
        Self(UnsafeCell::new(heap))
    }

    /// Calls `with` with the heap. `with` must not come back to it.
    pub(super) fn with<R>(&self, with: impl FnOnce(&mut Heap) -> R) -> R {
        // SAFETY: The type is not `Sync`, and the callers do not come back.
        with(unsafe { &mut *self.0.get() })
    }

    /// See [`Heap::resize`].
    ///
    /// # Safety
    ///
    /// As for that.
    pub(crate) unsafe fn resize(
        &self,
        block: *mut c_void,
        old_size: usize,
        new_size: usize,
        around: &Surroundings<'_>,
    ) -> *mut c_void {
        // SAFETY: The type is not `Sync`, and what a heap calls does not come back to it. The caller
        // promises the rest.
        unsafe { (*self.0.get()).resize(block, old_size, new_size, around) }
    }

    /// See [`Heap::fail_after`].
    pub(crate) fn fail_after(&self, count: u64, on: bool) {
        // SAFETY: As above.
        unsafe { (*self.0.get()).fail_after(count, on) };
    }

    /// See [`Heap::set_limit`].
    pub(crate) fn set_limit(&self, limit: Option<usize>) -> Option<usize> {
        // SAFETY: As above.
        unsafe { (*self.0.get()).set_limit(limit) }
    }

    /// See [`Heap::made`].
    pub(crate) fn made(&self) -> Made {
        // SAFETY: As above.
        unsafe { (*self.0.get()).made() }
    }

    /// Bytes in use, now and at most so far.
    pub(crate) fn usage(&self) -> (usize, usize) {
        let heap = self.0.get();
        // SAFETY: The heap is there. No reference to it is made, only to its atomic counters.
        let (used, peak) = unsafe { (&*(&raw const (*heap).used), &*(&raw const (*heap).peak)) };
        (used.load(Relaxed), peak.load(Relaxed))
    }
}
