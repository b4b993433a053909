// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The events of services: what a service waits for that is told when it has nothing to do.

use kernel::{
    prelude::*,
    sync::atomic::{Acquire, Atomic, Full, Relaxed, Release},
};

use super::Service;

/// The most services of a system that have an event.
pub(crate) const MAX_EVENTS: u32 = 64;

/// The event of a service.
pub(super) struct Event {
    /// Whether the service has one. Only its own code changes this, and the code that closes it.
    exists: Atomic<bool>,
    /// Whether it has happened since the service last waited for it.
    happened: Atomic<bool>,
}

impl Event {
    pub(super) fn new() -> Self {
        Self {
            exists: Atomic::new(false),
            happened: Atomic::new(false),
        }
    }
}

impl Service {
    /// Gives the service an event. Fails with `EEXIST` if it has one, or with `ENOSPC` if too many
    /// services of the system have one.
    pub(crate) fn make_event(&self) -> Result {
        if self.has_event() {
            return Err(EEXIST);
        }
        let events = self.system.events();
        if events.fetch_add(1, Relaxed) >= MAX_EVENTS {
            events.fetch_sub(1, Relaxed);
            return Err(ENOSPC);
        }
        self.event.exists.store(true, Release);
        Ok(())
    }

    /// Whether the service has an event.
    pub(crate) fn has_event(&self) -> bool {
        self.event.exists.load(Acquire)
    }

    /// Takes the event back, if it has happened. Returns false if there is none.
    pub(crate) fn reset_event(&self) -> bool {
        self.event.happened.store(false, Relaxed);
        self.has_event()
    }

    /// Lets the event happen. Returns false if there is none.
    pub(crate) fn touch(&self) -> bool {
        let exists = self.has_event();
        if exists {
            self.event.happened.store(true, Release);
            self.runtime.wake();
        }
        exists
    }

    /// Whether the event has happened, which is noted no longer, or the service has a message. If not,
    /// its code is woken then. For its own code.
    pub(crate) fn take_event(&self) -> Result<bool> {
        Ok(self.event.happened.xchg(false, Full) || self.queue.is_ready(&self.runtime)?)
    }

    /// The service has ended.
    pub(super) fn end_event(&self) {
        if self.event.exists.xchg(false, Full) {
            self.system.events().fetch_sub(1, Relaxed);
        }
    }
}
