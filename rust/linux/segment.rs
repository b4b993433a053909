// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Stack segments: more kernel stack for a call that has little left.
//!
//! A kernel stack has a fixed size, and Lua recurses on it: by calls through C, by coroutines and
//! in its parser. When little more than half a stack is left, the call continues on the stack of a
//! worker thread, and the first thread waits for it. So every frame lies on a real task stack with
//! its guard page, and is unwound, traced and checked like any other. Below a call, the kernel's
//! own functions, direct reclaim included, have half a stack.

use core::{
    cell::UnsafeCell,
    ffi::c_void,
    ptr, //
};
use kernel::{
    bindings,
    prelude::*,
    sync::atomic::{Atomic, Relaxed}, //
};

use super::{
    stack,
    task, //
};
use crate::sys::kernel_helpers as sys;

/// The most segments in use at a time, each with 16 KiB of stack.
///
/// Each of them may wait for one more, so this must be below the number of items that the queue
/// runs at a time.
const LIMIT: usize = 1024;

static QUEUE: Atomic<*mut bindings::workqueue_struct> = Atomic::new(ptr::null_mut());
static IN_USE: Atomic<usize> = Atomic::new(0);

/// The workqueue that supplies segments. [`run`] works while it lives.
pub(crate) struct SegmentQueue(());

impl SegmentQueue {
    /// Creates the queue. There is only one at a time, which the module holds.
    pub(crate) fn new() -> Result<Self> {
        // SAFETY: The function takes no pointer; it allocates, and the caller may sleep.
        let queue = unsafe { sys::lunatik_alloc_segment_queue() };
        if queue.is_null() {
            return Err(ENOMEM);
        }
        QUEUE.store(queue, Relaxed);
        Ok(Self(()))
    }
}

impl Drop for SegmentQueue {
    fn drop(&mut self) {
        let queue = QUEUE.xchg(ptr::null_mut(), Relaxed);
        // SAFETY: `new()` stored the queue, and the module drops this after all runtimes.
        unsafe { bindings::destroy_workqueue(queue) };
    }
}

/// Takes all unused segments, so that nobody gets one until [`give`]. For tests.
pub(crate) fn take_all() -> usize {
    let taken = LIMIT.saturating_sub(IN_USE.load(Relaxed));
    IN_USE.fetch_add(taken, Relaxed);
    taken
}

/// Gives back what [`take_all`] took.
pub(crate) fn give(taken: usize) {
    IN_USE.fetch_sub(taken, Relaxed);
}

/// The call that waits for a segment, if one does, among calls that are nested in each other.
pub(crate) struct Waiting(UnsafeCell<*mut sys::lunatik_queued_call>);

impl Waiting {
    pub(crate) const fn none() -> Self {
        Self(UnsafeCell::new(ptr::null_mut()))
    }

    /// Makes a call that waits for a segment return at once without one, and boosts its caller. If
    /// the call already has its segment, boosts the worker that runs it. Both later call
    /// `lunatik_restore_priority()`. Returns whether there was such a call. Must be called in
    /// process context; does not sleep.
    pub(crate) fn boost(&self) -> bool {
        // SAFETY: The helpers access it only under their lock.
        unsafe { sys::lunatik_boost_waiting(self.0.get()) }
    }
}

// SAFETY: The helpers touch the pointer with their lock, and it leads to a call whose caller waits.
unsafe impl Sync for Waiting {}

/// # Safety
///
/// `call` is an `Option<F>` that nobody else uses.
unsafe extern "C" fn make<F: FnOnce()>(call: *mut c_void) {
    // SAFETY: As the caller promises.
    if let Some(call) = unsafe { (*call.cast::<Option<F>>()).take() } {
        call();
    }
}

/// Makes `call` on another kernel stack, and returns when it has ended. [`Waiting::boost`] cancels it
/// until it begins. Within it, calls may use the same `waiting` for themselves.
///
/// Returns false if the function was not run because there are too many segments, the caller must
/// not sleep, or the call was cancelled.
pub(crate) fn run<F: FnOnce() + Send>(call: F, waiting: &Waiting) -> bool {
    if IN_USE.fetch_add(1, Relaxed) >= LIMIT {
        IN_USE.fetch_sub(1, Relaxed);
        return false;
    }
    let ran = run_beyond_limit(call, waiting);
    IN_USE.fetch_sub(1, Relaxed);
    ran
}

/// As [`run`], regardless of the number of segments in use. For functions that cannot fail and take
/// no second segment.
fn run_beyond_limit<F: FnOnce() + Send>(call: F, waiting: &Waiting) -> bool {
    let queue = QUEUE.load(Relaxed);
    if queue.is_null() || !task::is_in_task() {
        return false;
    }
    let mut call = Some(call);
    // SAFETY: The queue outlives every runtime, and what runs in it. The call may be made on any thread,
    // for it is `Send`, and this one waits until it has ended.
    unsafe {
        sys::lunatik_run_on_queue(
            queue,
            Some(make::<F>),
            ptr::from_mut(&mut call).cast(),
            waiting.0.get(),
        )
    }
}

/// The stack is low, and no other stack is available.
pub(crate) struct NoRoom;

/// Makes `call` where a few Lua functions can be called without a change of stacks: on this stack
/// if it has enough left, else on another one, however many are in use. For what cannot fail. Fails where
/// the caller must not sleep.
pub(crate) fn with_room<T: Send>(call: impl FnOnce() -> T + Send) -> Result<T, NoRoom> {
    if !stack::lacks_room() {
        return Ok(call());
    }
    let mut result = None;
    run_beyond_limit(|| result = Some(call()), &Waiting::none());
    result.ok_or(NoRoom)
}
