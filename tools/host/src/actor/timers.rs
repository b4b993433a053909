// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The timers of the actor.

use std::{collections::BTreeSet, time::Duration};

use nix::time::{clock_gettime, ClockId};

/// Nanoseconds of the monotonic clock, which is also the kernel's `linux.ktime()`.
pub(super) fn now() -> i64 {
    let time = clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(Duration::ZERO, Duration::from);
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}

/// The timers that were set and are not over.
#[derive(Default)]
pub(super) struct Timers {
    /// When each is due, and its number.
    set: BTreeSet<(i64, i64)>,
    last: i64,
}

impl Timers {
    /// Sets a timer that is due in `ns` nanoseconds. Returns when that will be, and its number.
    pub(super) fn set(&mut self, ns: i64) -> (i64, i64) {
        self.last += 1;
        let timer = (now().saturating_add(ns.max(0)), self.last);
        self.set.insert(timer);
        timer
    }

    /// Takes a timer back. Returns whether it was still set.
    pub(super) fn cancel(&mut self, at: i64, number: i64) -> bool {
        self.set.remove(&(at, number))
    }

    /// Whether one is due.
    pub(super) fn is_due(&self) -> bool {
        self.set.first().is_some_and(|&(at, _)| at <= now())
    }

    /// Takes the first one, and returns its number.
    pub(super) fn take(&mut self) -> Option<i64> {
        self.set.pop_first().map(|(_, number)| number)
    }

    /// How long the first timer is not due yet; `None` if none is set.
    pub(super) fn until_first(&self) -> Option<Duration> {
        let &(at, _) = self.set.first()?;
        let left = at.saturating_sub(now());
        Some(Duration::from_nanos(u64::try_from(left).unwrap_or(0)))
    }

    /// Whether none is set.
    pub(super) fn is_empty(&self) -> bool {
        self.set.is_empty()
    }
}
