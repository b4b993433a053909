// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Stack segments of a VM.

use core::cell::Cell;
use kernel::{
    sync::aref::ARef,
    task::Task, //
};

use super::Vm;
use crate::{
    linux::{
        segment::{self, NoRoom},
        stack,
        task, //
    },
    lua::State,
};

/// The most stack segments that one VM may have at one time.
const MAX_SEGMENTS: u32 = 96;

/// The segments that a VM has.
pub(super) struct Segments {
    count: Cell<u32>,
}

impl Segments {
    pub(super) const fn none() -> Self {
        Self {
            count: Cell::new(0),
        }
    }
}

/// A value that any thread may use while the thread that made it waits, as the caller of
/// [`Vm::with_room`] promises.
struct OnAnyThread<T>(T);

// SAFETY: That one promises it.
unsafe impl<T> Send for OnAnyThread<T> {}

impl<T, F: FnOnce() -> T> OnAnyThread<F> {
    fn call(self) -> OnAnyThread<T> {
        OnAnyThread((self.0)())
    }
}

/// A state, lent to the thread that executes its VM for a waiting thread.
struct Lent(State);

// SAFETY: The lending thread waits until the state is not used any more.
unsafe impl Send for Lent {}

impl Vm {
    /// Calls `call` with enough stack left to call Lua functions, on another stack if need be.
    /// Fails if there is none.
    ///
    /// Each protected call of Lua changes stacks by itself if little is left. So this is for work
    /// that makes many protected calls: one change serves all of them.
    ///
    /// # Safety
    ///
    /// `call` must be sound on any thread while the caller, which executes the VM of `state`,
    /// waits.
    #[inline(always)]
    pub(crate) unsafe fn with_room<T>(state: State, call: impl FnOnce() -> T) -> Result<T, NoRoom> {
        if !stack::lacks_room() {
            return Ok(call());
        }
        Self::of(&state)
            .call_on_segment(OnAnyThread(call))
            .map(|result| result.0)
    }

    /// Not inlined: a call that stays on the same stack does not need this frame.
    #[inline(never)]
    fn call_on_segment<T, F>(&self, call: OnAnyThread<F>) -> Result<OnAnyThread<T>, NoRoom>
    where
        F: FnOnce() -> T,
    {
        let mut result = None;
        self.run_on_segment(|| result = Some(call.call()));
        result.ok_or(NoRoom)
    }

    /// Runs `call` with `state` at the beginning of another stack. Fails if there is none.
    pub(crate) fn on_new_stack<T: Send>(
        state: State,
        call: impl FnOnce(State) -> T + Send,
    ) -> Result<T, NoRoom> {
        let mut result = None;
        let lent = Lent(state);
        Self::of(&state).run_on_segment(|| {
            let Lent(state) = { lent };
            result = Some(call(state));
        });
        result.ok_or(NoRoom)
    }

    /// Runs `call` on another stack segment, while the caller waits. Returns whether it did: see
    /// `lua/port/lunatik_lua.h`. The runtime pays for the CPU time of the thread that runs the
    /// call.
    pub(super) fn run_on_segment(&self, call: impl FnOnce() + Send) -> bool {
        let count = &self.segments.count;
        // Code that has to end calls nothing more, and would wait for a worker that nobody boosts.
        // Code that must not sleep cannot wait for a worker.
        let no_wait = self.is_ended() || !self.context().may_sleep();
        if count.get() >= MAX_SEGMENTS || no_wait {
            return false;
        }
        count.set(count.get() + 1);
        let exposed = self.exposed();
        let caller: ARef<Task> = ARef::from(&**kernel::current!());
        // The meter stands still while a VM is made, and where a runtime is only ended. If it were started
        // here, it would go on after this call, with a thread that may end.
        let runtime = self.runtime();
        let paused = runtime.meter().counts().then(|| runtime.pause_meter(self));
        let counts = paused.is_some();
        let call = move || {
            let runtime = exposed.runtime();
            if counts {
                runtime.meter().start();
            }
            call();
            if counts {
                // SAFETY: The caller waits, and then goes on with the code.
                unsafe { runtime.meter().hand_over(&caller) };
            }
            runtime.end_boosts();
            if exposed.is_ended() {
                task::boost(&caller);
            }
        };
        let ran = segment::run(call, &exposed.waiting);
        if let Some(paused) = paused {
            self.runtime().continue_meter(self, paused);
        }
        count.set(count.get() - 1);
        ran
    }
}
