// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Ends runtimes for those who cannot wait for that.
//!
//! A few threads do it: whoever drops thousands of runtimes at once must not need as many. They
//! come when there is something to end, and go when there is nothing left.
//!
//! Lock order: [`QUEUE`] is a leaf.

use core::ptr;

use kernel::{
    prelude::*,
    sync::Arc, //
};

use crate::{
    linux::kthread,
    runtime::instance::{Runtime, DEFAULT_GRACE_MS}, //
};

/// Threads at one time. A runtime that takes its time to end keeps one.
const THREADS: usize = 8;

/// Runtimes to end, the first first.
///
/// # Invariants
///
/// `first` is null, or a pointer made by [`Arc::into_raw`] that is owned, and so is what
/// [`Runtime::next_to_end`] of each leads to; `last` is the last of them.
struct Queue {
    first: *const Runtime,
    last: *const Runtime,
    threads: usize,
}

// SAFETY: The pointers are counted references, and runtimes belong to no thread.
unsafe impl Send for Queue {}

kernel::sync::global_lock! {
    // SAFETY: The module's `init()` calls `Reaper::new()` before any runtime exists.
    unsafe(uninit) static QUEUE: Mutex<Queue> = Queue {
        first: ptr::null(),
        last: ptr::null(),
        threads: 0,
    };
}

impl Queue {
    fn push(&mut self, runtime: Arc<Runtime>) {
        let added = Arc::into_raw(runtime);
        // SAFETY: By the type invariants it is alive.
        match unsafe { self.last.as_ref() } {
            // INVARIANT: It was the last.
            Some(last) if !self.first.is_null() => last.set_next_to_end(added),
            _ => self.first = added,
        }
        self.last = added;
    }

    fn pop(&mut self) -> Option<Arc<Runtime>> {
        // SAFETY: By the type invariants it is alive.
        let next = unsafe { self.first.as_ref() }?.next_to_end();
        let first = core::mem::replace(&mut self.first, next);
        if next.is_null() {
            self.last = next;
        }
        // SAFETY: By the type invariants the reference was ours, and it is not in the queue now.
        Some(unsafe { Arc::from_raw(first) })
    }
}

/// Must be held by the module while there may be runtimes; dropped when no thread is left.
pub(crate) struct Reaper(());

impl Reaper {
    /// Prepares the queue.
    ///
    /// # Safety
    ///
    /// To be called once, by the module's `init()`, before there is any runtime.
    pub(crate) unsafe fn new() -> Self {
        // SAFETY: As the caller promises.
        unsafe { QUEUE.init() };
        Self(())
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        // All runtimes were ended with the module; some references may have stayed behind.
        loop {
            let runtime = QUEUE.lock().pop();
            if runtime.is_none() {
                break;
            }
        }
    }
}

/// Ends what is in the queue.
fn work() {
    loop {
        let mut queue = QUEUE.lock();
        let Some(runtime) = queue.pop() else {
            queue.threads -= 1;
            break;
        };
        drop(queue);
        // A kernel thread gets no signals, so this ends when the runtime is gone.
        let _ = runtime.as_arc_borrow().stop(None, DEFAULT_GRACE_MS);
    }
}

/// Stops `runtime`, sooner or later. Returns at once.
pub(crate) fn finish(runtime: Arc<Runtime>) {
    if runtime.phase().is_over() || !runtime.mark_to_be_ended() {
        return;
    }
    let mut queue = QUEUE.lock();
    queue.push(runtime);
    if queue.threads >= THREADS {
        return;
    }
    queue.threads += 1;
    drop(queue);
    let task = kthread::spawn(c"lunatik_reaper", work);
    if task.is_err() {
        let mut queue = QUEUE.lock();
        queue.threads -= 1;
        let is_left = queue.threads == 0 && !queue.first.is_null();
        drop(queue);
        if is_left {
            // It was told to stop, and is torn down by the next thread, or with the module.
            pr_warn!("no thread to end a runtime with: {:?}\n", task.err());
        }
    }
}
