// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The priority of a thread whose code has to end: it does not wait for its turn when other threads
//! want the CPU, too.
//!
//! The thread that executes the code is boosted until it yields, or until it no longer executes the
//! code. Closing methods and finalizers yield within 10 ms.

use kernel::sync::barrier::{smp_mb, Full};

use super::{super::vm::Exposed, Details, Runtime};
use crate::linux::task;

impl Runtime {
    /// Boosts the thread that executes the runtime, once for each degree of an interrupt.
    ///
    /// To be called after the interrupt was raised, with the lock of the details held. In process
    /// context; does not sleep.
    pub(super) fn boost_locked(&self, locked: &Details) {
        if !self.interruption.is_urgent() {
            return;
        }
        // The thread passes `restore_priority()` before it ends, and waits for the lock there. If
        // it does not see there that the interrupt was raised, it had left the meter before this
        // check. So it does not stay boosted.
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

    /// For the calling thread, which has just left the meter: from now on no thread boosts it. If
    /// it is boosted, it stays boosted.
    pub(in super::super) fn end_boosts(&self) {
        smp_mb(Full);
        if self.interruption.is_raised() {
            // After this, a boost of this thread that was under way is complete. Interrupts are
            // taken back under the same lock.
            drop(self.details.lock());
        }
    }

    /// The calling thread has just left the meter. It gets its normal priority back, unless it goes
    /// on to end the calling code.
    pub(in super::super) fn restore_priority(&self) {
        self.end_boosts();
        if !self.is_interrupted_above() {
            task::restore_priority();
        }
    }
}
