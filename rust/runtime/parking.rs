// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! How the code of a runtime waits, and how it is woken.
//!
//! Each runtime has one token. [`Runtime::wake`] sets it, from any context. A wait takes the token,
//! checks its condition, and sleeps if the condition does not hold. A thread that changes such a
//! condition makes the change first and wakes the waiters after it. So no wake-up is lost. A
//! spurious wake-up is harmless: the waiter checks, and goes on waiting.
//!
//! A runtime of the pool leaves its thread instead of sleeping, if it can. Then the same token says
//! who has the runtime.
//!
//! Locks: none; see [`Parker`].

use core::cell::Cell;
use kernel::{
    prelude::*,
    sync::Arc,
    time::{Delta, Instant, Monotonic}, //
};

use super::{
    executor::{Executor, ExecutorThread},
    hooks::Hooked,
    instance::Runtime,
    vm::Vm, //
};
use crate::{
    linux::{
        context::MaySleep,
        parker::Parker,
        task, //
    },
    lua::{self, Error, State}, //
};

/// The time when a wait with a time-out is over.
pub(crate) type Deadline = Option<Instant<Monotonic>>;

/// The token of a runtime, and its present wait.
pub(crate) struct Parking {
    parker: Parker,
    /// Whether its code is about to leave its thread because it waits. Only the thread that
    /// executes the runtime touches this.
    leaves: Cell<bool>,
    /// When the wait for which it leaves is over. Only the same thread touches this.
    deadline: Cell<Deadline>,
}

// SAFETY: Only the thread that executes the runtime touches the cells.
unsafe impl Send for Parking {}
// SAFETY: As above.
unsafe impl Sync for Parking {}

/// What ends a wait that is not done.
#[derive(Clone, Copy)]
pub(crate) enum Ends {
    /// That the runtime is told to stop. The end of the wait then ends the code, too.
    AtStop,
    /// That the code is ended uncatchably: at the end of the grace of a stop, or because its call
    /// was given up. For code that finds out about a stop by itself, and may wait again to clean
    /// up.
    WhenKilled,
}

impl Ends {
    /// Whether the waits of `runtime` end now.
    fn now(self, runtime: &Runtime) -> bool {
        match self {
            Self::AtStop => runtime.waits_end(),
            Self::WhenKilled => runtime.is_killed(),
        }
    }
}

/// How a wait has ended.
pub(crate) enum Waited<T> {
    /// With what it was for.
    Done(T),
    /// The time is over.
    TimedOut,
    /// The runtime is told to stop (see [`Ends`] for exceptions), its call was given up, or its
    /// process got a signal; see [`Runtime::end_waiter`]. `left_ms` milliseconds of the wait were left, rounded up;
    /// `u32::MAX` without a time-out.
    Ended { left_ms: u32 },
}

/// The nanoseconds that are left until `deadline`; `u64::MAX` without a deadline.
fn left_ns(deadline: Deadline) -> u64 {
    match deadline {
        None => u64::MAX,
        // A time that is over is negative.
        Some(deadline) => u64::try_from((deadline - Instant::now()).as_nanos()).unwrap_or(0),
    }
}

fn left_ms(deadline: Deadline) -> u32 {
    /// Nanoseconds in a millisecond.
    const MS: u64 = 1_000_000;
    match left_ns(deadline) {
        u64::MAX => u32::MAX,
        left => u32::try_from(left.div_ceil(MS)).unwrap_or(u32::MAX),
    }
}

impl Parking {
    pub(super) fn new() -> Self {
        Self {
            parker: Parker::new(),
            leaves: Cell::new(false),
            deadline: Cell::new(None),
        }
    }

    /// The runtime lies in a run queue from now on. To be called by the thread that has the runtime
    /// and does not execute it.
    pub(crate) fn set_queued(&self) {
        self.parker.set_queued();
    }

    /// A thread executes the runtime from now on.
    pub(crate) fn set_running(&self) {
        self.parker.set_running();
    }

    /// Why the runtime has left its thread: to wait until the given time, or for another reason.
    pub(crate) fn take_leaves(&self) -> Option<Deadline> {
        self.leaves.replace(false).then(|| self.deadline.get())
    }

    /// Whether the code of the runtime waits for something. May have changed when the caller sees it.
    pub(crate) fn waits(&self) -> bool {
        self.parker.waits()
    }

    /// Parks the runtime: the next wake-up gives it a thread. Returns false, and does nothing, if
    /// the runtime was woken since its last check.
    pub(crate) fn park(&self) -> bool {
        self.parker.park()
    }
}

impl Runtime {
    /// Wakes the runtime: its code checks the condition that it waits for, now or when it next
    /// waits. May be called in any context.
    pub(crate) fn wake(&self) {
        if let Some(hooked) = self.hooked() {
            // Its attendant waits for it.
            Hooked::go_on(hooked);
        }
        if self.parking().parker.wake() {
            // SAFETY: The runtime was parked, so the pool's reference now belongs to the caller.
            let runtime = unsafe { Arc::from_raw(self) };
            // SAFETY: As above: until it is added, it belongs to the caller.
            if let Some(executor) = unsafe { self.pooled().executor() } {
                executor.add(runtime);
            }
        }
    }
}

impl Vm {
    /// The executor that executes the code of `state`; `None` if its callers' threads do.
    pub(crate) fn executor(state: State) -> Option<Arc<dyn Executor>> {
        // SAFETY: The caller executes the code, and so the thread that owns the runtime is inside this call.
        unsafe { Self::runtime_of(state).pooled().executor() }.cloned()
    }

    /// The thread of the pool that executes the VM, if one does.
    pub(super) fn pool_thread(&self) -> Option<&dyn ExecutorThread> {
        self.exposed().owner().pooled().thread(self)
    }

    /// Announces that the code of `state` is going to block the calling thread. If that is a pool
    /// thread, other threads take over its remaining work.
    ///
    /// Fails if too many threads of the pool are blocked.
    pub(super) fn thread_blocks(state: State) -> lua::Result<()> {
        let vm = Self::of(&state);
        let Some(thread) = vm.pool_thread() else {
            return Ok(());
        };
        thread.block(&Self::runtime_of(state)).map_err(|error| {
            if error == EAGAIN {
                Error::message(fmt!(
                    "too many runtimes hold a thread while they wait, where Lua cannot yield"
                ))
            } else {
                error.into()
            }
        })
    }

    /// Announces that the thread has blocked, and goes on with the runtime.
    pub(super) fn thread_goes_on(state: State) {
        if let Some(thread) = Self::of(&state).pool_thread() {
            thread.unblock(&Self::runtime_of(state));
        }
    }
}

/// Yields the CPU, or the thread of the pool, once; for the native function that was called with
/// `state`. The rules for calling [`wait`] hold here too, but this needs no wake-up: it ends by
/// itself.
pub(crate) fn give_way(state: State, _may: MaySleep<'_>) -> lua::Result<()> {
    let runtime = Vm::runtime_of(state);
    runtime.send_output();
    if state.head().waits_on() {
        // The runtime has left its thread, and others have had the thread since.
        return Ok(());
    }
    if state.can_leave() {
        // The runtime goes to the end of the run queue: it waits for nothing.
        return Err(Error::Parked);
    }
    task::yield_now();
    Ok(())
}

/// Waits until `attempt` returns something, for the native function that was called with `state`.
///
/// `attempt` is called at once and after each wake-up. It must not block.
///
/// If the runtime can leave its thread, this fails with [`Error::Parked`] instead of sleeping. The
/// native function must return that error at once, own nothing, and leave its arguments where they
/// were. When the runtime is woken, the function is called again from its beginning, and calls
/// `wait` again; the time-out goes on running. So a function waits at one place only, and
/// everything that it does before that place must be safe to do twice. After the time-out the
/// function may wait again, without one.
pub(crate) fn wait<T>(
    state: State,
    may: MaySleep<'_>,
    timeout_ms: Option<u32>,
    attempt: impl FnMut() -> lua::Result<Option<T>>,
) -> lua::Result<Waited<T>> {
    let deadline = match timeout_ms {
        None => None,
        Some(_) if state.head().waits_on() => Vm::runtime_of(state).parking().deadline.get(),
        Some(ms) => Some(Instant::now() + Delta::from_millis(ms.into())),
    };
    wait_until(state, may, deadline, attempt)
}

/// As [`wait`], until a point in time. A function that waits again after that time may name another
/// one.
pub(crate) fn wait_until<T>(
    state: State,
    may: MaySleep<'_>,
    deadline: Deadline,
    attempt: impl FnMut() -> lua::Result<Option<T>>,
) -> lua::Result<Waited<T>> {
    wait_ending(state, may, deadline, Ends::AtStop, attempt)
}

/// As [`wait_until`]; `ends` says what ends the wait early. With [`Ends::WhenKilled`], `attempt`
/// must check whether the runtime was told to stop, which wakes it.
pub(crate) fn wait_ending<T>(
    state: State,
    _may: MaySleep<'_>,
    deadline: Deadline,
    ends: Ends,
    mut attempt: impl FnMut() -> lua::Result<Option<T>>,
) -> lua::Result<Waited<T>> {
    let runtime = Vm::runtime_of(state);
    let parking = runtime.parking();
    loop {
        // This takes the wake-up. Changes made before that wake-up are visible below.
        parking.parker.clear();
        if let Some(value) = attempt()? {
            return Ok(Waited::Done(value));
        }
        if left_ns(deadline) == 0 {
            return Ok(Waited::TimedOut);
        }
        if ends.now(&runtime) {
            runtime.end_waiter();
            let left_ms = left_ms(deadline);
            return Ok(Waited::Ended { left_ms });
        }
        runtime.send_output();
        if state.can_leave() {
            parking.leaves.set(true);
            parking.deadline.set(deadline);
            return Err(Error::Parked);
        }
        Vm::thread_blocks(state)?;
        let phase = runtime.block();
        let no_signal = parking.parker.sleep(left_ns(deadline));
        runtime.unblock(phase);
        Vm::thread_goes_on(state);
        if !no_signal {
            let left_ms = left_ms(deadline);
            return Ok(Waited::Ended { left_ms });
        }
    }
}
