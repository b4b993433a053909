// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Freeing entries: after a grace period, and in a thread that may sleep.
//!
//! A removed entry goes to `call_rcu()`. Its callback, which must not sleep, puts the entry on a
//! lock-free list, and a work item frees what is on that list. So a value whose release sleeps is
//! released outside all locks, and tables nested a million deep are freed one by one rather than
//! recursively.

use core::ptr::{self, NonNull};
use kernel::{
    bindings,
    container_of,
    impl_has_work,
    new_work,
    prelude::*,
    sync::{
        atomic::{Atomic, Full, Relaxed},
        rcu,
        Arc, //
    },
    types::Opaque,
    workqueue::{Work, WorkItem}, //
};

use super::{
    entry::{Entry, OwnedEntry},
    slot::Unlinked, //
};
use crate::linux::{
    global::{Global, Installed},
    workqueue::OwnedQueue, //
};

/// Writers wait while more bytes than this wait to be freed.
const MAX_UNFREED: usize = 8 * 1024 * 1024;

/// Writers that cannot wait get no memory while more bytes than this wait to be freed. Those that can
/// wait leave half of it to them.
const MAX_UNFREED_ATOMIC: usize = 2 * MAX_UNFREED;

/// Entries past their grace period, linked by `next`.
static READY: Atomic<*mut Entry> = Atomic::new(ptr::null_mut());

/// Bytes of entries that were removed and not yet freed.
static UNFREED: Atomic<usize> = Atomic::new(0);

/// Set while [`Reclaimer`] lives.
static RECLAIM: Global<Reclaim> = Global::new();

struct Reclaim {
    queue: OwnedQueue,
    worker: Arc<Worker>,
}

#[pin_data]
struct Worker {
    #[pin]
    work: Work<Worker>,
}

impl_has_work! {
    impl HasWork<Self> for Worker { self.work }
}

impl WorkItem for Worker {
    type Pointer = Arc<Worker>;

    fn run(_this: Arc<Worker>) {
        let mut next = READY.xchg(ptr::null_mut(), Full);
        while let Some(entry) = NonNull::new(next) {
            // SAFETY: Entries on the list are past their grace period, and the exchange made them
            // ours.
            let entry = unsafe { OwnedEntry::from_raw(entry) };
            next = entry.get().next.raw().load(Relaxed);
            let bytes = entry.get().charge.bytes();
            drop(entry);
            UNFREED.fetch_sub(bytes, Relaxed);
            crate::linux::task::cond_resched();
        }
    }
}

/// The existence of the mechanism that frees entries. Tables may be used while this lives.
pub(super) struct Reclaimer {
    _reclaim: Installed<Reclaim>,
}

impl Reclaimer {
    /// Prepares to free entries. There is one at a time.
    pub(super) fn new() -> Result<Self> {
        let worker = Arc::pin_init(
            pin_init!(Worker {
                work <- new_work!("lunatik::rcu_table::Worker"),
            }),
            GFP_KERNEL,
        )?;
        let queue = OwnedQueue::for_reclaim()?;
        let reclaim = Arc::new(Reclaim { queue, worker }, GFP_KERNEL)?;
        Ok(Self {
            _reclaim: RECLAIM.set(reclaim)?,
        })
    }
}

impl Drop for Reclaimer {
    fn drop(&mut self) {
        // There are no tables any more. So the last callback ends here, and nothing is enqueued
        // after it.
        wait();
    }
}

/// Frees an entry when the last reader that may have found it is gone.
pub(super) fn retire(entry: Unlinked) {
    UNFREED.fetch_add(entry.get().charge.bytes(), Relaxed);
    // SAFETY: Nobody else uses the head: an entry is retired once, and its owner gives it up with
    // that. The callback's code stays loaded until `Reclaimer` has waited for it.
    unsafe { bindings::call_rcu(entry.get().rcu.get(), Some(grace_period_over)) };
}

/// # Safety
///
/// Called by RCU with the head of an entry that `retire()` passed.
unsafe extern "C" fn grace_period_over(head: *mut bindings::callback_head) {
    let head = Opaque::cast_from(head);
    // SAFETY: As the caller promises, the head belongs to an entry that `retire()` gave up. The
    // readers of that time are gone.
    make_ready(unsafe {
        let entry = container_of!(head, Entry, rcu);
        OwnedEntry::from_raw(NonNull::new_unchecked(entry.cast_mut()))
    });
}

/// Makes a thread that may sleep free `entry`, which no reader can see any more.
pub(super) fn release(entry: OwnedEntry) {
    UNFREED.fetch_add(entry.get().charge.bytes(), Relaxed);
    make_ready(entry);
}

fn make_ready(entry: OwnedEntry) {
    let mut first = READY.load(Relaxed);
    loop {
        entry.get().next.raw().store(first, Relaxed);
        match READY.cmpxchg(first, entry.as_raw(), Full) {
            Ok(_) => {
                // It is the list's now.
                core::mem::forget(entry);
                break;
            }
            Err(now) => first = now,
        }
    }
    if first.is_null() {
        enqueue();
    }
}

fn enqueue() {
    RECLAIM.with(|reclaim| {
        // If the item is queued already, that run will find the entry.
        let _ = reclaim.queue.enqueue(reclaim.worker.clone());
    });
}

/// Waits until everything that was removed before the call is freed. May sleep.
pub(super) fn wait() {
    rcu::rcu_barrier();
    if let Some(reclaim) = RECLAIM.get() {
        reclaim.queue.flush();
    }
}

/// Makes a writer wait if it removes entries faster than their memory is freed. May sleep.
pub(super) fn throttle() {
    if UNFREED.load(Relaxed) > MAX_UNFREED {
        wait();
    }
}

/// Whether so much waits to be freed that even a writer that cannot wait gets nothing. In any context.
pub(super) fn is_overloaded() -> bool {
    UNFREED.load(Relaxed) > MAX_UNFREED_ATOMIC
}

/// Whether everything that was removed is freed.
pub(super) fn is_idle() -> bool {
    UNFREED.load(Relaxed) == 0
}
