// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Which tasks have entered runtimes: a quick way to find out that a task has not.

use kernel::{
    bindings::task_struct,
    sync::atomic::{Atomic, Relaxed},
    task::Task, //
};

/// How many counters there are; a power of two.
const COUNTERS: usize = 256;

/// How often tasks have entered runtimes and not left them yet. The address of a task selects its
/// counter.
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

/// Whether the calling task may have entered a runtime. If this is false, it has not. Threads of
/// the pool are not counted. Takes no lock.
pub(crate) fn may_execute() -> bool {
    // If the task has entered a runtime, it has counted itself, and sees its own count.
    counter(Task::current_raw().addr()).is_none_or(|counter| counter.load(Relaxed) != 0)
}
