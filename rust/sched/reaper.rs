// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Ends runtimes for those who cannot wait for that.

use kernel::{
    prelude::*,
    sync::Arc, //
};

use crate::{
    linux::kthread,
    runtime::instance::{Runtime, DEFAULT_GRACE_MS}, //
};

/// Stops `runtime`, sooner or later. Returns at once.
pub(crate) fn finish(runtime: Arc<Runtime>) {
    let task = kthread::spawn(c"lunatik_reaper", move || {
        // A kernel thread gets no signals, so this ends when the runtime is gone.
        let _ = runtime.as_arc_borrow().stop(None, DEFAULT_GRACE_MS);
    });
    if task.is_err() {
        // It was told to stop and is torn down when the module is unloaded.
        pr_warn!("no thread to end a runtime with: {:?}\n", task.err());
    }
}
