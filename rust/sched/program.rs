// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Programs: what a runtime does from its first line to its last, whoever executes it.

use core::ffi::c_int;
use kernel::{
    prelude::*,
    sync::Arc, //
};

use super::reaper;
use crate::{
    linux::kthread,
    lua,
    runtime::{
        chain::Chain,
        instance::{Entered, Runtime}, //
    },
};

/// What a runtime does, once. Dropped without [`begin`](Self::begin) where the runtime was stopped
/// before that.
pub(crate) trait Program: Send {
    /// Pushes the function to run and its arguments, and returns how many arguments these are.
    /// May sleep, but calls no Lua code.
    fn begin(&mut self, entered: &Entered<'_>) -> lua::Result;

    /// The function has returned, with so many results on top of the stack, or it or
    /// [`begin`](Self::begin) has failed; then the error is as native functions have it, and
    /// [`to_failure`](crate::runtime::execute::to_failure) makes a text of it. Called once, last of
    /// all; afterwards the runtime ends. May sleep.
    fn end(&mut self, entered: &Entered<'_>, result: lua::Result<c_int>);
}

/// Starts the program of a runtime in which nothing has run yet. When the program has ended, the
/// runtime ends.
///
/// Where this fails, the runtime is the caller's to end.
pub(crate) fn start(runtime: Arc<Runtime>, program: KBox<dyn Program>) -> Result {
    let chain = Chain::new()?;
    kthread::spawn(c"lunatik_worker", move || {
        execute(&runtime, &chain, program)
    })
    .map(|_| ())
}

fn execute(runtime: &Arc<Runtime>, chain: &Arc<Chain>, mut program: KBox<dyn Program>) {
    let Ok(entered) = runtime.as_arc_borrow().enter(chain, None) else {
        // It was told to stop.
        drop(program);
        if runtime.as_arc_borrow().stop(None, 0).is_err() {
            reaper::finish(runtime.clone());
        }
        return;
    };
    entered.end_when_left();
    entered.waits_begin_stretches();
    let state = entered.state();
    let base = state.top();
    let result = program.begin(&entered).and_then(|arguments| {
        state.call(arguments, -1)?;
        Ok(state.top().saturating_sub(base))
    });
    program.end(&entered, result);
    state.set_top(base);
}
