// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What the calls of a hook add up to.

use core::{array, ffi::CStr};
use kernel::sync::atomic::{Atomic, Relaxed};

/// Why the function of a hook was not called, so that the default applied.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Missed {
    /// The runtime was about to stop.
    Closed,
    /// The CPU executed the runtime already: its code has caused the call.
    Busy,
    /// Another CPU executed it for as long as one waits.
    Contended,
    /// The context was one in which no hook of this class runs.
    Context,
    /// Too many hooks were nested, or the stack was too low.
    Depth,
}

/// How many reasons there are.
const REASONS: usize = 5;

/// Of so many calls, the time of one is taken.
const SAMPLE: u64 = 64;

/// How many calls were not made, for each reason.
#[derive(Clone, Copy, Default)]
pub(crate) struct MissedCalls([u64; REASONS]);

impl MissedCalls {
    /// Those that were not made for this reason.
    pub(crate) fn of(&self, why: Missed) -> u64 {
        self.0.get(why as usize).copied().unwrap_or(0)
    }

    /// All of them.
    pub(crate) fn sum(&self) -> u64 {
        self.0
            .iter()
            .fold(0, |sum, missed| sum.saturating_add(*missed))
    }
}

/// Counts calls. Only the CPU that executes the runtime counts calls that were made; any CPU counts those
/// that were not.
pub(crate) struct Tally {
    runs: Atomic<u64>,
    failures: Atomic<u64>,
    overruns: Atomic<u64>,
    /// Calls whose time was taken, and their nanoseconds. A clock costs as much as a short call.
    timed: Atomic<u64>,
    ns: Atomic<u64>,
    longest: Atomic<u64>,
    missed: [Atomic<u64>; REASONS],
}

/// What a [`Tally`] has counted.
#[derive(Clone, Copy, Default)]
pub(crate) struct Figures {
    /// Calls of the function.
    pub(crate) runs: u64,
    /// Those that have failed, over-runs included.
    pub(crate) failures: u64,
    /// Those that took too long.
    pub(crate) overruns: u64,
    /// Nanoseconds in all, estimated, and those of the longest call whose time was taken.
    pub(crate) ns: u64,
    pub(crate) longest: u64,
    /// Calls that were not made.
    pub(crate) missed: MissedCalls,
}

impl Figures {
    /// The figures with their names for Lua.
    pub(crate) fn named(&self) -> [(&'static CStr, u64); 6] {
        [
            (c"runs", self.runs),
            (c"failures", self.failures),
            (c"overruns", self.overruns),
            (c"missed", self.missed.sum()),
            (c"ns", self.ns),
            (c"longest", self.longest),
        ]
    }
}

impl Tally {
    pub(super) const fn new() -> Self {
        Self {
            runs: Atomic::new(0),
            failures: Atomic::new(0),
            overruns: Atomic::new(0),
            timed: Atomic::new(0),
            ns: Atomic::new(0),
            longest: Atomic::new(0),
            missed: [const { Atomic::new(0) }; REASONS],
        }
    }

    /// Whether the time of the next call is to be taken: that of the first one, and of some of the others.
    #[inline]
    pub(super) fn takes_time(&self) -> bool {
        self.runs.load(Relaxed) % SAMPLE == 0
    }

    /// Counts a call, which took `ns` nanoseconds if its time was taken. For the CPU that executes the
    /// runtime.
    #[inline]
    pub(super) fn count(&self, ns: Option<u64>, failed: bool, over: bool) {
        // Nobody else stores, so these need no atomic addition.
        let add = |figure: &Atomic<u64>, more: u64| {
            figure.store(figure.load(Relaxed).wrapping_add(more), Relaxed);
        };
        add(&self.runs, 1);
        if let Some(ns) = ns {
            add(&self.timed, 1);
            add(&self.ns, ns);
            if ns > self.longest.load(Relaxed) {
                self.longest.store(ns, Relaxed);
            }
        }
        if failed {
            add(&self.failures, 1);
        }
        if over {
            add(&self.overruns, 1);
        }
    }

    /// Counts a call that was not made. In any context.
    #[cold]
    pub(super) fn miss(&self, why: Missed) {
        if let Some(missed) = self.missed.get(why as usize) {
            missed.fetch_add(1, Relaxed);
        }
    }

    /// What was counted. In any context.
    pub(crate) fn figures(&self) -> Figures {
        let runs = self.runs.load(Relaxed);
        let mean = self.ns.load(Relaxed).checked_div(self.timed.load(Relaxed));
        Figures {
            runs,
            failures: self.failures.load(Relaxed),
            overruns: self.overruns.load(Relaxed),
            ns: mean.unwrap_or(0).saturating_mul(runs),
            longest: self.longest.load(Relaxed),
            missed: MissedCalls(array::from_fn(|why| {
                self.missed
                    .get(why)
                    .map_or(0, |missed| missed.load(Relaxed))
            })),
        }
    }
}

/// Counts the messages that the hooks of a runtime have sent, and the lines of output that were lost.
pub(crate) struct Sends {
    sent: Atomic<u64>,
    lost: Atomic<u64>,
    undelivered: Atomic<u64>,
    lost_lines: Atomic<u64>,
}

/// What [`Sends`] has counted.
#[derive(Clone, Copy, Default)]
pub(crate) struct SendFigures {
    /// Messages for which there was room in the outbox.
    pub(crate) sent: u64,
    /// Those for which there was none.
    pub(crate) lost: u64,
    /// Those of the messages sent whose receivers were gone, or for which there was no memory.
    pub(crate) undelivered: u64,
    /// Lines of output for which there was no room.
    pub(crate) lost_lines: u64,
}

impl SendFigures {
    /// What there was no room for: messages and lines.
    pub(crate) fn lost_in_all(&self) -> u64 {
        self.lost.saturating_add(self.lost_lines)
    }
}

impl Sends {
    pub(super) const fn new() -> Self {
        Self {
            sent: Atomic::new(0),
            lost: Atomic::new(0),
            undelivered: Atomic::new(0),
            lost_lines: Atomic::new(0),
        }
    }

    /// Counts a message. For the CPU that executes the runtime.
    #[inline]
    pub(super) fn count(&self, is_sent: bool) {
        let figure = if is_sent { &self.sent } else { &self.lost };
        // Nobody else stores.
        figure.store(figure.load(Relaxed).wrapping_add(1), Relaxed);
    }

    /// Counts a message that the attendant has given to its destination, unless somebody receives it.
    pub(super) fn note_delivered(&self, is_received: bool) {
        if !is_received {
            self.undelivered.fetch_add(1, Relaxed);
        }
    }

    /// Counts lines of output that were lost.
    pub(super) fn note_lost_lines(&self, count: usize) {
        // CAST: No platform has more than 64 bits.
        self.lost_lines.fetch_add(count as u64, Relaxed);
    }

    /// What was counted. In any context.
    pub(crate) fn figures(&self) -> SendFigures {
        SendFigures {
            sent: self.sent.load(Relaxed),
            lost: self.lost.load(Relaxed),
            undelivered: self.undelivered.load(Relaxed),
            lost_lines: self.lost_lines.load(Relaxed),
        }
    }
}
