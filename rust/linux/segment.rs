// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Stack segments: more kernel stack for a call that has little left.
//!
//! A kernel stack has a fixed size, and Lua recurses on it by calls through C, by coroutines and
//! in its parser. Where little more than half a stack is left, the call goes on upon the stack of a
//! worker thread while the first thread waits for it. So every frame lies on a real task stack,
//! with its guard page, and is unwound, traced and checked as any other; and whatever the kernel
//! itself needs below a call, direct reclaim included, has half a stack.

use core::{
    ffi::c_void,
    ptr, //
};
use kernel::{
    bindings,
    prelude::*,
    sync::atomic::{Atomic, Relaxed}, //
};

use crate::sys::kernel_helpers as sys;

/// Segments in use at one time, in all; 16 KiB of stack each.
///
/// All of them may wait for one more, so this must stay below the most items that the queue runs
/// at one time.
const LIMIT: usize = 1024;

/// Sixteenths of a stack that [`with_room`] wants left: two more than Lua, see `LUNATIK_STACK_LOW` in
/// `lua/port/lunatik_lua.h`.
const ROOM: usize = 11;

static QUEUE: Atomic<*mut bindings::workqueue_struct> = Atomic::new(ptr::null_mut());
static IN_USE: Atomic<usize> = Atomic::new(0);

/// The workqueue that supplies segments; while it lives, [`run`] works.
pub(crate) struct SegmentQueue(());

impl SegmentQueue {
    /// Creates the queue. There is one at a time, held by the module.
    pub(crate) fn new() -> Result<Self> {
        // SAFETY: No conditions.
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

/// Takes all segments that are not in use, so that nobody gets one until [`give`]. For tests.
pub(crate) fn take_all() -> usize {
    let taken = LIMIT.saturating_sub(IN_USE.load(Relaxed));
    IN_USE.fetch_add(taken, Relaxed);
    taken
}

/// Gives back what [`take_all`] took.
pub(crate) fn give(taken: usize) {
    IN_USE.fetch_sub(taken, Relaxed);
}

/// Runs `call(argument)` on another kernel stack and returns when it has.
///
/// Returns false, and runs nothing, where no segment may be had: there are too many, or the
/// caller must not sleep.
///
/// # Safety
///
/// `call(argument)` must be sound on any thread while the caller waits.
pub(crate) unsafe fn run(call: unsafe extern "C" fn(*mut c_void), argument: *mut c_void) -> bool {
    let queue = QUEUE.load(Relaxed);
    // SAFETY: No conditions.
    if queue.is_null() || !unsafe { sys::lunatik_in_task() } {
        return false;
    }
    if IN_USE.fetch_add(1, Relaxed) >= LIMIT {
        IN_USE.fetch_sub(1, Relaxed);
        return false;
    }
    // SAFETY: The queue outlives every runtime; the caller vouches for the call.
    unsafe { sys::lunatik_run_on_queue(queue, Some(call), argument) };
    IN_USE.fetch_sub(1, Relaxed);
    true
}

/// Calls `call` where a few Lua functions can be called without a change of stacks: on this stack
/// if it has enough left, else on another one, by `run`, which is [`run`] or does that.
///
/// Each protected call of Lua changes stacks by itself where little is left. So this is for work
/// that makes many of them: one change does for all.
///
/// # Safety
///
/// As for [`run`].
#[inline(always)]
pub(crate) unsafe fn with_room<T, F: FnOnce() -> T>(
    run: impl FnOnce(unsafe extern "C" fn(*mut c_void), *mut c_void) -> bool,
    call: F,
) -> T {
    /// What is called, or has been.
    enum Call<T, F> {
        Waiting(F),
        Done(T),
        Taken,
    }

    unsafe extern "C" fn make<T, F: FnOnce() -> T>(argument: *mut c_void) {
        // SAFETY: It is the `Call` below, whose owner waits.
        let call = unsafe { &mut *argument.cast::<Call<T, F>>() };
        if let Call::Waiting(function) = core::mem::replace(call, Call::Taken) {
            *call = Call::Done(function());
        }
    }

    // SAFETY: No conditions.
    let (left, size) = unsafe { (sys::lunatik_stack_left(), sys::lunatik_thread_size()) };
    if left >= size / 16 * ROOM {
        return call();
    }
    let mut call = Call::Waiting(call);
    run(make::<T, F>, ptr::from_mut(&mut call).cast());
    match call {
        Call::Done(result) => result,
        Call::Waiting(function) => function(),
        // SAFETY: `make()` leaves it only while it runs, and the caller has waited for that.
        Call::Taken => unsafe { core::hint::unreachable_unchecked() },
    }
}
