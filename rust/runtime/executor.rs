// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Pools and their threads, as the runtimes see them that have no thread of their own.
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
    meter::Account, //
};
use crate::lua;

/// Threads that execute many runtimes.
pub(crate) trait Executor: Send + Sync {
    /// Gives `runtime`, which has no thread, one some time. In any context.
    fn add(&self, runtime: Arc<Runtime>);
}

/// Runs `program` in `runtime`, which nothing has run in, on the threads of `executor`; the runtime
/// ends with it. Sleeps for memory. Where this fails, the runtime is the caller's to end.
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

/// A thread of an [`Executor`], as the runtime sees it that the thread executes.
pub(crate) trait ExecutorThread: Send + Sync {
    /// The CPU time of the thread. For the thread itself.
    fn account(&self) -> &Account;

    /// The thread is about to sleep while it executes `runtime`; another thread takes over its run queue.
    /// Fails with `EAGAIN` if too many threads sleep so, or with `ENOMEM`.
    ///
    /// For the thread, or for one on whose stack some of the runtime's code runs for it.
    fn block(&self, runtime: &Runtime) -> Result;

    /// The thread that [`block`](Self::block) was called on has slept, and goes on with `runtime`.
    fn unblock(&self, runtime: &Runtime);

    /// The VM of the runtime is about to be freed: the thread's timer must no longer use it.
    fn look_after_nothing(&self);

    /// The code of `runtime` computes where Lua cannot yield. The thread lowers its priority.
    fn stand_back(&self, runtime: &Runtime);
}

/// What a runtime of a pool does, once. Dropped without [`begin`](Self::begin) where the runtime was
/// stopped before that.
pub(crate) trait Program: Send {
    /// Pushes the function to run and its arguments, and returns how many arguments these are.
    /// May sleep, but calls no Lua code.
    fn begin(&mut self, entered: &Entered<'_>) -> lua::Result;

    /// The function has returned, with so many results on top of the stack, or it or
    /// [`begin`](Self::begin) has failed; then the error is as native functions have it, and
    /// [`to_failure`](super::execute::to_failure) makes a text of it. Called once, last of
    /// all; afterwards the runtime ends. May sleep.
    fn end(&mut self, entered: &Entered<'_>, result: lua::Result<core::ffi::c_int>);
}

/// The link of a runtime: what comes behind it in the run queue that it is in.
pub(crate) struct Link(pub(crate) Atomic<*mut Runtime>);

impl Link {
    /// The link of a runtime that is in no queue.
    pub(crate) const fn new() -> Self {
        Self(Atomic::new(ptr::null_mut()))
    }
}
