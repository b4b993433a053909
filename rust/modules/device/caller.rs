// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Who calls a file operation: a process, or Lua code of ours through `io`.

use kernel::{
    bindings,
    prelude::*,
    sync::Arc,
    task::Task, //
};

use crate::runtime::{
    chain::Chain,
    instance::Runtime,
    live, //
};

/// The caller of a file operation.
pub(super) struct Caller {
    pub(super) chain: Arc<Chain>,
    /// The runtime whose code calls, if any.
    pub(super) runtime: Option<Arc<Runtime>>,
}

impl Caller {
    /// Who executes this now.
    ///
    /// Lua code that comes back to a runtime which waits for it must be found out, or it would
    /// wait for itself. Fails with `EDEADLK` where that cannot be told.
    pub(super) fn current() -> Result<Self> {
        let task = Task::current_raw();
        if let Some((runtime, chain)) = executing(task) {
            return Ok(Self {
                chain,
                runtime: Some(runtime),
            });
        }
        // SAFETY: The current task is alive, and its flags are its own to change.
        let in_kernel = unsafe { (*task).flags } & bindings::PF_KTHREAD != 0;
        if in_kernel {
            // Lua code that has gone on to another stack: see `linux/segment.rs`.
            return Err(EDEADLK);
        }
        Ok(Self {
            chain: Chain::new()?,
            runtime: None,
        })
    }
}

/// The runtime that `task` executes, and the chain that does.
fn executing(task: *mut bindings::task_struct) -> Option<(Arc<Runtime>, Arc<Chain>)> {
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
