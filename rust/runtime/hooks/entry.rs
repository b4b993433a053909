// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The way of a hook into the Lua code of its runtime.

use core::cell::Cell;
use kernel::sync::ArcBorrow;

use super::{
    attendant::{COLLECT, DISABLED, FAILURE, FINALIZE, OUTPUT, REFILL, SEND},
    failure::MOST_TRACEBACK,
    place,
    slot::{Slot, State},
    tally::Missed,
    Hooked, //
};
use crate::{
    linux::{
        cpu,
        hook::{self, Softirq},
    },
    lua::{self, Raised, Returned},
    runtime::vm::Vm, //
};

/// How long a hook waits for a CPU that executes the runtime, in slices. No code of it may run longer.
const WAIT: u64 = 2;

/// What a hook calls its function for.
pub(crate) trait Subject: 'static {
    /// The call begins. No other call in the same runtime has this number.
    fn begin(&self, _number: u64) {}
}

/// What came of a call.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Called<R> {
    /// This.
    Returned(R),
    /// The function has failed, is disabled, or could not be called: the default of the hook applies.
    Failed,
    /// The script has switched the function off: it has no say.
    Off,
}

/// Calls the function of `slot` with the kept argument, while `subject` is lent to the code. Returns what
/// `judge` makes of its results; if it refuses them, the call has failed. In any context but NMI.
pub(crate) fn call<T: Subject, R: Copy>(
    hooked: ArcBorrow<'_, Hooked>,
    slot: &Slot,
    subject: &T,
    judge: impl Fn(Returned) -> Option<R>,
) -> Called<R> {
    let Some(context) = Softirq::enter() else {
        slot.tally().miss(Missed::Context);
        return Called::Failed;
    };
    let crew = hooked.crew.as_ref();
    let picked = crew.and_then(|crew| crew.pick(cpu::current(), slot.number()));
    let (hooked, slot) = match picked {
        Some((hooked, slot)) => (hooked.as_arc_borrow(), &**slot),
        None => (hooked, slot),
    };
    if !slot.is_on() {
        return not_called(slot);
    }
    call_here(&context, hooked, slot, subject, judge).unwrap_or_else(|missed| {
        slot.tally().miss(missed);
        Called::Failed
    })
}

/// What applies because the function of `slot` is not called.
#[cold]
fn not_called<R>(slot: &Slot) -> Called<R> {
    match slot.state() {
        State::Off | State::Stopped => Called::Off,
        State::On | State::Disabled(_) => Called::Failed,
    }
}

#[inline]
fn call_here<T: Subject, R: Copy>(
    context: &Softirq,
    hooked: ArcBorrow<'_, Hooked>,
    slot: &Slot,
    subject: &T,
    judge: impl Fn(Returned) -> Option<R>,
) -> Result<Called<R>, Missed> {
    if !hooked.is_open() {
        return Err(Missed::Closed);
    }
    let is_timed = slot.tally().takes_time() || slot.trouble.is_near();
    let begun = is_timed.then(hook::clock);
    let outcome = Cell::new(None);
    let body = |vm: &Vm| {
        // The call for which this CPU has waited may have been the last one.
        if !slot.is_on() {
            return;
        }
        subject.begin(hooked.count_call());
        outcome.set(Some(vm.lend(subject, || {
            // SAFETY: This runs in `execute()`, so the CPU has the owner.
            unsafe { run(&hooked, slot, vm, begun, &judge) }
        })));
    };
    let executed = hooked.execute(context, WAIT.saturating_mul(hooked.slice_ns), body)?;
    let Some(Outcome {
        returned,
        mut wants,
    }) = outcome.get()
    else {
        return Ok(not_called(slot));
    };
    let failed = returned.is_none();
    if failed && !hooked.is_open() {
        // The stop has ended the call.
        return Err(Missed::Closed);
    }
    let now = (is_timed || failed).then(hook::clock);
    let ns = begun.and_then(|begun| Some(now?.saturating_sub(begun)));
    slot.tally()
        .count(ns, failed, failed && executed.slices != 0);
    if !failed {
        slot.trouble.note_success(now);
    } else if let Some(now) = now {
        // The time of the first failure is not known, but that of the others is.
        let ns = hooked.cost(ns.unwrap_or(0));
        if let Some(reason) = slot.trouble.note_failure(now, ns, executed.slices) {
            if slot.disable(reason) {
                wants |= DISABLED;
            }
        }
    }
    drop(executed);
    if wants != 0 {
        hooked.want(wants);
    }
    Ok(returned.map_or(Called::Failed, Called::Returned))
}

#[derive(Clone, Copy)]
struct Outcome<R> {
    returned: Option<R>,
    wants: u32,
}

/// Calls the function, on the stack of the hook.
///
/// # Safety
///
/// The CPU must have the owner of `hooked`.
unsafe fn run<R>(
    hooked: &Hooked,
    slot: &Slot,
    vm: &Vm,
    begun: Option<u64>,
    judge: &dyn Fn(Returned) -> Option<R>,
) -> Outcome<R> {
    let state = vm.state();
    // SAFETY: As the caller promises. The reference ends here.
    let is_wanted = unsafe { (*hooked.note.get()).wants(begun) };
    // The place of an error may be only in its traceback.
    let traced = is_wanted || !slot.place.is_known();
    let called = state.call_hook(slot.function(), slot.argument(), traced);
    let mut wants = 0;
    let returned = match called {
        Ok(returned) => {
            let judged = judge(returned);
            if judged.is_none() {
                note_place(slot, None);
                // SAFETY: As the caller promises. The reference ends here.
                let note = unsafe { &mut *hooked.note.get() };
                if note.take(slot.number(), b"invalid result", &[]) {
                    wants |= FAILURE;
                }
            }
            judged
        }
        Err(Raised) if !hooked.is_open() => {
            // The stop has ended the code: that is no failure of it.
            state.set_top(state.top().saturating_sub(1));
            None
        }
        Err(Raised) => {
            // SAFETY: As the caller promises.
            wants = unsafe { note_failure(hooked, slot, state) };
            None
        }
    };
    wants |= wanted(vm);
    Outcome { returned, wants }
}

/// What the code of the VM, which has just run, leaves to the attendant.
#[inline]
pub(super) fn wanted(vm: &Vm) -> u32 {
    let mut wants = 0;
    if vm.has_unsent() {
        wants |= OUTPUT;
    }
    if vm.outgoing().has_news() {
        wants |= SEND;
    }
    if vm.reserve_lacks().is_some() {
        wants |= REFILL;
    }
    if vm.state().has_finalizers() {
        wants |= FINALIZE;
    }
    wants
}

/// Notes where the function has failed. The place of an earlier failure in the same row stays if the place of
/// this one is not known.
#[cold]
fn note_place(slot: &Slot, place: Option<&[u8]>) {
    match place {
        Some(place) => slot.place.note(place),
        None if slot.trouble.is_in_row() => (),
        None => slot.place.forget(),
    }
}

/// Notes the error on top of the stack, and pops it.
///
/// # Safety
///
/// As for [`run`].
#[cold]
unsafe fn note_failure(hooked: &Hooked, slot: &Slot, state: lua::State) -> u32 {
    // SAFETY: As the caller promises.
    let note = unsafe { &mut *hooked.note.get() };
    let top = state.top();
    // The traceback, if there is one, is behind the message.
    state.take_traceback();
    let message = state.to_bytes(top);
    let traceback = state.to_bytes(top.saturating_add(1)).unwrap_or_default();
    let traceback = traceback.get(..MOST_TRACEBACK).unwrap_or(traceback);
    let place = message.and_then(place::of_message);
    note_place(slot, place.or_else(|| place::of_traceback(traceback)));
    let message = message.unwrap_or(b"(error object is not a string)");
    let mut wants = COLLECT;
    if note.take(slot.number(), message, traceback) {
        wants |= FAILURE;
    }
    // What the message handler lies at stays.
    state.set_top(top.saturating_sub(1));
    wants
}
