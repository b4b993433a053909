// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Code that is to end does not wait for its turn where others want the CPU, too.
//!
//! The thread that executes it hurries until it gives way to others, which code does that tidies up and
//! has not ended at once, or until it executes it no longer.

use kernel::sync::barrier::{smp_mb, Full};

use super::{Details, Runtime};
use crate::sys::kernel_helpers as sys;

impl Runtime {
    /// Has the thread that executes the runtime, if any does, run before others. To be called after the interrupt
    /// was raised, with the lock of the details. In process context; does not sleep.
    pub(super) fn hurry(&self, _locked: &Details) {
        let thread = self.meter.thread();
        if !thread.is_null() {
            // SAFETY: The thread comes by `calm()` before it ends, and waits for the lock there: if it does
            // not see that the interrupt was raised, it had left the meter before we looked.
            unsafe { sys::lunatik_hurry(thread) };
        }
    }

    /// The calling thread, which has just left the meter, runs like others again.
    pub(in super::super) fn calm(&self) {
        smp_mb(Full);
        if self.interruption.is_raised() {
            // Whoever hurries this thread has done so then. Interrupts are taken back with the lock, too.
            drop(self.details.lock());
        }
        // SAFETY: The context is a process's.
        unsafe { sys::lunatik_calm() };
    }
}
