// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Kernel threads that run the body of a runtime.
//!
//! Lock order: `Thread::state` and `Thread::end` are leaves.

pub(crate) mod outcome;

use kernel::{
    new_condvar, new_mutex, new_spinlock,
    prelude::*,
    sync::{
        aref::ARef,
        Arc,
        ArcBorrow,
        CondVar,
        Mutex,
        SpinLock, //
    },
    task::Task,
};

use crate::{
    linux::{
        account::Charge,
        context::MaySleep,
        kthread,
        task, //
    },
    lua::{self, Error},
    runtime::{
        chain::Chain,
        execute::{self, Results},
        handle::Handle,
        instance::{Keep, Runtime},
        message::Message,
        parking::{wait, Waited},
        vm::Vm,
        waiters::{Noted, Spare}, //
    },
};
use outcome::End;
pub(crate) use outcome::Outcome;

/// Bytes that a thread takes: its stack, its task and itself.
const OBJECTS: usize = 32 << 10;

struct State {
    /// Set while the thread runs.
    task: Option<ARef<Task>>,
}

/// A kernel thread that runs, or has run, the body of a runtime.
#[pin_data(PinnedDrop)]
pub(crate) struct Thread {
    runtime: Arc<Runtime>,
    #[pin]
    state: Mutex<State>,
    #[pin]
    end: SpinLock<End>,
    #[pin]
    ended: CondVar,
}

#[pinned_drop]
impl PinnedDrop for Thread {
    fn drop(self: Pin<&mut Self>) {
        let outcome = self.end.lock().take_outcome();
        outcome::drop_all(outcome);
    }
}

/// A snapshot of a running thread.
pub(crate) struct TaskInfo {
    pub(crate) cpu: u32,
    pub(crate) command: [u8; task::NAME_SIZE],
    pub(crate) pid: i32,
    pub(crate) tgid: i32,
}

/// The longest name of a kernel thread, in bytes.
const MAX_NAME: usize = 15;

/// What a thread is called that runs the script `name`: its last part.
fn thread_name(name: &[u8]) -> ([u8; MAX_NAME + 1], usize) {
    let last = name.rsplit(|&byte| byte == b'/').next().unwrap_or(name);
    let mut buffer = [0; MAX_NAME + 1];
    let mut length = 0;
    for (slot, &byte) in buffer.iter_mut().zip(last.iter().take(MAX_NAME)) {
        *slot = byte;
        length += 1;
    }
    (buffer, length)
}

impl Thread {
    /// The thread that runs the body of `runtime` now, if any.
    pub(crate) fn of(runtime: &Runtime) -> Option<Arc<Self>> {
        runtime.thread()?.into_inner().ok()
    }

    /// The runtime whose body it runs.
    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// Starts a thread called `name` that calls the body of `runtime` with `arguments`.
    ///
    /// When the body has returned, the runtime ends.
    pub(crate) fn run(runtime: Arc<Runtime>, name: &[u8], arguments: Message) -> Result<Arc<Self>> {
        Self::run_with(runtime, name, arguments, Results::OrNothing)
    }

    /// As [`run`](Self::run), and says what becomes of results that cannot travel.
    pub(crate) fn run_with(
        runtime: Arc<Runtime>,
        name: &[u8],
        arguments: Message,
        results: Results,
    ) -> Result<Arc<Self>> {
        let chain = Chain::new()?;
        let thread = Arc::pin_init(
            pin_init!(Self {
                runtime,
                state <- new_mutex!(State { task: None }, "lunatik::Thread::state"),
                end <- new_spinlock!(End::default(), "lunatik::Thread::end"),
                ended <- new_condvar!("lunatik::Thread::ended"),
            }),
            GFP_KERNEL_ACCOUNT,
        )?;
        let (buffer, length) = thread_name(name);
        let name = buffer
            .get(..=length)
            .and_then(|bytes| CStr::from_bytes_with_nul(bytes).ok())
            .ok_or(EINVAL)?;
        let own = thread.clone();
        let charge = Charge::new(thread.runtime.account(), OBJECTS)?;
        let keep = Keep::new(&thread.runtime);
        // The new thread waits for this lock before it does anything, so it finds its task set.
        let mut state = thread.state.lock();
        thread.runtime.set_thread(Some(Handle::new(thread.clone())));
        let task = kthread::spawn(name, move || {
            own.main(&chain, arguments, results, keep);
            drop(charge);
        })
        .inspect_err(|_| thread.runtime.set_thread(None))?;
        state.task = Some(task);
        drop(state);
        Ok(thread)
    }

    fn main(&self, chain: &Arc<Chain>, arguments: Message, results: Results, keep: Keep) {
        drop(self.state.lock());
        let result = execute::body(self.runtime.as_arc_borrow(), chain, arguments, results);
        let outcome = match result {
            Ok(values) => Arc::new(values, GFP_KERNEL).ok().map(Outcome::Returned),
            Err(failure) => Some(Outcome::Failed(failure)),
        };
        // First: who has joined the thread finds none, and is not kept by it.
        self.runtime.set_thread(None);
        drop(keep);
        outcome::keep(self, outcome);
        let task = self.state.lock().task.take();
        drop(task);
        self.ended.notify_all();
        let joiners = self.end.lock().set_ended();
        joiners.wake();
    }

    /// Tells the thread to stop and waits until it has ended; see [`Runtime::stop`].
    ///
    /// A thread that stops itself is interrupted, and ends when Lua has unwound.
    pub(crate) fn stop(
        self: &Arc<Self>,
        chain: Option<&Arc<Chain>>,
        caller: Option<&Runtime>,
        grace_ms: u32,
    ) -> Result {
        let runtime: ArcBorrow<'_, Runtime> = self.runtime.as_arc_borrow();
        let inside = match (chain, runtime.executing_chain()) {
            (Some(chain), Some(owner)) => Arc::ptr_eq(chain, &owner),
            _ => false,
        };
        runtime.stop_for(chain, caller, grace_ms)?;
        if !inside {
            // The runtime is gone, so the thread is on its last lines.
            let mut state = self.state.lock();
            while state.task.is_some() {
                self.ended.wait(&mut state);
            }
        }
        Ok(())
    }

    /// Waits until the thread has ended, at most `timeout_ms`, for the native function that was called with `state`; see
    /// [`wait`].
    pub(crate) fn join(
        &self,
        state: lua::State,
        may: MaySleep<'_>,
        timeout_ms: Option<u32>,
    ) -> lua::Result<Waited<Option<Outcome>>> {
        let caller = Vm::runtime_of(state).into();
        wait(state, may, timeout_ms, || {
            match self.outcome_or_wait(&caller) {
                Err(error) if error == ENOBUFS => Err(Error::message(fmt!(
                    "too many wait for the end of the same thread"
                ))),
                result => Ok(result?),
            }
        })
    }

    /// How the thread has ended. If it has not, the code of `runtime` waits, and is woken when it has.
    fn outcome_or_wait(&self, runtime: &Arc<Runtime>) -> Result<Option<Option<Outcome>>> {
        let mut spare = Spare::default();
        loop {
            let mut end = self.end.lock();
            if end.has_ended() {
                return Ok(Some(end.outcome()));
            }
            let noted = end.joiners().note(runtime, &mut spare);
            drop(end);
            match noted {
                Noted::Yes => return Ok(None),
                Noted::NeedsRoom(count) => spare.grow(count)?,
                Noted::TooMany => return Err(ENOBUFS),
            }
        }
    }

    /// A snapshot of the thread; `None` once it has ended.
    pub(crate) fn task(&self) -> Option<TaskInfo> {
        let task = self.state.lock().task.clone()?;
        Some(TaskInfo {
            cpu: task::cpu(&task),
            command: task::name(&task),
            pid: task.pid(),
            tgid: task.tgid(),
        })
    }
}
