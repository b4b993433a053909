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
        CondVarTimeoutResult,
        Mutex, //
    },
    time::{
        hrtimer::{
            ArcHrTimerHandle,
            HrTimer,
            HrTimerCallback,
            HrTimerCallbackContext,
            HrTimerPointer,
            HrTimerRestart,
            RelativeSoftMode, //
        },
        msecs_to_jiffies,
        Delta,
        Monotonic, //
    },
};

use self::{
    stacks::{Slot, Stacks},
    target::Target, //
};
use super::{instance::Runtime, live};
use crate::{
    linux::{context::Context, spinlock_bh::SpinLockBh},
    new_spinlock_bh, //
};

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

/// The profiles whose timers run.
static RUNNING: Atomic<u64> = Atomic::new(0);

/// How many profiles run now.
pub(crate) fn running() -> u64 {
    RUNNING.load(Relaxed)
}

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
    #[pin]
    targets: SpinLockBh<KVec<Arc<Target>>>,
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
                targets <- new_spinlock_bh!(targets, "lunatik::Profile::targets"),
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
        if is_named {
            let mut named = self.named.lock();
            *named = named.saturating_add(1);
        }
        // In the list first: the runtime may end as soon as it knows the target.
        let listed = self.list(&target);
        let added = match listed {
            Ok(true) => runtime.attach(&target),
            other => other.map(|_| ()),
        };
        if listed == Ok(true) && added.is_ok() {
            self.runtimes.fetch_add(1, Relaxed);
        } else {
            self.forget(&target);
        }
        added
    }

    /// Lists a target, unless its runtime has one already.
    fn list(&self, target: &Arc<Target>) -> Result<bool, Refused> {
        let mut targets = self.targets.lock();
        let id = target.runtime().id();
        if targets.iter().any(|other| other.runtime().id() == id) {
            return Ok(false);
        }
        // The memory is there, so this allocates nothing.
        match targets.len() < MOST_TARGETS {
            true => targets
                .push_within_capacity(target.clone())
                .map(|()| true)
                .map_err(|_| Refused::TooMany),
            false => Err(Refused::TooMany),
        }
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

    /// The runtime of a target has ended, or is not sampled any more. Sleeps.
    pub(super) fn forget(&self, target: &Arc<Target>) {
        let mut targets = self.targets.lock();
        let place = targets.iter().position(|other| Arc::ptr_eq(other, target));
        let removed = place.and_then(|place| targets.remove(place).ok());
        drop(targets);
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
        for target in self.targets.lock().iter() {
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

/// A profile that has begun. It ends when this is dropped.
pub(crate) struct Running {
    profile: Arc<Profile>,
    timer: Option<ArcHrTimerHandle<Profile>>,
}

impl Running {
    /// Begins a profile of the runtimes in `named`, `hz` times a second, with their parts if
    /// `with_parts`. Sleeps. Fails if one of them cannot be profiled.
    pub(crate) fn begin(
        named: &[Arc<Runtime>],
        hz: u32,
        with_parts: bool,
    ) -> Result<Self, Refused> {
        let profile = Profile::new(hz, with_parts).map_err(|_| Refused::NoMemory)?;
        let mut running = Self {
            profile: profile.clone(),
            timer: None,
        };
        for runtime in named {
            profile.add(runtime, true)?;
        }
        if with_parts {
            // Parts that begin meanwhile are added by those that make them.
            let mut id = 0;
            while let Some(runtime) = live::next(id) {
                id = runtime.id();
                if is_part_of(&runtime, named) {
                    profile.add_part(&runtime);
                }
            }
        }
        let period = profile.period;
        running.timer = Some(profile.start(period));
        RUNNING.fetch_add(1, Relaxed);
        Ok(running)
    }

    /// The profile, to be woken.
    pub(crate) fn profile(&self) -> &Arc<Profile> {
        &self.profile
    }

    /// Waits until `ms` milliseconds have passed, all named runtimes have ended, or `is_over` is
    /// true after a [wake](Profile::wake).
    pub(crate) fn wait(&self, ms: u32, is_over: impl Fn() -> bool) {
        let mut left = msecs_to_jiffies(ms);
        let mut named = self.profile.named.lock();
        while *named > 0 && !is_over() {
            let waited = self
                .profile
                .changed
                .wait_interruptible_timeout(&mut named, left);
            match waited {
                CondVarTimeoutResult::Woken { jiffies } => left = jiffies,
                CondVarTimeoutResult::Timeout | CondVarTimeoutResult::Signal { .. } => return,
            }
        }
    }

    /// Ends the profile. Returns what it has found.
    pub(crate) fn end(self) -> Found {
        let profile = self.profile.clone();
        drop(self);
        let stacks = profile.stacks.lock().take();
        Found {
            stacks,
            figures: Figures {
                ticks: profile.ticks.load(Relaxed),
                runtimes: profile.runtimes.load(Relaxed),
                lost: profile.lost.load(Relaxed),
                cut: profile.cut.load(Relaxed),
                left_out: profile.left_out.load(Relaxed),
            },
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(timer) = self.timer.take() {
            // No tick runs after this.
            drop(timer);
            RUNNING.fetch_sub(1, Relaxed);
        }
        loop {
            let target = self.profile.targets.lock().first().cloned();
            let Some(target) = target else {
                break;
            };
            target.runtime().detach(&target);
            self.profile.forget(&target);
        }
    }
}

/// Whether one of `named` is above `runtime`.
fn is_part_of(runtime: &Arc<Runtime>, named: &[Arc<Runtime>]) -> bool {
    let mut above = runtime.parent();
    while let Some(parent) = above {
        if named.iter().any(|named| Arc::ptr_eq(named, &parent)) {
            return true;
        }
        above = parent.parent();
    }
    false
}

/// What a profile has found.
pub(crate) struct Found {
    stacks: Option<Table>,
    /// Numbers about it.
    pub(crate) figures: Figures,
}

impl Found {
    /// The stacks, each with the number of samples.
    pub(crate) fn stacks(&self) -> impl Iterator<Item = (&[u8], u64)> {
        self.stacks.iter().flat_map(Stacks::iter)
    }
}
