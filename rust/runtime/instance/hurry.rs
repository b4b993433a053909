// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Code that is to end does not wait for its turn where others want the CPU, too.
//!
//! The thread that executes it hurries until it gives way to others, which code does that tidies up and
//! has not ended at once, or until it executes it no longer.

use kernel::{
    sync::{
        atomic::Relaxed,
        barrier::{smp_mb, Full},
    },
    task::Task,
    time::{delay::udelay, Delta, Instant, Monotonic},
};

use super::{super::vm::Vm, Details, Runtime};
use crate::sys::kernel_helpers as sys;

/// How long a thread that has a CPU is left alone: nearly all end within this, and would later if it was changed meanwhile
/// how they are scheduled. It may lose the CPU in this time, which is likely where a tick has just woken whoever stops it.
const WATCH: Delta = Delta::from_micros(300);

/// From one look to the next. Each takes what it reads from the cache of the CPU that the code is to end on.
const PAUSE: Delta = Delta::from_micros(10);

impl Runtime {
    /// Has the thread that executes the runtime run before others, once for each degree of an interrupt, but not while it
    /// has a CPU, unless `even_with_cpu`. Returns whether that is so, or nobody is there.
    ///
    /// To be called after the interrupt was raised; with the lock of the details, so that the caller does not lose
    /// its CPU in between. In process context; does not sleep.
    pub(super) fn hurry_now(&self, locked: &Details, even_with_cpu: bool) -> bool {
        if !self.interruption.is_urgent() {
            return true;
        }
        let thread = self.meter.thread();
        let hurries = if thread.is_null() {
            locked.vm.get().is_some_and(Vm::hurry_waiting)
        } else {
            // SAFETY: The thread comes by `calm()` before it ends, and waits for the lock there: if it does
            // not see that the interrupt was raised, it had left the meter before we looked.
            thread != Task::current_raw() && unsafe { sys::lunatik_hurry(thread, even_with_cpu) }
        };
        if hurries {
            self.interruption.note_hurried();
        }
        hurries || thread.is_null() || thread == Task::current_raw()
    }

    /// As [`hurry_now`](Self::hurry_now), without the lock, for a thread that has a CPU.
    pub(super) fn hurry(&self) {
        let begun = Instant::<Monotonic>::now();
        while !self.hurry_now(&self.details.lock(), begun.elapsed() > WATCH) {
            udelay(PAUSE);
        }
    }

    /// For the calling thread, which has just left the meter: from now on nobody has it hurry. If somebody
    /// has done so, it still does.
    pub(in super::super) fn leave_hurry(&self) {
        smp_mb(Full);
        if self.interruption.is_raised() {
            // Whoever hurries this thread has done so then. Interrupts are taken back with the lock, too.
            drop(self.details.lock());
        }
    }

    /// The calling thread, which has just left the meter, runs like others again, unless it goes on
    /// to end the code that has called.
    pub(in super::super) fn calm(&self) {
        self.leave_hurry();
        // SAFETY: What has called waits for the calling thread.
        let above = unsafe { self.above.load(Relaxed).as_ref() };
        if !above.is_some_and(|above| above.interruption.is_raised()) {
            // SAFETY: The context is a process's.
            unsafe { sys::lunatik_calm() };
        }
    }
}
