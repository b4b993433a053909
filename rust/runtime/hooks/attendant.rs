// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The attendant of a sealed runtime: a work item that does for it whatever may sleep or take long.
//!
//! Where it needs the VM, it executes it as a hook does, one short step at a time, so hooks wait for it for
//! some microseconds at most.

use core::cell::{Cell, RefCell};
use kernel::{
    prelude::*,
    str::BStr,
    sync::{
        atomic::{Atomic, Full, Relaxed},
        Arc, //
    },
};

use super::{
    failure::Told,
    slot::State,
    tally::Missed,
    Executed,
    Hooked, //
};
use crate::{
    linux::{
        hook::{self, Softirq},
        task, //
    },
    lua::Text,
    runtime::{heap::Pages, instance::Runtime, sink::Stream, vm::Vm},
};

/// To take the hooks off, and to give the runtime up.
pub(super) const DISARM: u32 = 1 << 0;
/// To send what the code has printed.
pub(super) const OUTPUT: u32 = 1 << 1;
/// To tell the failure that was noted.
pub(super) const FAILURE: u32 = 1 << 2;
/// To tell that a function was disabled.
pub(super) const DISABLED: u32 = 1 << 3;
/// To collect all garbage.
pub(super) const COLLECT: u32 = 1 << 4;
/// To call finalizers.
pub(super) const FINALIZE: u32 = 1 << 5;
/// To take hooks off whose slots were stopped.
pub(super) const DETACH: u32 = 1 << 6;
/// To fill the reserve of pages up.
pub(super) const REFILL: u32 = 1 << 7;
/// To deliver what hooks have sent.
pub(super) const SEND: u32 = 1 << 8;

/// The most that the attendant waits for a CPU at a time, in nanoseconds.
const WAIT: u64 = 1_000_000;

/// What is wanted of an attendant.
pub(super) struct Wants(Atomic<u32>);

impl Wants {
    pub(super) const fn none() -> Self {
        Self(Atomic::new(0))
    }

    /// Adds something. Returns whether the attendant has to be told.
    pub(super) fn add(&self, wants: u32) -> bool {
        // A full barrier: either the attendant sees this, or it is queued again.
        let mut former = self.0.load(Relaxed);
        loop {
            if former & wants == wants {
                return false;
            }
            match self.0.cmpxchg(former, former | wants, Full) {
                Ok(_) => return true,
                Err(other) => former = other,
            }
        }
    }

    fn take(&self) -> u32 {
        self.0.xchg(0, Full)
    }
}

/// Does what is wanted.
pub(super) fn attend(hooked: &Arc<Hooked>) {
    loop {
        let wants = hooked.wants.take();
        if wants == 0 {
            return;
        }
        let Some(runtime) = hooked.runtime() else {
            continue;
        };
        if wants & REFILL != 0 {
            hooked.refill(&runtime);
        }
        if wants & COLLECT != 0 {
            hooked.collect_all();
        }
        if wants & FINALIZE != 0 {
            hooked.call_finalizers(&runtime);
            hooked.drop_objects();
        }
        // Finalizers may have sent, too.
        if wants & (SEND | FINALIZE) != 0 {
            hooked.deliver(&runtime);
        }
        if wants & FAILURE != 0 {
            hooked.tell_failure(&runtime);
        }
        if wants & DISABLED != 0 {
            hooked.tell_disabled(&runtime);
        }
        if wants & (OUTPUT | FINALIZE | DISARM) != 0 {
            hooked.send_output(&runtime);
        }
        if wants & DETACH != 0 {
            hooked.detach_stopped();
        }
        if wants & DISARM != 0 {
            hooked.unseal();
        }
    }
}

impl Hooked {
    /// Executes the VM for one step, and calls `then` while the CPU still holds it. `None` if the
    /// runtime is being stopped. Waits for its turn.
    pub(super) fn step<T>(
        &self,
        body: impl Fn(&Vm),
        then: impl FnOnce(&Executed<'_>) -> T,
    ) -> Option<T> {
        loop {
            task::cond_resched();
            // Interrupts are on: this is a work item.
            let context = Softirq::enter()?;
            let executed = match self.execute(&context, WAIT, &body) {
                Err(Missed::Contended) => continue,
                result => result.ok()?,
            };
            return Some(then(&executed));
        }
    }

    /// Fills the reserve of pages up.
    fn refill(&self, runtime: &Runtime) {
        let lacks = Cell::new(None);
        if self
            .step(|vm| lacks.set(vm.reserve_lacks()), |_| ())
            .is_none()
        {
            return;
        }
        let Some(count) = lacks.get() else {
            return;
        };
        if let Ok(pages) = Pages::take(count, runtime.account(), runtime.memcg()) {
            let pages = RefCell::new(pages);
            // The pages for which there is no room are freed here.
            let fill = |vm: &Vm| {
                if let Ok(mut pages) = pages.try_borrow_mut() {
                    vm.fill_reserve(&mut pages);
                }
            };
            self.step(fill, |_| ());
        }
    }

    /// Ends the collection that has begun, or makes a whole one.
    fn collect_all(&self) {
        let goes_on = Cell::new(true);
        while goes_on.get() && self.is_open() {
            let body = |vm: &Vm| goes_on.set(vm.state().collect_some());
            if self.step(body, |_| ()).is_none() {
                return;
            }
        }
    }

    /// Calls the finalizers that wait, unless they have cost too much so far. The rest is called when the
    /// runtime ends.
    fn call_finalizers(&self, runtime: &Runtime) {
        let goes_on = Cell::new(true);
        while goes_on.get() && self.is_open() && !self.are_finalizers_off() {
            let body = |vm: &Vm| {
                vm.state().finalize_one();
                goes_on.set(vm.state().has_finalizers());
            };
            let reason = self.step(body, |executed| {
                if executed.slices != 0 {
                    self.finalizers
                        .note_failure(hook::clock(), 0, executed.slices)
                } else {
                    None
                }
            });
            match reason {
                None => return,
                Some(None) => (),
                Some(Some(reason)) => {
                    self.finalizers_off.store(true, Relaxed);
                    let name = BStr::from_bytes(runtime.name());
                    let reason = reason.text();
                    let what = Text::new(fmt!("{name}: finalizers are not called any more: "));
                    tell(runtime, &what, &Text::new(fmt!("{reason}")));
                }
            }
        }
    }

    /// Drops the objects whose userdata was collected.
    fn drop_objects(&self) {
        let taken = Cell::new(None);
        loop {
            let body = |vm: &Vm| {
                let doomed = Vm::with_objects(vm.state(), |objects| objects.take_doomed());
                taken.set(doomed.flatten());
            };
            if self.step(body, |_| ()).is_none() {
                return;
            }
            match taken.take() {
                // This may sleep.
                Some(object) => drop(object),
                None => return,
            }
        }
    }

    fn are_finalizers_off(&self) -> bool {
        self.finalizers_off.load(Relaxed)
    }

    fn send_output(&self, runtime: &Runtime) {
        let taken = Cell::new(None);
        let body = |vm: &Vm| taken.set(vm.take_unsent());
        if self.step(body, |_| ()).is_some() {
            if let Some(taken) = taken.into_inner() {
                self.sends.note_lost_lines(taken.lost());
                taken.send(runtime);
            }
        }
    }

    /// Writes the failure that was noted to the log.
    fn tell_failure(&self, runtime: &Runtime) {
        let Ok(mut told) = Told::room() else {
            return;
        };
        let is_new = self.step(
            |_| (),
            |_executed| {
                // SAFETY: The CPU has the owner.
                unsafe { (*self.note.get()).copy_to(&mut told) }
            },
        );
        if is_new != Some(true) {
            return;
        }
        let slot = self.slots().get(told.slot);
        let name = Text::new(fmt!(
            "{}: hook {}: ",
            BStr::from_bytes(runtime.name()),
            BStr::from_bytes(slot.map(|slot| slot.name()).unwrap_or_default())
        ));
        let log = runtime.log();
        log.append(Stream::Error, name.as_bytes());
        log.append(Stream::Error, &told.message);
        log.append(Stream::Error, b"\n");
        if !told.traceback.is_empty() {
            log.append(Stream::Error, &told.traceback);
            log.append(Stream::Error, b"\n");
        }
        if told.others > 0 {
            let others = Text::new(fmt!("({} more failures before)\n", told.others));
            log.append(Stream::Error, others.as_bytes());
        }
    }

    /// Says which functions were disabled, once each.
    fn tell_disabled(&self, runtime: &Runtime) {
        for slot in self.slots() {
            let State::Disabled(reason) = slot.state() else {
                continue;
            };
            if !slot.tell_once() {
                continue;
            }
            let what = Text::new(fmt!(
                "{}: hook {} was disabled: ",
                BStr::from_bytes(runtime.name()),
                BStr::from_bytes(slot.name())
            ));
            let place = slot.failed_at();
            let why = match place.as_bytes() {
                [] => Text::new(fmt!("{}", reason.text())),
                place => Text::new(fmt!("{} ({})", reason.text(), BStr::from_bytes(place))),
            };
            tell(runtime, &what, &why);
        }
    }
}

/// Writes a line to the script's log and to the kernel's: what has happened, and why.
fn tell(runtime: &Runtime, what: &Text, why: &Text) {
    let (what, why) = (what.as_bytes(), why.as_bytes());
    pr_warn!("{}{}\n", BStr::from_bytes(what), BStr::from_bytes(why));
    let log = runtime.log();
    log.append(Stream::Error, what);
    log.append(Stream::Error, why);
    log.append(Stream::Error, b"\n");
}
