// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The calling thread.

use crate::sys::kernel_helpers as sys;

/// Whether the caller is in a thread, and not in an interrupt.
pub(crate) fn is_in_task() -> bool {
    // SAFETY: The function reads the context, and may be called from any.
    unsafe { sys::lunatik_in_task() }
}

/// How often the thread has left its CPU.
pub(crate) fn switches() -> u64 {
    // SAFETY: The function reads counters of `current`, which lives while it runs.
    unsafe { sys::lunatik_switches() }
}

/// Whether a signal is pending that ends the thread.
pub(crate) fn is_being_killed() -> bool {
    // SAFETY: As above.
    unsafe { sys::lunatik_fatal_signal_pending() }
}

/// Whether a signal is pending that ends `task`.
pub(crate) fn is_killed(task: &kernel::task::Task) -> bool {
    // SAFETY: The reference keeps the task, whose pending signals the function reads without a
    // lock.
    unsafe { sys::lunatik_task_fatal_signal_pending(task.as_ptr()) }
}

/// Whether the thread belongs to no process.
pub(crate) fn is_kernel_thread() -> bool {
    // SAFETY: `current` lives while it runs this. A thread alone changes its own flags.
    let flags = unsafe { (*kernel::task::Task::current_raw()).flags };
    flags & kernel::bindings::PF_KTHREAD != 0
}

/// Lets others run if it is their turn. It sleeps, so the caller must hold no spinlock and no RCU
/// read lock. As for the functions of the kernel crate that sleep, no type checks this; a kernel
/// with `DEBUG_ATOMIC_SLEEP` reports a wrong caller.
pub(crate) fn cond_resched() {
    // SAFETY: The function takes no pointer, and touches no memory of ours.
    unsafe { sys::lunatik_cond_resched() };
}
