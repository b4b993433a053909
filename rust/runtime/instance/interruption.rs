// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The interrupts of a runtime's Lua code: how far they go, and how long they take.
//!
//! There are two degrees. The first ends all code but closing methods and finalizers, which get a
//! grace to tidy up. The second, after the grace, ends those, too. The grace is CPU time, because
//! code that tidies up may have to wait for a CPU while many threads run. Time asleep has a longer
//! limit.

use kernel::{
    sync::atomic::{Acquire, Atomic, Full, Relaxed, Release},
    time::{Instant, Monotonic}, //
};

use super::super::vm::{Exposed, Interrupt};

/// Nanoseconds in a millisecond.
const MS: u64 = 1_000_000;

const NONE: u32 = 0;
const TIDY: u32 = 1;
const ALL: u32 = 2;

/// The time from one check to the next, in nanoseconds. No check counts more.
const PERIOD: u64 = 10 * MS;

/// How long the code may sleep, as a multiple of the grace.
const LONGEST_SLEEP: u64 = 10;

/// What is known about the interrupts of one runtime.
pub(super) struct Interruption {
    degree: Atomic<u32>,
    started: Instant<Monotonic>,
    /// When the present degree was reached, in nanoseconds after `started`.
    since: Atomic<u64>,
    /// The CPU time that the code has used since, and the time that it has slept, in nanoseconds.
    used: Atomic<u64>,
    slept: Atomic<u64>,
    /// The total of CPU time at the last check.
    last_total: Atomic<u64>,
    /// Whether there was a check since then. The figures of the first check began before the degree
    /// was reached.
    looked: Atomic<bool>,
    /// How long the first degree lasts, in nanoseconds.
    grace: Atomic<u64>,
    /// Whether the thread that executes the code has yet to be boosted for the present degree.
    urgent: Atomic<bool>,
    /// How long after the last interrupt the Lua program had ended, in nanoseconds; 0 without an
    /// interrupt.
    latency: Atomic<u64>,
}

impl Interruption {
    pub(super) fn new() -> Self {
        Self {
            degree: Atomic::new(NONE),
            started: Instant::now(),
            since: Atomic::new(0),
            used: Atomic::new(0),
            slept: Atomic::new(0),
            last_total: Atomic::new(0),
            looked: Atomic::new(false),
            grace: Atomic::new(0),
            urgent: Atomic::new(false),
            latency: Atomic::new(0),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(0)
    }

    /// Ends the Lua code of `vm`: at once, or after `grace_ms` if it is tidying up. In any context.
    ///
    /// To be called again and again until it has worked: an interrupt that comes while Lua enters a
    /// script's hook is lost.
    pub(super) fn raise(&self, vm: &Exposed, grace_ms: u32) {
        let wanted = if grace_ms == 0 { ALL } else { TIDY };
        let mut degree = self.degree.load(Relaxed);
        while degree < wanted {
            self.grace
                .store(u64::from(grace_ms).saturating_mul(MS), Relaxed);
            self.used.store(0, Relaxed);
            self.slept.store(0, Relaxed);
            self.looked.store(false, Relaxed);
            self.since.store(self.now(), Release);
            if degree == NONE {
                self.latency.store(0, Relaxed);
            }
            match self.degree.cmpxchg(degree, wanted, Full) {
                Ok(_) => {
                    degree = wanted;
                    self.urgent.store(true, Release);
                }
                Err(other) => degree = other,
            }
        }
        vm.interrupt(match degree {
            ALL => Interrupt::All,
            _ => Interrupt::Code,
        });
    }

    /// Ends the Lua code of `vm` because a limit of CPU time was exceeded. In any context.
    pub(super) fn raise_over_limit(&self, vm: &Exposed, grace_ms: u32) {
        if self.degree.load(Relaxed) == NONE {
            vm.interrupt(Interrupt::OverLimit);
        }
        self.raise(vm, grace_ms);
    }

    /// Whether Lua code is being ended.
    pub(super) fn is_raised(&self) -> bool {
        self.degree.load(Acquire) != NONE
    }

    /// Whether the thread that executes the code has yet to be boosted.
    pub(super) fn is_urgent(&self) -> bool {
        self.urgent.load(Acquire)
    }

    /// The thread that executes the code is boosted.
    pub(super) fn note_boosted(&self) {
        self.urgent.store(false, Relaxed);
    }

    /// Time has passed: ends code that still tidies up when its grace is over. `used` and `slept`
    /// are the CPU time and the sleep of the thread that entered the runtime, in nanoseconds since
    /// the last check; each counts [`PERIOD`] at most. In any context.
    pub(super) fn look(&self, vm: &Exposed, used: u64, slept: u64) {
        if self.degree.load(Acquire) != TIDY {
            return;
        }
        let runtime = vm.runtime();
        let meter = runtime.meter();
        let total = meter.total();
        let counted = total.saturating_sub(self.last_total.load(Relaxed));
        self.last_total.store(total, Relaxed);
        if !self.looked.xchg(true, Relaxed) {
            return;
        }
        // Another thread may execute the code, on another stack segment. While the runtime is torn
        // down, its meter charges the time to no one.
        let counted = counted.min(PERIOD);
        let (used, slept) = match meter.is_running() {
            Some(true) => (counted, 0),
            Some(false) => (counted, used.saturating_add(slept).saturating_sub(counted)),
            None => (used, slept),
        };
        let used = self.used.load(Relaxed).saturating_add(used);
        let slept = self.slept.load(Relaxed).saturating_add(slept);
        self.used.store(used, Relaxed);
        self.slept.store(slept, Relaxed);
        let grace = self.grace.load(Relaxed);
        if used >= grace || slept >= grace.saturating_mul(LONGEST_SLEEP) {
            self.raise(vm, 0);
        }
    }

    /// The Lua program has ended. A thread that enters later to tear the runtime down does not
    /// count.
    pub(super) fn note_end(&self) {
        if self.is_raised() {
            let latency = self.now().saturating_sub(self.since.load(Acquire));
            let _ = self.latency.cmpxchg(0, latency.max(1), Relaxed);
        }
    }

    /// How long the last interrupt took, in nanoseconds, without the grace.
    pub(super) fn latency(&self) -> u64 {
        self.latency.load(Relaxed)
    }

    /// Takes the interrupt back.
    pub(super) fn clear(&self, vm: &Exposed) {
        self.degree.store(NONE, Release);
        self.urgent.store(false, Relaxed);
        vm.clear_interrupt();
    }
}
