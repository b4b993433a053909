// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Profiles: which code of some runtimes runs, or what they wait for, as a timer finds them.
//!
//! A profile has a [`Target`] for each runtime. At each tick its timer, in a softirq, checks all of
//! them. If a runtime waits, the timer counts what it waits for. If its code runs, the timer makes
//! the code attend, as a stop does (`lua/port/attention.c`). The thread that executes the code then
//! writes down its calls itself (`lua/port/sample.c`), because nobody else can read them. So a
//! runtime that nobody profiles pays nothing.
//!
//! All memory of a profile is there before it begins. What does not fit is counted as lost.
//!
//! Lock order: the details of a runtime, or `Profile::targets`; then the targets of a runtime
//! (`instance/sampled.rs`); then `Profile::stacks`. Bottom halves are off in the last three, because
//! the timer takes them. `Profile::named` is a leaf.

use kernel::{
    new_condvar, new_mutex,
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        Arc,
        ArcBorrow,
        CondVar,
        Mutex, //
    },
    time::{
        hrtimer::{
            HrTimer,
            HrTimerCallback,
            HrTimerCallbackContext,
            HrTimerRestart,
            RelativeSoftMode, //
        },
        Delta,
        Monotonic, //
    },
};

pub(crate) use self::running::{running, Found, Running};

use self::{
    stacks::{Slot, Stacks},
    target::Target, //
};
use super::instance::Runtime;
use crate::{
    linux::{context::Context, spinlock_bh::SpinLockBh},
    new_spinlock_bh, //
};

mod running;
mod stacks;
pub(super) mod target;

/// The most runtimes that one profile samples at one time.
pub(crate) const MOST_TARGETS: usize = 256;

/// Nanoseconds in a second.
const SECOND: i64 = 1_000_000_000;

/// The slots of a table, of which three quarters can be in use.
const SLOTS: usize = 8192;

/// The bytes of all stacks of a profile.
const TEXT: usize = 768 << 10;

/// The table of a profile.
type Table = Stacks<KVVec<Slot>, KVVec<u8>>;

/// Why a runtime is not profiled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Refused {
    /// Its code runs in hooks.
    Hooks,
    /// It has ended.
    Gone,
    /// Too many profiles sample it.
    ProfiledOften,
    /// The profile has too many targets.
    TooMany,
    /// There is no memory.
    NoMemory,
}

impl From<kernel::alloc::AllocError> for Refused {
    fn from(_: kernel::alloc::AllocError) -> Self {
        Self::NoMemory
    }
}

/// Numbers about a profile.
#[derive(Clone, Copy, Default)]
pub(crate) struct Figures {
    /// Ticks of the timer: samples of each runtime.
    pub(crate) ticks: u64,
    /// Runtimes that were sampled.
    pub(crate) runtimes: u64,
    /// Samples at ticks that came too late, without room in the table, or whose code did not attend
    /// before the end.
    pub(crate) lost: u64,
    /// Samples in which outer calls are missing.
    pub(crate) cut: u64,
    /// Parts of the script that were not sampled.
    pub(crate) left_out: u64,
}

/// A profile.
#[pin_data]
pub(crate) struct Profile {
    /// Whether the workers, services and actors of a runtime are sampled with it.
    with_parts: bool,
    period: Delta,
    /// Taken at the end, after which none is listed.
    #[pin]
    targets: SpinLockBh<Option<KVec<Arc<Target>>>>,
    /// Taken at the end.
    #[pin]
    stacks: SpinLockBh<Option<Table>>,
    ticks: Atomic<u64>,
    runtimes: Atomic<u64>,
    lost: Atomic<u64>,
    cut: Atomic<u64>,
    left_out: Atomic<u64>,
    /// How many of the runtimes that the profile is about live.
    #[pin]
    named: Mutex<usize>,
    /// Notified when the wait for the end is to be checked.
    #[pin]
    changed: CondVar,
    #[pin]
    timer: HrTimer<Self>,
}

kernel::impl_has_hr_timer! {
    impl HasHrTimer<Self> for Profile {
        mode: RelativeSoftMode<Monotonic>, field: self.timer
    }
}

impl Profile {
    fn new(hz: u32, with_parts: bool) -> Result<Arc<Self>> {
        let slots = KVVec::from_elem(Slot::default(), SLOTS, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        let text = KVVec::from_elem(0, TEXT, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        let targets = KVec::with_capacity(MOST_TARGETS, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        let period = SECOND.checked_div(hz.into()).ok_or(EINVAL)?;
        Arc::pin_init(
            pin_init!(Self {
                with_parts,
                period: Delta::from_nanos(period),
                targets <- new_spinlock_bh!(Some(targets), "lunatik::Profile::targets"),
                stacks <- new_spinlock_bh!(Some(Stacks::new(slots, text)), "lunatik::Profile::stacks"),
                ticks: Atomic::new(0),
                runtimes: Atomic::new(0),
                lost: Atomic::new(0),
                cut: Atomic::new(0),
                left_out: Atomic::new(0),
                named <- new_mutex!(0, "lunatik::Profile::named"),
                changed <- new_condvar!("lunatik::Profile::changed"),
                timer <- HrTimer::new(),
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// Samples `runtime`, too. The profile ends when no runtime is left that `is_named`.
    fn add(self: &Arc<Self>, runtime: &Arc<Runtime>, is_named: bool) -> Result<(), Refused> {
        if runtime.context() != Context::Process {
            return Err(Refused::Hooks);
        }
        let target = Target::new(self, runtime, is_named)?;
        // In the list first: the runtime may end as soon as it knows the target.
        if !self.list(&target)? {
            return Ok(());
        }
        if is_named {
            let mut named = self.named.lock();
            *named = named.saturating_add(1);
        }
        let mut added = runtime.attach(&target);
        if !self.lists(&target) {
            // The runtime has ended, or the profile has, which may not have seen this.
            runtime.detach(&target);
            added = added.and(Err(Refused::Gone));
        }
        match added {
            Ok(()) => {
                self.runtimes.fetch_add(1, Relaxed);
            }
            Err(_) => self.forget(&target),
        }
        added
    }

    /// Lists a target. Returns false if the runtime has one already.
    fn list(&self, target: &Arc<Target>) -> Result<bool, Refused> {
        let mut targets = self.targets.lock();
        let Some(targets) = &mut *targets else {
            return Err(Refused::Gone);
        };
        let id = target.runtime().id();
        if targets.iter().any(|other| other.runtime().id() == id) {
            return Ok(false);
        }
        if targets.len() >= MOST_TARGETS {
            return Err(Refused::TooMany);
        }
        // The memory is there, so this allocates nothing.
        targets
            .push_within_capacity(target.clone())
            .map(|()| true)
            .map_err(|_| Refused::TooMany)
    }

    /// Whether a target is listed.
    fn lists(&self, target: &Arc<Target>) -> bool {
        let targets = self.targets.lock();
        let mut targets = targets.iter().flatten();
        targets.any(|other| Arc::ptr_eq(other, target))
    }

    /// Samples a part of a runtime that is sampled.
    fn add_part(self: &Arc<Self>, part: &Arc<Runtime>) {
        match self.add(part, false) {
            Ok(()) | Err(Refused::Gone) => (),
            Err(_) => {
                self.left_out.fetch_add(1, Relaxed);
            }
        }
    }

    /// A runtime that is sampled has made `part`.
    pub(super) fn add_new_part(self: &Arc<Self>, part: &Arc<Runtime>) {
        if self.with_parts {
            self.add_part(part);
        }
    }

    /// The runtime of a target has ended, or cannot be sampled. Sleeps.
    pub(super) fn forget(&self, target: &Arc<Target>) {
        let mut targets = self.targets.lock();
        let removed = match &mut *targets {
            Some(targets) => {
                let place = targets.iter().position(|other| Arc::ptr_eq(other, target));
                place.and_then(|place| targets.remove(place).ok())
            }
            None => None,
        };
        drop(targets);
        if removed.is_none() {
            return;
        }
        // This may free memory, so it comes after unlocking.
        drop(removed);
        self.lost.fetch_add(target.take_due(), Relaxed);
        if target.is_named() {
            let mut named = self.named.lock();
            *named = named.saturating_sub(1);
            drop(named);
            self.changed.notify_all();
        }
    }

    /// Counts a stack of a runtime `count` times. In any context but hard interrupts.
    fn count(&self, runtime: &[u8], calls: &[u8], count: u64) {
        let mut stacks = self.stacks.lock();
        let fits = match &mut *stacks {
            Some(stacks) => stacks.add(runtime, calls, count),
            None => true,
        };
        drop(stacks);
        if !fits {
            self.lost.fetch_add(count, Relaxed);
        }
    }

    /// `count` ticks have passed, all but one of them unnoticed. In a softirq.
    fn tick(&self, count: u64) {
        self.ticks.fetch_add(count, Relaxed);
        let mut targets: u64 = 0;
        for target in self.targets.lock().iter().flatten() {
            target.tick();
            targets = targets.saturating_add(1);
        }
        // They say nothing: what the runtimes did meanwhile is not what they do now.
        let missed = count.saturating_sub(1).saturating_mul(targets);
        self.lost.fetch_add(missed, Relaxed);
    }

    /// Makes [`Running::wait`] check whether it is over. Does nothing else.
    pub(crate) fn wake(&self) {
        // With the lock, so that a check that has just begun does not miss it.
        drop(self.named.lock());
        self.changed.notify_all();
    }
}

impl HrTimerCallback for Profile {
    type Pointer<'a> = Arc<Self>;

    fn run(
        this: ArcBorrow<'_, Self>,
        mut context: HrTimerCallbackContext<'_, Self>,
    ) -> HrTimerRestart {
        // More than one if the softirq was late.
        let ticks = context.forward_now(this.period);
        this.tick(ticks.max(1));
        HrTimerRestart::Restart
    }
}
