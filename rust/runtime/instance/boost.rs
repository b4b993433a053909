// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The priority of a thread whose code is to end: it does not wait for its turn where others want the CPU, too.
//!
//! The thread that executes the code is boosted until it gives way to others, which code that tidies up does within
//! 10 ms, or until it executes the code no longer.

use kernel::sync::barrier::{smp_mb, Full};

use super::{super::vm::Exposed, Details, Runtime};
use crate::linux::task;

impl Runtime {
    /// Boosts the thread that executes the runtime, once for each degree of an interrupt.
    ///
    /// To be called after the interrupt was raised, with the lock of the details. In process context; does not
    /// sleep.
    pub(super) fn boost_locked(&self, locked: &Details) {
        if !self.interruption.is_urgent() {
            return;
        }
        // The thread comes by `restore_priority()` before it ends, and waits for the lock there: if it does not see
        // that the interrupt was raised, it had left the meter before we looked. So it does not stay boosted.
        let boosted = match self.meter.thread().with(task::boost) {
            Some(()) => true,
            None => locked.vm.get().is_some_and(Exposed::boost_waiting),
        };
        if boosted {
            self.interruption.note_boosted();
        }
    }

    /// As [`boost_locked`](Self::boost_locked), without the lock.
    pub(super) fn boost(&self) {
        self.boost_locked(&self.details.lock());
    }

    /// For the calling thread, which has just left the meter: from now on nobody boosts it. If it is boosted, it stays
    /// so.
    pub(in super::super) fn end_boosts(&self) {
        smp_mb(Full);
        if self.interruption.is_raised() {
            // A boost of this thread is over then. Interrupts are taken back with the lock, too.
            drop(self.details.lock());
        }
    }

    /// The calling thread, which has just left the meter, runs like others again, unless it goes on
    /// to end the code that has called.
    pub(in super::super) fn restore_priority(&self) {
        self.end_boosts();
        if !self.is_interrupted_above() {
            task::restore_priority();
        }
    }
}
