// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Workqueues of the module.

use core::{ops::Deref, ptr::NonNull};
use kernel::{
    bindings,
    prelude::*,
    task::might_sleep,
    workqueue::Queue, //
};

use crate::sys::kernel_helpers as sys;

/// A workqueue. Dropping this runs all queued items and destroys the workqueue.
///
/// # Invariants
///
/// This owns the workqueue.
pub(crate) struct OwnedQueue(NonNull<bindings::workqueue_struct>);

// SAFETY: A workqueue belongs to no thread, and all operations of `Queue` on it are thread-safe.
unsafe impl Send for OwnedQueue {}
// SAFETY: As above.
unsafe impl Sync for OwnedQueue {}

impl OwnedQueue {
    /// Makes the queue that ends runtimes. Sleeps.
    pub(crate) fn for_reaper() -> Result<Self> {
        might_sleep();
        // SAFETY: The function takes no pointer.
        Self::of(unsafe { sys::lunatik_alloc_reaper_queue() })
    }

    /// Makes the queue that frees entries of tables. Sleeps.
    pub(crate) fn for_reclaim() -> Result<Self> {
        might_sleep();
        // SAFETY: The function takes no pointer.
        Self::of(unsafe { sys::lunatik_alloc_reclaim_queue() })
    }

    /// Makes the queue of the attendants of hooks. Sleeps.
    pub(crate) fn for_hooks() -> Result<Self> {
        might_sleep();
        // SAFETY: The function takes no pointer.
        Self::of(unsafe { sys::lunatik_alloc_hook_queue() })
    }

    fn of(queue: *mut bindings::workqueue_struct) -> Result<Self> {
        // INVARIANT: The callers have allocated it just now.
        NonNull::new(queue).map(Self).ok_or(ENOMEM)
    }

    /// Waits until all items that are queued now have run. May sleep.
    pub(crate) fn flush(&self) {
        // SAFETY: By the type invariant the queue lives as long as this.
        unsafe { bindings::__flush_workqueue(self.0.as_ptr()) };
    }
}

impl Deref for OwnedQueue {
    type Target = Queue;

    fn deref(&self) -> &Queue {
        // SAFETY: By the type invariant the queue lives as long as this.
        unsafe { Queue::from_raw(self.0.as_ptr()) }
    }
}

impl Drop for OwnedQueue {
    fn drop(&mut self) {
        // SAFETY: By the type invariant, and nobody can queue items without a reference.
        unsafe { bindings::destroy_workqueue(self.0.as_ptr()) };
    }
}
