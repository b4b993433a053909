// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What the code of a runtime waits for, in words for lists.

use kernel::sync::atomic::{Atomic, Relaxed};

use super::instance::{Phase, Runtime};

/// A set of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WaitsFor(u32);

impl WaitsFor {
    /// No event that has a word.
    pub(crate) const NOTHING: Self = Self(0);
    /// A message.
    pub(crate) const MESSAGE: Self = Self(1);
    /// That somebody takes a message that it has sent.
    pub(crate) const RECEIVER: Self = Self(2);
    /// The end of a time.
    pub(crate) const TIMER: Self = Self(4);

    /// The words, by the bits of the set.
    const TEXTS: [&'static str; 8] = [
        "",
        "message",
        "receiver",
        "message, receiver",
        "timer",
        "message, timer",
        "receiver, timer",
        "message, receiver, timer",
    ];

    /// Those of this set, and of `other` if `condition` holds.
    pub(crate) const fn and_if(self, condition: bool, other: Self) -> Self {
        match condition {
            true => Self(self.0 | other.0),
            false => self,
        }
    }

    /// The words that users see, separated by commas; empty for the empty set.
    pub(crate) fn text(self) -> &'static str {
        Self::TEXTS.get(self.0 as usize).unwrap_or(&"")
    }
}

/// The events that one runtime waits for. They order no other memory access.
pub(super) struct Waiting(Atomic<u32>);

impl Waiting {
    pub(super) fn new() -> Self {
        Self(Atomic::new(WaitsFor::NOTHING.0))
    }
}

impl Runtime {
    /// Stores what its code waits for whenever it waits, until the next call. For the thread that
    /// executes it.
    pub(crate) fn set_waits_for(&self, events: WaitsFor) {
        self.waiting().0.store(events.0, Relaxed);
    }

    /// What its code waits for now: nothing, if it does not wait. In any context.
    pub(crate) fn waits_for(&self) -> WaitsFor {
        match self.phase() {
            Phase::Blocked => WaitsFor(self.waiting().0.load(Relaxed)),
            _ => WaitsFor::NOTHING,
        }
    }
}
