// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! How a stop ends code that was waiting.

use kernel::sync::atomic::{Atomic, Full, Relaxed, Release};

use super::{Runtime, DEFAULT_GRACE_MS};

/// The state of a runtime about waits that its stop has ended.
pub(super) struct EndedWaits {
    /// Whether such a wait was in the function of its thread.
    thread_has_seen: Atomic<bool>,
    /// The grace of closing methods and finalizers, when the end of such a wait or of the runtime
    /// ends their code; in milliseconds.
    grace_ms: Atomic<u32>,
}

impl EndedWaits {
    pub(super) fn new() -> Self {
        Self {
            thread_has_seen: Atomic::new(false),
            grace_ms: Atomic::new(DEFAULT_GRACE_MS),
        }
    }

    /// Sets the grace of closing methods and finalizers: a millisecond at least. A stop without
    /// grace ends them itself.
    pub(super) fn set_grace(&self, grace_ms: u32) {
        self.grace_ms.store(grace_ms.max(1), Relaxed);
    }

    /// Makes the grace of closing methods and finalizers `grace_ms` at least.
    pub(super) fn raise_grace(&self, grace_ms: u32) {
        let mut now = self.grace_ms.load(Relaxed);
        while now < grace_ms {
            match self.grace_ms.cmpxchg(now, grace_ms, Relaxed) {
                Ok(_) => break,
                Err(other) => now = other,
            }
        }
    }
}

impl Runtime {
    /// How long finalizers may run when the runtime ends, and closing methods when its stop ends
    /// their code; in milliseconds. After a stop without grace, all of them are interrupted anyway.
    pub(crate) fn tidy_ms(&self) -> u32 {
        self.ended_waits
            .grace_ms
            .load(Relaxed)
            .max(DEFAULT_GRACE_MS)
    }

    /// To be called when a wait of its Lua code ends because the code has to end. Ends the code,
    /// except closing methods and finalizers. Otherwise the code could take the end of the wait for
    /// the event that it waited for, and go on.
    ///
    /// The function of a kernel thread may go on the first time, so that it sees
    /// `thread.shouldstop()` and returns by itself. Called by the thread that executes the code.
    pub(crate) fn end_waiter(&self) {
        if !self.stop_requested() {
            // The call was given up, and its code is already being ended.
            return;
        }
        if self.has_thread() && !self.ended_waits.thread_has_seen.xchg(true, Full) {
            return;
        }
        self.killed.store(true, Release);
        self.interrupt(self.ended_waits.grace_ms.load(Relaxed));
    }
}
