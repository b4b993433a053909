// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The object that `netfilter.register` returns.

use kernel::{prelude::fmt, sync::Arc};

use crate::{
    lua::{self, Error, Free, Softirq, State},
    native,
    runtime::{
        hooks::{Hooked, Slot},
        objects::{Class, Classed},
        userdata, //
    },
};

/// A hook, for the script that has registered it.
pub(super) struct Hook {
    hooked: Arc<Hooked>,
    slot: Arc<Slot>,
}

impl Hook {
    pub(super) fn new(hooked: Arc<Hooked>, slot: Arc<Slot>) -> Self {
        Self { hooked, slot }
    }
}

impl Classed for Hook {
    const CLASS: &'static Class = &HOOK;
}

const HOOK: Class = Class {
    name: c"netfilter.hook",
    fill: |state, metatable| {
        state.set_function(metatable, c"__close", native!(stop, Free, Softirq))?;
        state.new_table(0, 4)?;
        state.set_function(-1, c"enable", native!(enable, Free, Softirq))?;
        state.set_function(-1, c"stats", native!(stats, Free, Softirq))?;
        state.set_function(-1, c"stop", native!(stop, Free, Softirq))?;
        state.set_function(-1, c"unregister", native!(stop, Free, Softirq))?;
        Ok(state.set_field(metatable, c"__index")?)
    },
};

/// `hook:stop()`: the function is not called any more; the kernel's hook is taken off soon.
fn stop(state: State) -> lua::Result {
    userdata::argument(state, 1, |hook: &mut Hook| {
        hook.hooked.as_arc_borrow().stop_slot(&hook.slot);
    })?;
    Ok(0)
}

/// `hook:enable(on)`: packets pass by the function, or do not; calls one that was disabled again, for a process.
fn enable(state: State) -> lua::Result {
    let on = state.to_boolean(2);
    // Hooks that excuse each other would have no bound.
    let is_done = userdata::argument(state, 1, |hook: &mut Hook| {
        let may = hook.hooked.works_for_process() || !hook.slot.is_disabled();
        if may {
            hook.slot.enable(on);
        }
        may
    })?;
    if !is_done {
        return Err(Error::message(fmt!(
            "the hook was disabled by failures: only a function that a process resumes can enable it"
        )));
    }
    Ok(0)
}

/// `hook:stats()`: a table with the integers `runs`, `failures`, `overruns`, `missed`, `ns` and `longest`; and of
/// the messages of all hooks of the script, `sent`, `lost` and `undelivered`.
fn stats(state: State) -> lua::Result {
    let (figures, sends) = userdata::argument(state, 1, |hook: &mut Hook| {
        (hook.slot.tally().figures(), hook.hooked.sends())
    })?;
    let sends = [
        (c"sent", sends.sent),
        (c"lost", sends.lost),
        (c"undelivered", sends.undelivered),
    ];
    state.new_table(0, 9)?;
    for (name, value) in figures.named().into_iter().chain(sends) {
        state.push_integer(i64::try_from(value).unwrap_or(i64::MAX));
        state.set_field(-2, name)?;
    }
    Ok(1)
}
