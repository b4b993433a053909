// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Waits of a runtime's code for something that is not the runtime's own.

use kernel::sync::Arc;

use super::instance::{Phase, Runtime};

/// Something that code waits for.
pub(crate) trait Wakes: Send + Sync {
    /// Has those who wait look up, and see whether they are to end.
    fn wake(&self);
}

/// The code of a runtime waits, until this is dropped.
pub(crate) struct Waiting<'a> {
    runtime: &'a Runtime,
    phase: Phase,
    /// Whether others take over what else the thread had to do.
    blocked: bool,
}

impl Runtime {
    /// Notes what the code of the runtime is going to wait for, so that whoever stops it wakes it.
    /// The waiter asks [`waits_end`](Self::waits_end) after this, with the lock that
    /// [`Wakes::wake`] takes, before it sleeps.
    pub(crate) fn begin_wait(&self, what: Arc<dyn Wakes>) -> Waiting<'_> {
        self.send_output();
        let former = self.waits_for().lock().replace(what);
        drop(former);
        // Where there are too many that block, one more keeps its thread from others.
        let blocked = self.thread_blocks().is_ok();
        Waiting {
            runtime: self,
            phase: self.block(),
            blocked,
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.runtime.unblock(self.phase);
        if self.blocked {
            self.runtime.thread_goes_on();
        }
        let what = self.runtime.waits_for().lock().take();
        // Frees memory perhaps, so after unlocking.
        drop(what);
    }
}
