// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The profiles that sample a runtime. See `profile.rs`, also for the lock order.

use kernel::{
    prelude::*,
    sync::{
        atomic::{Atomic, Full, Relaxed},
        Arc, //
    },
};

use super::{
    super::profile::{target::Target, Refused},
    Phase,
    Runtime, //
};
use crate::{linux::spinlock_bh::SpinLockBh, lua::State, new_spinlock_bh};

/// The most profiles that sample one runtime at one time.
const MOST_PROFILES: usize = 4;

/// The longest text of a sample.
const MOST_TEXT: usize = 8192;

/// What a runtime does, for a profile.
pub(crate) enum Activity {
    /// Its code runs.
    Runs,
    /// It waits for that, in words.
    Waits(&'static [u8]),
    /// It has ended.
    Over,
}

/// The profiles that sample a runtime.
///
/// # Invariants
///
/// The runtime has its VM while a target is in the list.
#[pin_data]
pub(super) struct Sampled {
    /// Whether the code is to take a sample: not 0.
    wanted: Atomic<u32>,
    #[pin]
    targets: SpinLockBh<KVec<Arc<Target>>>,
}

/// Some targets of a runtime, outside of its list.
type Targets = [Option<Arc<Target>>; MOST_PROFILES];

impl Sampled {
    /// No profile samples it.
    pub(super) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            wanted: Atomic::new(0),
            targets <- new_spinlock_bh!(KVec::new(), "lunatik::Sampled::targets"),
        })
    }

    fn targets(&self) -> Targets {
        let targets = self.targets.lock();
        let mut all = targets.iter();
        core::array::from_fn(|_| all.next().cloned())
    }
}

impl Runtime {
    fn sampled(&self) -> &Sampled {
        &self.about.sampled
    }

    /// Lists a target of this runtime. Sleeps.
    pub(in super::super) fn attach(&self, target: &Arc<Target>) -> Result<(), Refused> {
        let mut empty = KVec::with_capacity(MOST_PROFILES, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        let details = self.details.lock();
        let Some(vm) = details.vm.get() else {
            return Err(Refused::Gone);
        };
        // SAFETY: It is the VM of this runtime. `end_profiles()` is called before it is dropped, and
        // after `details.vm` is empty, so no target comes after that.
        unsafe { target.set_vm(vm) };
        let mut targets = self.sampled().targets.lock();
        if targets.capacity() == 0 {
            core::mem::swap(&mut *targets, &mut empty);
        }
        // INVARIANT: It has its VM, and the lock of the details keeps that there.
        let attached = match targets.len() < MOST_PROFILES {
            true => targets
                .push_within_capacity(target.clone())
                .map_err(|_| Refused::ProfiledOften),
            false => Err(Refused::ProfiledOften),
        };
        drop(targets);
        drop(details);
        // Frees memory, so after unlocking.
        drop(empty);
        attached
    }

    /// Takes a target out of the list, if it is there.
    pub(in super::super) fn detach(&self, target: &Arc<Target>) {
        let mut targets = self.sampled().targets.lock();
        let place = targets.iter().position(|other| Arc::ptr_eq(other, target));
        let removed = place.and_then(|place| targets.remove(place).ok());
        let empty = match targets.is_empty() {
            true => core::mem::take(&mut *targets),
            false => KVec::new(),
        };
        drop(targets);
        // Both free memory, so after unlocking.
        drop(removed);
        drop(empty);
    }

    /// The VM is about to be dropped: no profile samples the runtime any more. To be called when
    /// others cannot find the VM any more. Sleeps.
    pub(super) fn end_profiles(&self) {
        // INVARIANT: The list is empty from now on.
        let targets = core::mem::take(&mut *self.sampled().targets.lock());
        for target in &targets {
            target.profile().forget(target);
        }
    }

    /// The profiles of its parent sample the runtime, too, if they are to. To be called when the
    /// runtime is in the list of those that live, where a profile that begins finds it.
    pub(super) fn inherit_profiles(self: &Arc<Self>, parent: Option<&Self>) {
        let targets = parent.map(|parent| parent.sampled().targets());
        for target in targets.iter().flatten().flatten() {
            target.profile().add_new_part(self);
        }
    }

    /// Asks the code to take a sample. In any context but hard interrupts.
    pub(in super::super) fn want_sample(&self, target: &Target) {
        let targets = self.sampled().targets.lock();
        if targets.iter().any(|other| core::ptr::eq(&**other, target)) {
            // The exchange orders this store before the request for attention. The code sees that
            // request before it reads the word.
            self.sampled().wanted.xchg(1, Full);
            // SAFETY: It is in the list, whose lock is held.
            unsafe { target.look_up() };
        }
    }

    /// Whether the code is to take a sample.
    pub(in super::super) fn is_sampled(&self) -> bool {
        self.sampled().wanted.load(Relaxed) != 0
    }

    /// Takes a sample, for the code of `state`, which runs and may sleep.
    pub(in super::super) fn sample(&self, state: State, at_instruction: bool) {
        if self.sampled().wanted.xchg(0, Full) == 0 {
            return;
        }
        let targets = self.sampled().targets();
        let targets = targets.iter().flatten();
        // The code may be anywhere, so this waits for no memory.
        let Ok(mut text) = KVec::from_elem(0, MOST_TEXT, GFP_NOWAIT | __GFP_NOWARN) else {
            return targets.for_each(|target| target.lose());
        };
        let sample = state.sample(at_instruction, &mut text);
        let calls = text.get(..sample.length).unwrap_or_default();
        targets.for_each(|target| target.sampled(calls, sample.is_cut));
    }

    /// What it does just now. In any context.
    pub(in super::super) fn activity(&self) -> Activity {
        /// What it waits for, by the words of [`WaitsFor::text`](super::super::waiting::WaitsFor).
        const WAITS: [(&str, &[u8]); 7] = [
            ("message", b"[waits for message]"),
            ("receiver", b"[waits for receiver]"),
            ("message, receiver", b"[waits for message, receiver]"),
            ("timer", b"[waits for timer]"),
            ("message, timer", b"[waits for message, timer]"),
            ("receiver, timer", b"[waits for receiver, timer]"),
            (
                "message, receiver, timer",
                b"[waits for message, receiver, timer]",
            ),
        ];
        match self.phase() {
            Phase::Finished | Phase::Failed => Activity::Over,
            Phase::Ready => Activity::Waits(b"[idle]"),
            Phase::Blocked => {
                let words = self.waits_for().text();
                let known = WAITS.iter().find(|(known, _)| *known == words);
                Activity::Waits(known.map_or(b"[waits]", |(_, shown)| shown))
            }
            Phase::Loading | Phase::Running | Phase::Stopping => match self.meter.is_running() {
                Some(true) if self.meter.is_on_cpu() == Some(false) => {
                    Activity::Waits(b"[waits for a CPU]")
                }
                Some(true) => Activity::Runs,
                Some(false) => Activity::Waits(b"[sleeps in the kernel]"),
                None => Activity::Waits(b"[no thread]"),
            },
        }
    }
}
