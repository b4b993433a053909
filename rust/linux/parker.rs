// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A token for a waiter, which may wait without a thread.
//!
//! Locks: none. The state is a single word. The thread that changes it from one value to another
//! also does the work that belongs to the change.

use core::ptr;
use kernel::{
    bindings::task_struct,
    sync::{
        atomic::{Acquire, Atomic, Full, Relaxed, Release},
        rcu, //
    },
    task::Task, //
};

use crate::sys::kernel_helpers as sys;

/// The token was not set since the waiter last checked.
const CLEAR: i32 = 0;
/// The token was set: the next wait checks once more.
const WOKEN: i32 = 1;
/// The waiter's thread sleeps until the token is set.
const SLEEPING: i32 = 2;
/// The waiter has no thread.
const PARKED: i32 = 3;
/// The waiter has no thread, and lies in a run queue.
const QUEUED: i32 = 4;

/// The token of one waiter.
///
/// # Invariants
///
/// - Only the thread that has set `sleeps` makes the state `SLEEPING`, takes that back, and sets
///   `task`.
/// - While the state is `SLEEPING`, `task` is that thread.
pub(crate) struct Parker {
    state: Atomic<i32>,
    /// Whether a thread is within [`sleep`](Self::sleep).
    sleeps: Atomic<bool>,
    task: Atomic<*mut task_struct>,
}

impl Parker {
    /// A token that is not set, for a waiter that has a thread.
    pub(crate) const fn new() -> Self {
        Self {
            state: Atomic::new(CLEAR),
            sleeps: Atomic::new(false),
            task: Atomic::new(ptr::null_mut()),
        }
    }

    /// Sets the token, and wakes the sleeping thread, if any. Returns whether the waiter was
    /// parked. If so, the caller must get it a thread. In any context, hard interrupts included.
    pub(crate) fn wake(&self) -> bool {
        let guard = rcu::read_lock();
        let mut state = self.state.load(Relaxed);
        // The state is written even if it stays the same, so that the waiter that takes the token
        // sees the caller's changes.
        let former = loop {
            let next = match state {
                PARKED | QUEUED => QUEUED,
                _ => WOKEN,
            };
            match self.state.cmpxchg(state, next, Full) {
                Ok(former) => break former,
                Err(other) => state = other,
            }
        };
        if former == SLEEPING {
            // SAFETY: By the type invariants this thread slept just now, or another one has begun
            // to sleep since. So the thread had not exited when the RCU read side began, and a
            // thread that exits is freed a grace period later.
            unsafe { kernel::bindings::wake_up_process(self.task.load(Acquire)) };
        }
        drop(guard);
        former == PARKED
    }

    /// Takes the token. Changes made before the token was set are visible afterwards.
    pub(crate) fn clear(&self) {
        self.move_to(CLEAR);
    }

    /// Sleeps until the token is set, at most `timeout_ns` nanoseconds (`u64::MAX`: for ever), or
    /// until a signal. Returns false for a signal. Returns at once if another thread sleeps here.
    pub(crate) fn sleep(&self, timeout_ns: u64) -> bool {
        if self.sleeps.xchg(true, Full) {
            return true;
        }
        self.task.store(Task::current_raw(), Release);
        // INVARIANT: This thread has set the flag, and the task was stored before.
        let mut no_signal = true;
        if self.state.cmpxchg(CLEAR, SLEEPING, Full).is_ok() {
            // SAFETY: The word belongs to `self`, and holds this value until the thread is woken.
            no_signal = unsafe { sys::lunatik_park(self.state.as_ptr(), SLEEPING, timeout_ns) };
            // INVARIANT: No other thread treats this one as sleeping any more.
            let _ = self.state.cmpxchg(SLEEPING, CLEAR, Full);
        }
        self.sleeps.store(false, Release);
        no_signal
    }

    /// The waiter lies in a run queue from now on. For the thread that has the waiter, while the
    /// waiter has no thread.
    pub(crate) fn set_queued(&self) {
        self.move_to(QUEUED);
    }

    /// The waiter has a thread from now on. For the thread that has the waiter.
    pub(crate) fn set_running(&self) {
        self.move_to(CLEAR);
    }

    /// Changes the state, except while a thread sleeps: by the type invariants that thread changes
    /// it itself.
    fn move_to(&self, next: i32) {
        let mut state = self.state.load(Relaxed);
        while state != SLEEPING {
            match self.state.cmpxchg(state, next, Full) {
                Ok(_) => return,
                Err(other) => state = other,
            }
        }
    }

    /// Whether the waiter waits for the token, with a thread or without. May have changed when the
    /// caller sees it.
    pub(crate) fn waits(&self) -> bool {
        matches!(self.state.load(Relaxed), SLEEPING | PARKED)
    }

    /// Parks the waiter: the next caller that sets the token gives it a thread. Returns false, and
    /// does nothing, if the token was set since the waiter last checked.
    pub(crate) fn park(&self) -> bool {
        self.state.cmpxchg(CLEAR, PARKED, Full).is_ok()
    }
}
