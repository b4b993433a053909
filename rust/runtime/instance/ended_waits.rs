// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What becomes of code whose wait a stop has ended.

use kernel::sync::atomic::{Atomic, Full, Relaxed, Release};

use super::{Runtime, DEFAULT_GRACE_MS};

/// What a runtime knows about the waits that its stop has ended.
pub(super) struct EndedWaits {
    /// Whether there was one in the function of its thread.
    thread_has_seen: Atomic<bool>,
    /// What closing methods and finalizers get of the code that such a wait ends, in milliseconds.
    grace_ms: Atomic<u32>,
}

impl EndedWaits {
    pub(super) fn new() -> Self {
        Self {
            thread_has_seen: Atomic::new(false),
            grace_ms: Atomic::new(DEFAULT_GRACE_MS),
        }
    }

    /// Sets what closing methods and finalizers get: a millisecond at least. A stop without grace ends
    /// them itself.
    pub(super) fn set_grace(&self, grace_ms: u32) {
        self.grace_ms.store(grace_ms.max(1), Relaxed);
    }
}

impl Runtime {
    /// A wait of its Lua code ends because the code is to end. Ends the code, but for what tidies up:
    /// it must not take the end of the wait for what it has waited for, and go on.
    ///
    /// The function of a kernel thread goes on the first time, to see `thread.shouldstop()` and
    /// return by itself. Called by the thread that executes the code.
    pub(crate) fn end_waiter(&self) {
        if !self.stop_requested() {
            // The call was given up, and its code is ended already.
            return;
        }
        if self.has_thread() && !self.ended_waits.thread_has_seen.xchg(true, Full) {
            return;
        }
        self.killed.store(true, Release);
        self.interrupt(self.ended_waits.grace_ms.load(Relaxed));
    }
}
