// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The calling thread, and inspecting other threads.
//!
//! C header: [`include/linux/sched.h`](srctree/include/linux/sched.h)

use core::ptr;
use kernel::{
    bindings::task_struct,
    sync::{
        atomic::{Acquire, Atomic, Release},
        rcu, //
    },
    task::Task, //
};

use crate::sys::kernel_helpers as sys;

/// The bytes of the name of a thread, with the zero after it.
pub(crate) const NAME_SIZE: usize = 16;

/// Whether the caller is in a thread, and not in an interrupt.
pub(crate) fn is_in_task() -> bool {
    // SAFETY: The function reads the current context, and may be called from any.
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

/// Lets other threads run if it is their turn. This may sleep, so the caller must hold no spinlock
/// and no RCU read lock. As with the sleeping functions of the kernel crate, no type checks this; a
/// kernel with `DEBUG_ATOMIC_SLEEP` reports a wrong caller.
pub(crate) fn cond_resched() {
    // SAFETY: The function takes no pointer, and touches no memory of ours.
    unsafe { sys::lunatik_cond_resched() };
}

/// Lets other threads run, even if it is not their turn yet. For a context that may sleep.
pub(crate) fn yield_now() {
    // SAFETY: As above.
    unsafe { sys::lunatik_yield() };
}

/// Gives the calling thread the scheduling back that it had before it was [boosted](boost), if it
/// was.
pub(crate) fn restore_priority() {
    // SAFETY: The function changes how `current` is scheduled, and takes no pointer.
    unsafe { sys::lunatik_restore_priority() };
}

/// Makes `task`, if it is a kernel thread, run before other threads until it calls
/// [`restore_priority`].
pub(crate) fn boost(task: &Task) {
    // SAFETY: The reference keeps the thread's structure.
    unsafe { sys::lunatik_boost(task.as_ptr()) };
}

/// Brings the figures of the CPU time of the calling thread up to date. For a context that may
/// sleep.
pub(crate) fn update_cpu_time() {
    // SAFETY: The function takes no pointer.
    unsafe { sys::lunatik_update_cpu_time() };
}

/// The CPU time of `task` in nanoseconds, as the kernel knows it.
pub(crate) fn cpu_ns(task: &Task) -> u64 {
    // SAFETY: The reference keeps the thread's structure.
    unsafe { sys::lunatik_task_cpu_ns(task.as_ptr()) }
}

/// The CPU time of the calling thread in nanoseconds, as the kernel knows it.
pub(crate) fn own_cpu_ns() -> u64 {
    // SAFETY: The calling thread lives.
    unsafe { sys::lunatik_task_cpu_ns(Task::current_raw()) }
}

/// Whether `task` runs or waits for a CPU, rather than sleeps.
pub(crate) fn is_running(task: &Task) -> bool {
    // SAFETY: The reference keeps the thread's structure.
    unsafe { sys::lunatik_task_is_running(task.as_ptr()) }
}

/// Whether a CPU executes `task` just now. It has changed as soon as the caller knows, unless that is
/// an interrupt of the task.
pub(crate) fn is_on_cpu(task: &Task) -> bool {
    // SAFETY: The reference keeps the thread's structure. The scheduler changes the word, which is read
    // whole.
    unsafe { (&raw const (*task.as_ptr()).on_cpu).read_volatile() != 0 }
}

/// The CPU that `task` runs on, or has run on last.
pub(crate) fn cpu(task: &Task) -> u32 {
    // SAFETY: The reference keeps the thread's structure.
    unsafe { sys::lunatik_task_cpu(task.as_ptr()) }
}

/// The name of `task`, and zeros.
pub(crate) fn name(task: &Task) -> [u8; NAME_SIZE] {
    let mut name = [0; NAME_SIZE];
    // SAFETY: The reference keeps the thread's structure, and the buffer is as long as is said.
    unsafe { sys::lunatik_task_comm(task.as_ptr(), name.as_mut_ptr().cast(), name.len()) };
    name
}

/// A slot that names the thread that does some work, so that other threads can inspect it.
///
/// # Invariants
///
/// The pointer is null, or points to a thread that does not end while it is here.
pub(crate) struct TaskSlot(Atomic<*mut task_struct>);

impl TaskSlot {
    /// A place with no thread.
    pub(crate) const fn empty() -> Self {
        // INVARIANT: It is null.
        Self(Atomic::new(ptr::null_mut()))
    }

    /// Puts the calling thread here.
    ///
    /// # Safety
    ///
    /// Before the thread ends, the slot must be cleared or set again.
    pub(crate) unsafe fn set_current(&self) {
        // INVARIANT: As the caller promises.
        self.0.store(Task::current_raw(), Release);
    }

    /// Puts `task` here.
    ///
    /// # Safety
    ///
    /// As for [`set_current`](Self::set_current).
    pub(crate) unsafe fn set(&self, task: &Task) {
        // INVARIANT: As the caller promises.
        self.0.store(task.as_ptr(), Release);
    }

    /// Nobody does it any more.
    pub(crate) fn clear(&self) {
        // INVARIANT: It is null.
        self.0.store(ptr::null_mut(), Release);
    }

    /// Whether a thread is here now.
    pub(crate) fn is_set(&self) -> bool {
        !self.0.load(Acquire).is_null()
    }

    /// Whether `task` is here now.
    pub(crate) fn has(&self, task: &Task) -> bool {
        self.0.load(Acquire) == task.as_ptr()
    }

    /// Calls `with` with the thread, if one is here; the slot may soon hold another thread. `with`
    /// must not sleep: it runs under the RCU read lock. In any context.
    pub(crate) fn with<R>(&self, with: impl FnOnce(&Task) -> R) -> Option<R> {
        let _guard = rcu::read_lock();
        let task = self.0.load(Acquire);
        // SAFETY: By the type invariant the thread had not ended when the pointer was read, so its
        // structure is freed a grace period later, and the guard delays that. `Task` has the layout
        // of the structure.
        let task = unsafe { task.cast::<Task>().as_ref() }?;
        Some(with(task))
    }
}
