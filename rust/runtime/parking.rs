// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! How the code of a runtime waits, and how it is woken.
//!
//! Each runtime has one token. [`Runtime::wake`] sets it, from any context; a wait takes it, looks
//! whether there is what it waits for, and sleeps if not. So whoever changes what others may wait
//! for makes the change first and wakes them then, and no wake-up is lost. A wake-up for which
//! there is nothing is harmless: the waiter looks, and goes on waiting.
//!
//! Locks: none. [`Parking::state`] is all there is, and whoever takes it from one value to another
//! does what belongs to that.

use core::ptr;
use kernel::{
    bindings::task_struct,
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Full, Release},
        rcu, //
    },
    task::Task,
    time::{Instant, Monotonic}, //
};

use super::{instance::Runtime, vm::Vm};
use crate::{
    lua::{self, State},
    sys::kernel_helpers as sys, //
};

/// Nobody has woken the runtime since it looked last.
const CLEAR: i32 = 0;
/// Somebody has: the next wait looks once more.
const WOKEN: i32 = 1;
/// Its thread sleeps until it is woken.
const SLEEPING: i32 = 2;

/// The token of a runtime, and its present wait.
///
/// # Invariants
///
/// While `state` is `SLEEPING`, `task` is the thread that sleeps.
pub(crate) struct Parking {
    state: Atomic<i32>,
    task: Atomic<*mut task_struct>,
    started: Instant<Monotonic>,
}

/// How a wait has ended.
pub(crate) enum Waited<T> {
    /// With what it was for.
    Done(T),
    /// The time is over.
    TimedOut,
    /// The runtime is told to stop, its call was given up, or its process got a signal. So many
    /// milliseconds were left, rounded up; `u32::MAX` without a time-out.
    Ended { left_ms: u32 },
}

/// Nanoseconds in a millisecond.
const MS: u64 = 1_000_000;

/// A time-out that never comes.
const NEVER: u64 = u64::MAX;

impl Parking {
    pub(super) fn new() -> Self {
        Self {
            state: Atomic::new(CLEAR),
            task: Atomic::new(ptr::null_mut()),
            started: Instant::now(),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(0)
    }

    /// Sets the token, and wakes who sleeps. In any context, hard interrupts included.
    fn wake(&self) {
        let guard = rcu::read_lock();
        if self.state.xchg(WOKEN, Full) == SLEEPING {
            // SAFETY: By the type invariants it slept just now, so it had not exited when the RCU
            // read side began, and a thread that exits is freed a grace period later.
            unsafe { kernel::bindings::wake_up_process(self.task.load(Acquire)) };
        }
        drop(guard);
    }

    /// Sleeps until the token is set, `deadline` has come, or a signal. Returns false for a signal.
    fn sleep(&self, deadline: u64) -> bool {
        self.task.store(Task::current_raw(), Release);
        // INVARIANT: The task was stored before.
        if self.state.cmpxchg(CLEAR, SLEEPING, Full).is_err() {
            return true;
        }
        let left = match deadline {
            NEVER => NEVER,
            deadline => deadline.saturating_sub(self.now()),
        };
        // SAFETY: The word is ours and holds what is said until it is woken.
        let woken = unsafe { sys::lunatik_park(self.state.as_ptr(), SLEEPING, left) };
        // INVARIANT: Nobody takes it for sleeping any more.
        let _ = self.state.cmpxchg(SLEEPING, CLEAR, Full);
        woken
    }
}

impl Runtime {
    /// Has the code of the runtime look whether there is what it waits for, now or when it is
    /// going to wait. In any context.
    pub(crate) fn wake(&self) {
        self.parking().wake();
    }
}

/// Waits until `attempt` returns something, for the native function that was called with `state`.
///
/// `attempt` is called at once and after each wake-up. It must not block. What it returns last is
/// dropped only if it is an error.
///
/// Where the runtime can leave its thread, this fails with [`Error::Parked`] instead of sleeping.
/// The native function must return that at once, owning nothing, with its arguments where they
/// were; when the runtime is woken, it is called again from its beginning, and comes here again,
/// with the same time-out still running. So a function waits at one place only, and what it does
/// before that can be done twice.
pub(crate) fn wait<T>(
    state: State,
    timeout_ms: Option<u32>,
    mut attempt: impl FnMut() -> lua::Result<Option<T>>,
) -> lua::Result<Waited<T>> {
    let runtime = Vm::runtime_of(state);
    let parking = runtime.parking();
    let deadline = match timeout_ms {
        Some(ms) => parking.now().saturating_add(u64::from(ms) * MS),
        None => NEVER,
    };
    loop {
        // What was changed before the wake-up that this takes is seen below.
        parking.state.xchg(CLEAR, Full);
        if let Some(value) = attempt()? {
            return Ok(Waited::Done(value));
        }
        let left = deadline.saturating_sub(parking.now());
        if left == 0 {
            return Ok(Waited::TimedOut);
        }
        let phase = runtime.block();
        let signalled = !runtime.waits_end() && !parking.sleep(deadline);
        runtime.unblock(phase);
        if signalled || runtime.waits_end() {
            let left_ms = match deadline {
                NEVER => u32::MAX,
                deadline => {
                    let left = deadline.saturating_sub(parking.now());
                    u32::try_from(left.div_ceil(MS)).unwrap_or(u32::MAX)
                }
            };
            return Ok(Waited::Ended { left_ms });
        }
    }
}
