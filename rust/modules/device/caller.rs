// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The caller of a file operation: a process, or Lua code of this module through `io`.

use kernel::{
    prelude::*,
    sync::Arc,
    task::Task, //
};

use crate::{
    linux::task,
    runtime::{
        chain::Chain,
        instance::{may_execute, Runtime},
        live, //
    }, //
};

/// The caller of a file operation.
pub(super) struct Caller {
    pub(super) chain: Arc<Chain>,
    /// The runtime whose code calls, if any.
    pub(super) runtime: Option<Arc<Runtime>>,
}

impl Caller {
    /// The caller that executes this now.
    ///
    /// Lua code that calls back into a runtime which waits for it must be detected, or it would
    /// wait for itself. Fails with `EDEADLK` if the caller cannot be determined.
    pub(super) fn current() -> Result<Self> {
        if let Some((runtime, chain)) = executing() {
            return Ok(Self {
                chain,
                runtime: Some(runtime),
            });
        }
        if task::is_kernel_thread() {
            // Lua code that has continued on another stack: see `linux/segment.rs`.
            return Err(EDEADLK);
        }
        Ok(Self {
            chain: Chain::new()?,
            runtime: None,
        })
    }
}

/// The runtime that the current task executes, and the chain that executes it.
fn executing() -> Option<(Arc<Runtime>, Arc<Chain>)> {
    // An ordinary process is spared the search through all runtimes.
    if !task::is_kernel_thread() && !may_execute() {
        return None;
    }
    let task = Task::current_raw();
    let mut id = 0;
    while let Some(runtime) = live::next(id) {
        id = runtime.id();
        if runtime.is_executed_by(task) {
            let chain = runtime.executing_chain()?;
            return Some((runtime, chain));
        }
    }
    None
}
