// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Decides when failing calls have cost so much that there must be no more of them.
//!
//! The host tests in `tools/runtime-tests` compile this same file.

use kernel::sync::atomic::{Atomic, Relaxed};

/// Nanoseconds in a millisecond.
const MS: u64 = 1_000_000;

/// The time that one count lasts.
const WINDOW: u64 = 10_000 * MS;

/// The over-runs in that time that are too many.
const MOST_OVERRUNS: u64 = 16;

/// The time of failing calls that is too much.
const MOST_TIME: u64 = 32 * MS;

/// What one slice counts.
const SLICE: u64 = MS;

/// What a call counts at most that was not ended. What it takes beyond that, interrupts have taken, or the host of a
/// virtual machine that runs others. So a few such calls do not disable a function.
const MOST_OF_CALL: u64 = 2 * SLICE;

/// The failures in a row that are too many, if they span that time at least. Without the span, hooks that
/// are called before their script is handed its tables would be disabled.
const MOST_FAILURES: u64 = 1000;
const SPAN: u64 = 1000 * MS;

/// Why there are to be no more calls.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(u32)]
pub(crate) enum Reason {
    /// Too many calls took too long.
    Overruns = 1,
    /// Failing calls took too much time.
    Time = 2,
    /// Every call has failed for some time.
    Failures = 3,
}

impl Reason {
    /// The reason with this number.
    pub(crate) fn from_raw(raw: u32) -> Option<Self> {
        match raw {
            1 => Some(Self::Overruns),
            2 => Some(Self::Time),
            3 => Some(Self::Failures),
            _ => None,
        }
    }

    /// It in words.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Overruns => "16 over-runs in 10 s",
            Self::Time => "failing calls took 32 times hook_slice_ms within 10 s",
            Self::Failures => "1000 failures in a row",
        }
    }
}

/// What failing calls have cost. Only the CPU that executes the runtime uses it.
pub(super) struct Trouble {
    /// When the present window began, and what it has seen.
    since: Atomic<u64>,
    overruns: Atomic<u64>,
    spent: Atomic<u64>,
    /// Failures in a row, and when the first one was.
    row: Atomic<u64>,
    row_since: Atomic<u64>,
}

impl Trouble {
    pub(super) const fn new() -> Self {
        Self {
            since: Atomic::new(0),
            overruns: Atomic::new(0),
            spent: Atomic::new(0),
            row: Atomic::new(0),
            row_since: Atomic::new(0),
        }
    }

    /// Whether calls have failed lately. Then the time of each call is taken.
    #[inline]
    pub(super) fn is_near(&self) -> bool {
        self.since.load(Relaxed) != 0
    }

    /// A call has not failed. It ended at `now` if that was taken.
    #[inline]
    pub(super) fn note_success(&self, now: Option<u64>) {
        if self.row.load(Relaxed) != 0 {
            self.row.store(0, Relaxed);
        }
        if let Some(now) = now {
            let since = self.since.load(Relaxed);
            if since != 0 && now.saturating_sub(since) >= WINDOW {
                self.forget();
            }
        }
    }

    /// Whether the last call has failed, too.
    pub(super) fn is_in_row(&self) -> bool {
        self.row.load(Relaxed) != 0
    }

    /// A call of `ns` nanoseconds has failed at `now`. If it took too long, it had that number of slices, otherwise
    /// `slices` is 0. Returns the reason if there must be no more calls.
    #[cold]
    pub(super) fn note_failure(&self, now: u64, ns: u64, slices: u64) -> Option<Reason> {
        let add = |count: &Atomic<u64>, more: u64| {
            let sum = count.load(Relaxed).saturating_add(more);
            count.store(sum, Relaxed);
            sum
        };
        let since = self.since.load(Relaxed);
        // The clock may be near 0.
        if since == 0 || now.saturating_sub(since) >= WINDOW {
            self.since.store(now.max(1), Relaxed);
            self.overruns.store(0, Relaxed);
            self.spent.store(0, Relaxed);
        }
        if self.row.load(Relaxed) == 0 {
            self.row_since.store(now, Relaxed);
        }
        let row = add(&self.row, 1);
        let is_over = slices != 0;
        let overruns = add(&self.overruns, is_over.into());
        // A slice is as long as it is, whatever the host does, but a clock tells more.
        let cost = match is_over {
            true => slices.saturating_mul(SLICE),
            false => ns.min(MOST_OF_CALL),
        };
        let spent = add(&self.spent, cost);
        if overruns >= MOST_OVERRUNS {
            Some(Reason::Overruns)
        } else if spent >= MOST_TIME {
            Some(Reason::Time)
        } else if row >= MOST_FAILURES && now.saturating_sub(self.row_since.load(Relaxed)) >= SPAN {
            Some(Reason::Failures)
        } else {
            None
        }
    }

    /// Forgets everything: calls are made again.
    pub(super) fn forget(&self) {
        self.since.store(0, Relaxed);
        self.overruns.store(0, Relaxed);
        self.spent.store(0, Relaxed);
        self.row.store(0, Relaxed);
    }
}
