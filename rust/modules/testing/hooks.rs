// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! `lunatik.testing`: hooks that tests call, in the contexts in which the kernel calls its own.

use kernel::{
    new_mutex,
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        Arc,
        Mutex, //
    },
    time::{Instant, Monotonic},
};

use crate::{
    binding::arguments,
    linux::{
        context::MaySleep,
        fire::{self, FirePlace},
        global::{Global, Installed}, //
    },
    lua::{self, Error, Free, Process, Returned, Sleeps, Softirq, State},
    native,
    runtime::{
        hooks::{self, Called, Hooked, KernelHook, Slot, Subject},
        vm::Vm, //
    },
};

/// The hooks that are attached.
static TRIGGERS: Global<Triggers> = Global::new();

/// The hooks of tests, by name.
#[pin_data]
pub(crate) struct Triggers {
    #[pin]
    list: Mutex<KVec<Arc<Trigger>>>,
}

impl Triggers {
    /// Prepares for hooks of tests. To be called once, by the module's `init()`.
    pub(crate) fn install() -> Result<Installed<Self>> {
        let triggers = Arc::pin_init(
            pin_init!(Self {
                list <- new_mutex!(KVec::new(), "lunatik::Triggers"),
            }),
            GFP_KERNEL,
        )?;
        TRIGGERS.set(triggers)
    }
}

struct Trigger {
    hooked: Arc<Hooked>,
    slot: Arc<Slot>,
    /// The hook that `fire_inner()` calls.
    inner: Option<Arc<Trigger>>,
}

impl Trigger {
    /// The hook with this name, which is the value at `index`.
    fn find(name: &[u8], index: i32) -> lua::Result<Arc<Self>> {
        let triggers = TRIGGERS.get().ok_or(ENODEV)?;
        let list = triggers.list.lock();
        let found = list.iter().find(|trigger| trigger.slot.name() == name);
        let found = found.cloned();
        drop(list);
        found.ok_or_else(|| Error::argument(index, fmt!("no such hook")))
    }
}

/// Lent to the function of a hook: the hook itself, for a call from inside it.
struct Shot(Arc<Trigger>);

impl Subject for Shot {}

struct Attached(Arc<Trigger>);

impl KernelHook for Attached {
    fn attach(&self) -> Result {
        let triggers = TRIGGERS.get().ok_or(ENODEV)?;
        triggers
            .list
            .lock()
            .push(self.0.clone(), GFP_KERNEL | __GFP_NOWARN)?;
        Ok(())
    }

    fn detach(&self) {
        let Some(triggers) = TRIGGERS.get() else {
            return;
        };
        let mut list = triggers.list.lock();
        list.retain(|trigger| !Arc::ptr_eq(trigger, &self.0));
    }
}

/// Adds the functions to the table on top of the stack.
pub(super) fn add(state: State) -> lua::Result<()> {
    state.set_function(-1, c"fire", native!(fire_it, Free, Sleeps))?;
    state.set_function(-1, c"fire_again", native!(fire_again, Free, Softirq))?;
    state.set_function(-1, c"fire_inner", native!(fire_inner, Free, Softirq))?;
    state.set_function(-1, c"hook", native!(hook, Free, Process))?;
    state.set_function(-1, c"paint_hook_stacks", native!(paint, Free, Process))?;
    state.set_function(
        -1,
        c"hook_stack_untouched",
        native!(untouched, Free, Process),
    )?;
    Ok(())
}

/// `hook(name, f [, inner])`: has `fire(name, ...)` call `f(true)` once the script is loaded. `inner` is the name of
/// the hook of another script that `fire_inner()` calls.
fn hook(state: State) -> lua::Result {
    let given = arguments::string(state, 1)?;
    arguments::function(state, 2)?;
    let inner = match state.is_none_or_nil(3) {
        true => None,
        false => Some(Trigger::find(arguments::string(state, 3)?, 3)?),
    };
    let runtime = Vm::runtime_of(state);
    let Some(hooked) = runtime.hooked().cloned() else {
        return Err(Error::message(fmt!(
            "runtime context mismatch: testing.hook needs softirq"
        )));
    };
    let number = hooked.next_slot()?;
    state.push_boolean(true);
    let argument = state.keep()?;
    state.push_value(2);
    let function = state.keep()?;
    let (mut name, mut key) = (KVec::new(), KVec::new());
    name.extend_from_slice(given, GFP_KERNEL | __GFP_NOWARN)?;
    key.extend_from_slice(given, GFP_KERNEL | __GFP_NOWARN)?;
    let slot = Arc::new(Slot::new(name, key, number, function, argument), GFP_KERNEL)?;
    let trigger = Arc::new(
        Trigger {
            hooked: hooked.clone(),
            slot: slot.clone(),
            inner,
        },
        GFP_KERNEL,
    )?;
    hooked.plan(slot, KBox::new(Attached(trigger), GFP_KERNEL)?)?;
    Ok(0)
}

fn shoot(trigger: &Arc<Trigger>) -> bool {
    let shot = Shot(trigger.clone());
    let judge = |returned: Returned| returned.first.map(|_| ());
    let called = hooks::call(trigger.hooked.as_arc_borrow(), &trigger.slot, &shot, judge);
    called == Called::Returned(())
}

/// `fire(name, count [, context])`: calls the hook `count` times in a context: "task", "bh", "softirq",
/// "timer", "irqs_off" or "hardirq". Returns how many calls gave an integer, and how many nanoseconds all took.
fn fire_it(state: State, may: MaySleep<'_>) -> lua::Result {
    let name = arguments::string(state, 1)?;
    let count = u64::try_from(arguments::integer(state, 2)?).unwrap_or(0);
    let place = match state.is_none_or_nil(3) {
        true => b"task",
        false => arguments::string(state, 3)?,
    };
    let place = FirePlace::of(place).ok_or_else(|| Error::argument(3, fmt!("no such context")))?;
    let trigger = Trigger::find(name, 1)?;
    let passed = Atomic::new(0u64);
    let body = || {
        if shoot(&trigger) {
            passed.fetch_add(1, Relaxed);
        }
    };
    let begun = Instant::<Monotonic>::now();
    fire::fire(may, place, count, &body);
    let ns = begun.elapsed().as_nanos();
    state.push_integer(i64::try_from(passed.load(Relaxed)).unwrap_or(i64::MAX));
    state.push_integer(ns);
    Ok(2)
}

/// `fire_again()`: calls the hook whose function runs, from inside. Returns whether that gave an integer.
fn fire_again(state: State) -> lua::Result {
    let fired = Vm::with_subject(state, |shot: &Shot| shoot(&shot.0));
    state.push_boolean(fired == Some(true));
    Ok(1)
}

/// `fire_inner()`: calls the hook that was given to `hook()`, from inside the function that runs. Returns whether that
/// gave an integer.
fn fire_inner(state: State) -> lua::Result {
    let fired = Vm::with_subject(state, |shot: &Shot| shot.0.inner.as_ref().map(shoot));
    state.push_boolean(fired.flatten() == Some(true));
    Ok(1)
}

/// `paint_hook_stacks()`: paints the private stacks of this CPU.
fn paint(_state: State) -> lua::Result {
    fire::paint();
    Ok(0)
}

/// `hook_stack_untouched()`: how many bytes of them were not used since.
fn untouched(state: State) -> lua::Result {
    state.push_integer(i64::try_from(fire::untouched()).unwrap_or(i64::MAX));
    Ok(1)
}
