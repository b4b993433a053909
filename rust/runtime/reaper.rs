// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Ends runtimes for callers that cannot wait for the end.
//!
//! Each runtime contains the work item that ends it, and the chain with which that work item enters
//! it. So this needs no memory and cannot fail.

use kernel::{
    prelude::*,
    sync::Arc,
    workqueue::WorkItem, //
};

use super::{
    children::Runtimes,
    instance::{Runtime, DEFAULT_GRACE_MS}, //
};
use crate::linux::{
    global::{Global, Installed},
    workqueue::OwnedQueue, //
};

/// Set while [`Reaper`] lives.
static QUEUE: Global<OwnedQueue> = Global::new();

/// The workqueue that ends runtimes. [`finish`] works while it lives.
///
/// Dropping it waits for the runtimes that are being ended. It must outlive all threads, because a
/// thread may hold the last reference to a runtime. Everything that runtimes need to end must
/// outlive the queue.
pub(crate) struct Reaper {
    _queue: Installed<OwnedQueue>,
}

impl Reaper {
    /// Creates the queue. There is only one at a time, which the module holds.
    pub(crate) fn new() -> Result<Self> {
        let queue = Arc::new(OwnedQueue::for_reaper()?, GFP_KERNEL)?;
        Ok(Self {
            _queue: QUEUE.set(queue)?,
        })
    }
}

impl WorkItem for Runtime {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        if !this.is_to_end() {
            this.as_arc_borrow().settle();
            return;
        }
        // A kernel worker gets no signals, and this needs no memory, so it returns only when the
        // runtime is gone.
        if let Err(error) = this.as_arc_borrow().stop_until(
            Some(this.ending_chain()),
            None,
            || this.grace_left_ms(),
            this.tidy_ms(),
        ) {
            pr_warn!("a runtime could not be ended: {error:?}\n");
        }
    }
}

/// Stops `runtime` in the background. Returns at once; needs no memory.
pub(crate) fn finish(runtime: Arc<Runtime>) {
    finish_after(runtime, DEFAULT_GRACE_MS);
}

/// As [`finish`], with a grace of `grace_ms`.
pub(crate) fn finish_after(runtime: Arc<Runtime>, grace_ms: u32) {
    if runtime.phase().is_over() {
        return;
    }
    // A work item that is already ending the runtime sees this too, if this deadline is earlier.
    runtime.end_within(grace_ms);
    enqueue(runtime);
}

/// Ends `runtime` if nothing keeps it and nobody executes it; see [`Runtime::settle`]. Returns at
/// once; needs no memory.
pub(crate) fn settle(runtime: Arc<Runtime>) {
    enqueue(runtime);
}

fn enqueue(runtime: Arc<Runtime>) {
    // If it is queued already, that run will do the work.
    QUEUE.with(|queue| {
        let _ = queue.enqueue(runtime);
    });
}

/// Stops all of `runtimes` within the same grace. Returns at once; needs no memory.
pub(crate) fn finish_all(runtimes: Runtimes) {
    for runtime in runtimes.values() {
        runtime.request_stop();
    }
    for runtime in runtimes.values() {
        finish(runtime.clone());
    }
}
