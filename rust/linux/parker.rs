// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A token for one who waits, and may wait without a thread.
//!
//! Locks: none. The state is all there is, and whoever takes it from one value to another does what
//! belongs to that.

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

/// Nobody has set the token since the waiter looked last.
const CLEAR: i32 = 0;
/// Somebody has: the next wait looks once more.
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
/// - Only who has set `sleeps` makes the state `SLEEPING`, takes that back, and sets `task`.
/// - While the state is `SLEEPING`, `task` is that thread.
pub(crate) struct Parker {
    state: Atomic<i32>,
    /// Whether a thread is within [`sleep`](Self::sleep).
    sleeps: Atomic<bool>,
    task: Atomic<*mut task_struct>,
}

impl Parker {
    /// A token that is not set, of one who has a thread.
    pub(crate) const fn new() -> Self {
        Self {
            state: Atomic::new(CLEAR),
            sleeps: Atomic::new(false),
            task: Atomic::new(ptr::null_mut()),
        }
    }

    /// Sets the token, and wakes who sleeps. Returns whether the waiter was parked, so that the caller
    /// must see to it that it gets a thread. In any context, hard interrupts included.
    pub(crate) fn wake(&self) -> bool {
        let guard = rcu::read_lock();
        let mut state = self.state.load(Relaxed);
        // Even a state that stays the same is written: the waiter that takes it is to see what the
        // caller has changed.
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
            // SAFETY: By the type invariants it slept just now, or another one has begun to since, so
            // it had not exited when the RCU read side began, and a thread that exits is freed a grace
            // period later.
            unsafe { kernel::bindings::wake_up_process(self.task.load(Acquire)) };
        }
        drop(guard);
        former == PARKED
    }

    /// Takes the token. What was changed before it was set is seen afterwards.
    pub(crate) fn clear(&self) {
        self.move_to(CLEAR);
    }

    /// Sleeps until the token is set, at most `timeout_ns` nanoseconds (`u64::MAX`: for ever), or until
    /// a signal. Returns false for a signal. Returns at once if another thread sleeps here.
    pub(crate) fn sleep(&self, timeout_ns: u64) -> bool {
        if self.sleeps.xchg(true, Full) {
            return true;
        }
        self.task.store(Task::current_raw(), Release);
        // INVARIANT: The flag is ours, and the task was stored before.
        let mut no_signal = true;
        if self.state.cmpxchg(CLEAR, SLEEPING, Full).is_ok() {
            // SAFETY: The word is ours and holds what is said until it is woken.
            no_signal = unsafe { sys::lunatik_park(self.state.as_ptr(), SLEEPING, timeout_ns) };
            // INVARIANT: Nobody takes the thread for sleeping any more.
            let _ = self.state.cmpxchg(SLEEPING, CLEAR, Full);
        }
        self.sleeps.store(false, Release);
        no_signal
    }

    /// The waiter lies in a run queue from now on. For who has it, while it has no thread.
    pub(crate) fn set_queued(&self) {
        self.move_to(QUEUED);
    }

    /// The waiter has a thread from now on. For who has it.
    pub(crate) fn set_running(&self) {
        self.move_to(CLEAR);
    }

    /// Changes the state, but not where a thread sleeps, which by the type invariants changes it itself.
    fn move_to(&self, next: i32) {
        let mut state = self.state.load(Relaxed);
        while state != SLEEPING {
            match self.state.cmpxchg(state, next, Full) {
                Ok(_) => return,
                Err(other) => state = other,
            }
        }
    }

    /// Has the next one who sets the token give the waiter a thread. Returns false, and does nothing, if
    /// it was set since the waiter looked last.
    pub(crate) fn park(&self) -> bool {
        self.state.cmpxchg(CLEAR, PARKED, Full).is_ok()
    }
}
