// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Pools and their threads, as seen by runtimes that have no thread of their own.
//!
//! `sched/pool.rs` implements both traits. A runtime refers to its pool, so there can be several.

use core::ptr;
use kernel::{
    prelude::*,
    sync::{
        atomic::Atomic,
        Arc, //
    },
};

use super::{
    instance::{Entered, Runtime},
    meter::Account,
    vm::Vm, //
};
use crate::lua::{self, State};

/// Threads that execute many runtimes.
pub(crate) trait Executor: Send + Sync {
    /// Queues `runtime`, which has no thread, until a thread executes it. May be called in any
    /// context.
    fn add(&self, runtime: Arc<Runtime>);

    /// How many runtimes it executes at a time. Its workers have the numbers from 0 on.
    fn workers(&self) -> u32;

    /// Makes it execute `threads` more runtimes at a time. Changes nothing if this fails. The
    /// memory counts against the account of its maker. May sleep.
    ///
    /// Fails with `EAGAIN` if it would have too many threads, with `EOPNOTSUPP` if it keeps to one, or with
    /// `ENOMEM`.
    fn grow(&self, threads: u32) -> Result;

    /// Its number: 0 for the executor that all runtimes share. No other executor has or had the
    /// same number since the module was loaded.
    fn number(&self) -> u32;
}

/// Runs `program` in `runtime` on the threads of `executor`. Nothing may have run in the runtime
/// before, and the runtime ends with the program. May sleep for memory. If this fails, the caller
/// must end the runtime.
pub(crate) fn start(
    executor: Arc<dyn Executor>,
    runtime: Arc<Runtime>,
    program: KBox<dyn Program>,
) -> Result {
    runtime.set_program(program, executor.clone())?;
    runtime.parking().set_queued();
    executor.add(runtime);
    Ok(())
}

/// A thread of an [`Executor`], as seen by the runtime that it executes.
pub(crate) trait ExecutorThread: Send + Sync {
    /// The CPU time of the thread. Only the thread itself may use it.
    fn account(&self) -> &Account;

    /// The number of the worker that the thread works for.
    fn worker(&self) -> u32;

    /// The thread is about to sleep while it executes `runtime`; another thread takes over its run
    /// queue. Fails with `EAGAIN` if too many threads sleep like this, or with `ENOMEM`.
    ///
    /// The caller must be the thread, or a thread that runs some of the runtime's code on its own
    /// stack for it.
    fn block(&self, runtime: &Runtime) -> Result;

    /// The thread that [`block`](Self::block) was called on has slept, and continues `runtime`.
    fn unblock(&self, runtime: &Runtime);

    /// The VM of the runtime is about to be freed: the thread's timer must no longer use it.
    fn look_after_nothing(&self);

    /// The code of `runtime` computes at a point where Lua cannot yield. The thread lowers its
    /// priority.
    fn stand_back(&self, runtime: &Runtime);
}

impl Vm {
    /// The number of the worker that executes the code of `state`; `None` if a thread outside an
    /// executor does.
    pub(crate) fn worker(state: State) -> Option<u32> {
        Self::of(&state).pool_thread().map(|thread| thread.worker())
    }
}

/// The work of a runtime on a pool, which runs once. If the runtime is stopped first, the program
/// is dropped without a call of [`begin`](Self::begin).
pub(crate) trait Program: Send {
    /// Pushes the function to run and its arguments, and returns the number of arguments. May
    /// sleep, but must call no Lua code.
    fn begin(&mut self, entered: &Entered<'_>) -> lua::Result;

    /// The function has returned, and `result` is the number of results on top of the stack; or the
    /// function or [`begin`](Self::begin) has failed. In that case `result` is an error like those
    /// of native functions, and [`to_failure`](super::execute::to_failure) turns it into a text.
    /// This is called once, as the last call; afterwards the runtime ends. May sleep.
    fn end(&mut self, entered: &Entered<'_>, result: lua::Result<core::ffi::c_int>);
}

/// The link of a runtime: the next runtime in its run queue.
pub(crate) struct Link(pub(crate) Atomic<*mut Runtime>);

impl Link {
    /// Makes the link of a runtime that is in no queue.
    pub(crate) const fn new() -> Self {
        Self(Atomic::new(ptr::null_mut()))
    }
}
