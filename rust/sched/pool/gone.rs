// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The end of pools.
//!
//! A work item of a separate queue destroys a pool, because one of the pool's own threads may drop
//! the last reference to it. The module waits until no pool is left before it destroys that queue.
//!
//! Lock order: [`COUNT`] is a leaf.

use kernel::{
    bindings,
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Full, Release},
        Completion, //
    },
    workqueue, //
};

use super::Shared;
use crate::sys::kernel_helpers as sys;

/// The number of living pools, plus one for the module.
static COUNT: Atomic<usize> = Atomic::new(0);

/// The queue whose work items destroy pools.
static QUEUE: Atomic<*mut bindings::workqueue_struct> = Atomic::new(core::ptr::null_mut());

/// Completed when no pool is left.
static NONE_LEFT: Atomic<*mut Completion> = Atomic::new(core::ptr::null_mut());

/// Counts as a living pool until it is dropped.
pub(super) struct Living(());

impl Living {
    /// Counts a pool that is being made.
    pub(super) fn new() -> Self {
        COUNT.fetch_add(1, Full);
        Self(())
    }
}

impl Drop for Living {
    fn drop(&mut self) {
        if COUNT.fetch_sub(1, Full) == 1 {
            // SAFETY: The queue stays until this completion, and it then waits for the work item
            // that drops this.
            unsafe { (*NONE_LEFT.load(Acquire)).complete_all() };
        }
    }
}

/// The number of pools.
pub(super) fn count() -> usize {
    COUNT.load(Acquire).saturating_sub(1)
}

/// Gives up for destruction a pool that nobody refers to any more. May be called in any context.
pub(super) fn give_up(shared: Pin<KBox<Shared>>) {
    // SAFETY: `Queue` is dropped when no pool is left.
    let queue = unsafe { workqueue::Queue::from_raw(QUEUE.load(Acquire)) };
    queue.enqueue(shared);
}

/// Destroys pools while it lives. Dropping it waits until no pool is left.
pub(super) struct Queue {
    none_left: Pin<KBox<Completion>>,
    /// Counts as a pool, so that no other pool is the last one before this is dropped.
    module: Option<Living>,
}

impl Queue {
    /// Makes the queue.
    ///
    /// # Safety
    ///
    /// Must be called once, before any pool is made.
    pub(super) unsafe fn new() -> Result<Self> {
        let none_left = KBox::pin_init(Completion::new(), GFP_KERNEL)?;
        // SAFETY: The function has no conditions; the result is checked.
        let queue = unsafe { sys::lunatik_alloc_pool_end_queue() };
        if queue.is_null() {
            return Err(ENOMEM);
        }
        QUEUE.store(queue, Release);
        NONE_LEFT.store(core::ptr::from_ref(&*none_left).cast_mut(), Release);
        Ok(Self {
            none_left,
            module: Some(Living::new()),
        })
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        drop(self.module.take());
        self.none_left.wait_for_completion();
        let queue = QUEUE.xchg(core::ptr::null_mut(), Full);
        // SAFETY: `new()` has stored it, and no pool is left that could be queued for destruction.
        unsafe { bindings::destroy_workqueue(queue) };
    }
}
