// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The CPU time of a runtime, and its limits.
//!
//! Only time that a thread really ran for the runtime counts: a sleeping thread uses none. The
//! kernel updates its figures at ticks and context switches. They do not cover a call that begins
//! and ends between two updates, so such a call is charged by the clock.

use core::cell::Cell;
use kernel::{
    sync::atomic::{Acquire, Atomic, Relaxed, Release},
    task::Task, //
};

use crate::linux::{
    clock,
    task::{self, switches, TaskSlot}, //
};

/// Nanoseconds in a millisecond.
const MS: u64 = 1_000_000;

/// Limits of CPU time, in milliseconds; 0 means no limit.
#[derive(Clone, Copy, Default)]
pub(crate) struct Budget {
    /// In total.
    pub(crate) cpu_ms: u64,
    /// The limit for one stretch: one callback, one resume, the loading of a script; for a thread,
    /// the time from one wait to the next.
    pub(crate) slice_ms: u64,
}

impl Budget {
    /// The limits of a runtime that code under `self` starts and wants to give `wanted`. They are
    /// never wider than those of its maker.
    pub(crate) fn narrowed(self, wanted: Self) -> Self {
        let least = |one: u64, other: u64| match (one, other) {
            (0, limit) | (limit, 0) => limit,
            (one, other) => one.min(other),
        };
        Self {
            cpu_ms: least(self.cpu_ms, wanted.cpu_ms),
            slice_ms: least(self.slice_ms, wanted.slice_ms),
        }
    }
}

/// Which limit was exceeded.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(u32)]
pub(crate) enum Exceeded {
    /// None.
    Nothing,
    /// The limit of a stretch. It counts for the present call alone.
    Slice,
    /// That of all the runtime does.
    Total,
}

/// The CPU time that the calling thread had used when it began to wait for another one, or the
/// clock at that moment.
pub(crate) struct Paused(u64);

/// Counts the CPU time of one runtime.
pub(crate) struct Meter {
    budget: Budget,
    /// When `task` began to execute the runtime, in nanoseconds; 0 if it has not begun yet.
    began: Atomic<u64>,
    /// How often `task` had left its CPU at that time.
    switches: Atomic<u64>,
    /// The thread that executes the runtime, or is about to.
    task: TaskSlot,
    /// The CPU time that `task` had used when it began, by the kernel's figures.
    base: Atomic<u64>,
    /// Whether that was up to date.
    exact: Atomic<bool>,
    settled: Atomic<u64>,
    /// The total when the present stretch began.
    stretch: Atomic<u64>,
    /// Whether a wait begins a new stretch.
    waits_count: Atomic<bool>,
    exceeded: Atomic<u32>,
}

fn now() -> u64 {
    clock::monotonic_in_nmi()
}

/// The CPU time of a thread that executes many runtimes, each for less time than the kernel's
/// figures resolve: the time that the thread has used and that no runtime was charged for yet.
///
/// A slice is charged at most the time that has passed, and at most the time that is left here. So
/// in the long run each runtime pays for its own use, no matter which one runs when the kernel
/// updates its figures.
pub(crate) struct Account {
    last: Cell<u64>,
    left: Cell<u64>,
}

/// The most time that stays uncharged, in nanoseconds. Time beyond that was not used by runtimes.
const MOST_LEFT: u64 = 20 * MS;

impl Account {
    pub(crate) fn new() -> Self {
        Self {
            last: Cell::new(0),
            left: Cell::new(0),
        }
    }

    /// The calling thread uses this account from now on.
    pub(crate) fn begin(&self) {
        self.last.set(task::own_cpu_ns());
    }

    fn charge(&self, passed: u64) -> u64 {
        let used = task::own_cpu_ns();
        let left = self
            .left
            .get()
            .saturating_add(used.saturating_sub(self.last.replace(used)));
        let charge = passed.min(left);
        self.left.set(left.saturating_sub(charge).min(MOST_LEFT));
        charge
    }
}

impl Meter {
    /// A meter at zero.
    pub(crate) fn new(budget: Budget) -> Self {
        Self {
            budget,
            began: Atomic::new(0),
            switches: Atomic::new(0),
            task: TaskSlot::empty(),
            base: Atomic::new(0),
            exact: Atomic::new(false),
            settled: Atomic::new(0),
            stretch: Atomic::new(0),
            waits_count: Atomic::new(false),
            exceeded: Atomic::new(Exceeded::Nothing as u32),
        }
    }

    /// The limits.
    pub(crate) fn budget(&self) -> Budget {
        self.budget
    }

    /// From now on the calling thread executes the runtime.
    pub(crate) fn start(&self) {
        // A reader on another CPU sees from this that the task is changing.
        self.task.clear();
        self.began.store(now(), Relaxed);
        self.switches.store(switches(), Relaxed);
        self.base.store(task::own_cpu_ns(), Release);
        self.exact.store(false, Relaxed);
        // SAFETY: A thread that executes the runtime stops the meter when it leaves: `Entered` when
        // it is dropped, the pool at the end of each slice, and calls on other stacks when they
        // return.
        unsafe { self.task.set_current() };
    }

    /// The calling thread executes the runtime no longer; `task` will go on with it.
    ///
    /// # Safety
    ///
    /// `task` must wait for the calling thread, and then call [`start`](Self::start).
    pub(crate) unsafe fn hand_over(&self, task: &Task) {
        self.stop();
        self.began.store(0, Relaxed);
        self.base.store(task::cpu_ns(task), Release);
        // SAFETY: The caller promises that it calls `start()` next, which sets the place again.
        unsafe { self.task.set(task) };
    }

    /// Whether it counts the time of a thread. For the thread that executes the runtime, or makes it.
    pub(crate) fn counts(&self) -> bool {
        self.task.is_set()
    }

    /// The nanoseconds since the calling thread began.
    fn passed(&self) -> u64 {
        now().saturating_sub(self.began.load(Relaxed))
    }

    /// The calling thread executes the runtime no longer. May sleep.
    pub(crate) fn stop(&self) {
        self.settle(self.used(true));
    }

    /// The CPU time that the calling thread has used since it began.
    fn used(&self, exact: bool) -> u64 {
        let passed = self.passed();
        // The thread has not left its CPU, so it has used all the time that has passed. Otherwise
        // the kernel knows how much, once its figures are up to date.
        if exact && switches() == self.switches.load(Relaxed) {
            return passed;
        }
        task::update_cpu_time();
        task::own_cpu_ns()
            .saturating_sub(self.base.load(Relaxed))
            .min(passed)
    }

    /// As [`stop`](Self::stop), for a thread that then waits until another one has executed the
    /// runtime for it. The result is for [`resume`](Self::resume).
    pub(crate) fn pause(&self) -> Paused {
        let used = self.used(self.exact.load(Relaxed));
        let base = self.base.load(Relaxed);
        self.settle(used);
        Paused(base.saturating_add(used))
    }

    /// As [`start`](Self::start), after [`pause`](Self::pause). The runtime pays for the wait, too:
    /// otherwise a script could spend most of its time in such waits for free.
    pub(crate) fn resume(&self, paused: Paused) {
        self.settle(task::own_cpu_ns().saturating_sub(paused.0));
        self.start();
        // It has just been given its CPU.
        self.exact.store(true, Relaxed);
    }

    /// As [`pause`](Self::pause), after which [`resume_slice`](Self::resume_slice) follows.
    pub(crate) fn pause_slice(&self, account: &Account) -> Paused {
        self.stop_slice(account);
        Paused(now())
    }

    /// As [`resume`](Self::resume), for a thread that executes many runtimes.
    pub(crate) fn resume_slice(&self, paused: Paused, account: &Account) {
        self.settle(account.charge(now().saturating_sub(paused.0)));
        self.start();
    }

    /// As [`stop`](Self::stop), for a thread that executes many runtimes, each for a moment.
    pub(crate) fn stop_slice(&self, account: &Account) {
        self.settle(account.charge(self.passed()));
    }

    fn settle(&self, used: u64) {
        // In this order, so that a reader never sees too much.
        self.task.clear();
        self.settled
            .store(self.settled.load(Relaxed).saturating_add(used), Release);
    }

    /// Begins a stretch; `waits_count` says whether each wait begins another one.
    pub(crate) fn begin_stretch(&self, waits_count: bool) {
        self.waits_count.store(waits_count, Relaxed);
        self.stretch.store(self.total(), Relaxed);
    }

    /// The runtime waits.
    pub(crate) fn wait(&self) {
        if self.budget.slice_ms != 0 && self.waits_count.load(Relaxed) {
            self.stretch.store(self.total(), Relaxed);
        }
    }

    /// Nanoseconds used in all. In any context.
    pub(crate) fn total(&self) -> u64 {
        let settled = self.settled.load(Acquire);
        let current = self.task.with(|task| {
            let base = self.base.load(Acquire);
            if !self.task.has(task) {
                return 0;
            }
            let used = task::cpu_ns(task).saturating_sub(base);
            match self.began.load(Relaxed) {
                0 => used,
                // The base may be as old as the kernel's last update for the thread.
                began => used.min(now().saturating_sub(began)),
            }
        });
        settled.saturating_add(current.unwrap_or(0))
    }

    /// The thread that executes the runtime, or is about to.
    pub(crate) fn thread(&self) -> &TaskSlot {
        &self.task
    }

    /// Whether the thread that executes the runtime runs or waits for a CPU, rather than sleeps.
    /// `None` if no thread executes it. In any context.
    pub(crate) fn is_running(&self) -> Option<bool> {
        self.task.with(task::is_running)
    }

    /// Whether a CPU executes the thread just now. `None` if no thread executes the runtime. In any
    /// context.
    pub(crate) fn is_on_cpu(&self) -> Option<bool> {
        self.task.with(task::is_on_cpu)
    }

    /// Whether a limit has just been exceeded. Reports each excess once. In any context.
    pub(crate) fn check(&self) -> bool {
        if (self.budget.cpu_ms | self.budget.slice_ms) == 0 || self.exceeded() != Exceeded::Nothing
        {
            return false;
        }
        let total = self.total();
        let over = |limit: u64, used: u64| limit != 0 && used > limit.saturating_mul(MS);
        let exceeded = if over(self.budget.cpu_ms, total) {
            Exceeded::Total
        } else if over(
            self.budget.slice_ms,
            total.saturating_sub(self.stretch.load(Relaxed)),
        ) {
            Exceeded::Slice
        } else {
            return false;
        };
        self.exceeded.store(exceeded as u32, Relaxed);
        true
    }

    /// Which limit was exceeded in the present call.
    pub(crate) fn exceeded(&self) -> Exceeded {
        match self.exceeded.load(Relaxed) {
            0 => Exceeded::Nothing,
            1 => Exceeded::Slice,
            _ => Exceeded::Total,
        }
    }

    /// The call is over. Returns the limit that has ended it.
    pub(crate) fn take_exceeded(&self) -> Exceeded {
        let exceeded = self.exceeded();
        self.exceeded.store(Exceeded::Nothing as u32, Relaxed);
        exceeded
    }
}
