// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The interrupts of a runtime's Lua code: how far they go, and how long they take.
//!
//! There are two degrees. The first ends all code but closing methods and finalizers, which get
//! a grace to tidy up in; the second, after that, ends those, too. The grace is CPU time, for
//! what tidies up may have to wait for a CPU while many run; up to a limit, for it may never run.

use kernel::{
    sync::atomic::{Acquire, Atomic, Full, Relaxed, Release},
    time::{Instant, Monotonic}, //
};

use super::super::vm::{Interrupt, Vm};

/// Nanoseconds in a millisecond.
const MS: u64 = 1_000_000;

const NONE: u32 = 0;
const TIDY: u32 = 1;
const ALL: u32 = 2;

/// How many times as long as the grace may take that the code has not run in.
const LONGEST_GRACE: u64 = 10;

/// What is known about the interrupts of one runtime.
pub(super) struct Interruption {
    degree: Atomic<u32>,
    started: Instant<Monotonic>,
    /// When the present degree was reached, in nanoseconds after `started`.
    since: Atomic<u64>,
    /// The CPU time that the code has used since, in nanoseconds; and what that was counted from:
    /// the total of CPU time and the time since `since` at the last look.
    spent: Atomic<u64>,
    last_total: Atomic<u64>,
    last_passed: Atomic<u64>,
    /// How long the first degree lasts, in nanoseconds.
    grace: Atomic<u64>,
    /// How long the last one took until the Lua program had ended, in nanoseconds; 0 without one.
    latency: Atomic<u64>,
}

impl Interruption {
    pub(super) fn new() -> Self {
        Self {
            degree: Atomic::new(NONE),
            started: Instant::now(),
            since: Atomic::new(0),
            spent: Atomic::new(0),
            last_total: Atomic::new(0),
            last_passed: Atomic::new(0),
            grace: Atomic::new(0),
            latency: Atomic::new(0),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(0)
    }

    /// Ends the Lua code of `vm`, now or if it is tidying up after `grace_ms`. In any context.
    ///
    /// To be sent again and again until it has worked: one that comes while Lua enters a script's
    /// hook is lost.
    pub(super) fn raise(&self, vm: &Vm, grace_ms: u32) {
        let wanted = if grace_ms == 0 { ALL } else { TIDY };
        let mut degree = self.degree.load(Relaxed);
        while degree < wanted {
            self.grace
                .store(u64::from(grace_ms).saturating_mul(MS), Relaxed);
            self.spent.store(0, Relaxed);
            self.last_total.store(vm.runtime().meter().total(), Relaxed);
            self.last_passed.store(0, Relaxed);
            self.since.store(self.now(), Release);
            if degree == NONE {
                self.latency.store(0, Relaxed);
            }
            match self.degree.cmpxchg(degree, wanted, Full) {
                Ok(_) => degree = wanted,
                Err(other) => degree = other,
            }
        }
        vm.interrupt(match degree {
            ALL => Interrupt::All,
            _ => Interrupt::Code,
        });
    }

    /// Ends the Lua code of `vm` because a limit of CPU time was exceeded. In any context.
    pub(super) fn raise_over_limit(&self, vm: &Vm, grace_ms: u32) {
        if self.degree.load(Relaxed) == NONE {
            vm.interrupt(Interrupt::OverLimit);
        }
        self.raise(vm, grace_ms);
    }

    /// Whether Lua code is being ended.
    pub(super) fn is_raised(&self) -> bool {
        self.degree.load(Acquire) != NONE
    }

    /// Time has passed: code that still tidies up may be ended. In any context.
    pub(super) fn look(&self, vm: &Vm) {
        if self.degree.load(Acquire) != TIDY {
            return;
        }
        let passed = self.now().saturating_sub(self.since.load(Acquire));
        // The kernel may bring the CPU time up to date late. No more of it can have been used than
        // time has passed.
        let total = vm.runtime().meter().total();
        let used = total.saturating_sub(self.last_total.load(Relaxed));
        let used = used.min(passed.saturating_sub(self.last_passed.load(Relaxed)));
        let spent = self.spent.load(Relaxed).saturating_add(used);
        self.last_total.store(total, Relaxed);
        self.last_passed.store(passed, Relaxed);
        self.spent.store(spent, Relaxed);
        let grace = self.grace.load(Relaxed);
        if spent >= grace || passed >= grace.saturating_mul(LONGEST_GRACE) {
            self.raise(vm, 0);
        }
    }

    /// The Lua program has ended. What comes in later, to tear down, does not count.
    pub(super) fn note_end(&self) {
        if self.is_raised() {
            let latency = self.now().saturating_sub(self.since.load(Acquire));
            let _ = self.latency.cmpxchg(0, latency.max(1), Relaxed);
        }
    }

    /// How long the last interrupt took, in nanoseconds, the grace not counted.
    pub(super) fn latency(&self) -> u64 {
        self.latency.load(Relaxed)
    }

    /// Takes the interrupt back.
    pub(super) fn clear(&self, vm: &Vm) {
        self.degree.store(NONE, Release);
        vm.clear_interrupt();
    }
}
