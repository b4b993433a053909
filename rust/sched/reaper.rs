// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Ends runtimes for those who cannot wait for that.

use kernel::{
    prelude::*,
    sync::{
        Arc,
        UniqueArc, //
    },
    time::{Instant, Monotonic}, //
};

use crate::{
    linux::kthread,
    runtime::{
        children::Runtimes,
        instance::{Runtime, DEFAULT_GRACE_MS}, //
    },
};

/// Stops `runtime`, sooner or later. Returns at once.
pub(crate) fn finish(runtime: Arc<Runtime>) {
    finish_after(runtime, DEFAULT_GRACE_MS);
}

/// As [`finish`], with a grace of `grace_ms`.
pub(crate) fn finish_after(runtime: Arc<Runtime>, grace_ms: u32) {
    let own = runtime.clone();
    let task = kthread::spawn(c"lunatik_reaper", move || {
        // A kernel thread gets no signals, so this ends when the runtime is gone.
        let _ = own.as_arc_borrow().stop(None, grace_ms);
    });
    if task.is_err() {
        // It was told to stop and is torn down when the module is unloaded.
        pr_warn!("no thread to end a runtime with: {:?}\n", task.err());
    }
}

/// Stops all of `runtimes`, all within the same grace. Returns at once.
pub(crate) fn finish_all(runtimes: Runtimes) {
    if runtimes.is_empty() {
        return;
    }
    for runtime in runtimes.values() {
        runtime.request_stop();
    }
    let room = UniqueArc::new_uninit(GFP_KERNEL);
    let Ok(room) = room else {
        return kill_all(&runtimes);
    };
    let runtimes: Arc<Runtimes> = room.write(runtimes).into();
    let own = runtimes.clone();
    let task = kthread::spawn(c"lunatik_reaper", move || {
        let begun = Instant::<Monotonic>::now();
        for runtime in own.values() {
            let passed = u32::try_from(begun.elapsed().as_millis()).unwrap_or(u32::MAX);
            match DEFAULT_GRACE_MS.saturating_sub(passed) {
                0 => runtime.kill(DEFAULT_GRACE_MS),
                left => drop(runtime.as_arc_borrow().stop(None, left)),
            }
        }
        for runtime in own.values() {
            let _ = runtime.as_arc_borrow().stop(None, 1);
        }
    });
    if task.is_err() {
        kill_all(&runtimes);
    }
}

/// Ends what all of `runtimes` run; then they end without help.
fn kill_all(runtimes: &Runtimes) {
    for runtime in runtimes.values() {
        runtime.kill(DEFAULT_GRACE_MS);
    }
}
