// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Which task has entered a runtime, to find out quickly that one has not.

use kernel::{
    bindings::task_struct,
    sync::atomic::{Atomic, Relaxed},
    task::Task, //
};

/// How many counters there are; a power of two.
const COUNTERS: usize = 256;

/// How often tasks have entered runtimes and not left them, each task in the counter that its address gives.
static ENTERED: [Atomic<u32>; COUNTERS] = [const { Atomic::new(0) }; COUNTERS];

fn counter(task: usize) -> Option<&'static Atomic<u32>> {
    // Tasks lie kilobytes apart, so the low bits say nothing; the multiplier spreads the others.
    let mixed = (task >> 6).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ENTERED.get((mixed >> 56) % COUNTERS)
}

/// The task that has entered a runtime: its address.
pub(super) struct Executing(usize);

impl Executing {
    /// The calling task, from now on until this is dropped.
    pub(super) fn begin() -> Self {
        let task = Task::current_raw().addr();
        if let Some(counter) = counter(task) {
            counter.fetch_add(1, Relaxed);
        }
        Self(task)
    }

    /// Whether it is that task.
    pub(super) fn is(&self, task: *mut task_struct) -> bool {
        self.0 == task.addr()
    }
}

impl Drop for Executing {
    fn drop(&mut self) {
        if let Some(counter) = counter(self.0) {
            counter.fetch_sub(1, Relaxed);
        }
    }
}

/// Whether the calling task may have entered a runtime; it has not if this is false. Threads of the
/// pool are not counted. Takes no lock.
pub(crate) fn may_execute() -> bool {
    // The task has counted itself, so it sees that.
    counter(Task::current_raw().addr()).is_none_or(|counter| counter.load(Relaxed) != 0)
}
