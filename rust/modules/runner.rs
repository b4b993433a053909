// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The Lua module `lunatik.runner`: starts and stops scripts by name.

use kernel::prelude::*;

use super::{
    arguments::{optional_milliseconds, script, show},
    handles,
    lunatik::{chain, create, start_error, stop_for}, //
};
use crate::{
    lua::{self, Error, State},
    native,
    runtime::{
        handle::{Handle, RuntimeHandle},
        instance::{Kind, DEFAULT_GRACE_MS},
        live,
        message::Message,
        program::Program,
        registry,
        start,
        vm::Vm, //
    },
};

/// Pushes the module.
pub(super) fn open(state: State) -> lua::Result {
    state.new_table(0, 6)?;
    state.set_function(-1, c"list", native!(list))?;
    state.set_function(-1, c"run", native!(run))?;
    state.set_function(-1, c"shutdown", native!(shutdown))?;
    state.set_function(-1, c"spawn", native!(spawn))?;
    state.set_function(-1, c"startup", native!(startup))?;
    state.set_function(-1, c"stop", native!(stop))?;
    Ok(1)
}

/// `runner.startup()`: the module's `init()` has done it all.
fn startup(_state: State) -> lua::Result {
    Ok(0)
}

/// `runner.run(script, ...)`
fn run(state: State) -> lua::Result {
    let name = script(state, 1)?;
    let arguments = Message::encode(state, 2, state.top())?;
    let caller = Vm::runtime_of(state);
    let chain = chain(&caller)?;
    let started = create(state, name, Kind::Run).and_then(|runtime| {
        start::run_with(&runtime, &chain, &Program::Named(name), &arguments)?;
        Ok(runtime)
    });
    let runtime = started.map_err(|error| start_error(state, name, error))?;
    handles::push(state, Handle::Runtime(RuntimeHandle::new(runtime)))?;
    Ok(1)
}

/// `runner.spawn(script, ...)`
fn spawn(state: State) -> lua::Result {
    let name = script(state, 1)?;
    let arguments = Message::encode(state, 2, state.top())?;
    let caller = Vm::runtime_of(state);
    let chain = chain(&caller)?;
    let thread = create(state, name, Kind::Spawn)
        .and_then(|runtime| start::spawn(&runtime, &chain, &Program::Named(name), &arguments))
        .map_err(|error| start_error(state, name, error))?;
    handles::push(state, Handle::Thread(thread))?;
    Ok(1)
}

/// `runner.stop(script [, grace_ms])`
fn stop(state: State) -> lua::Result {
    let name = script(state, 1)?;
    let grace = optional_milliseconds(state, 2)?.unwrap_or(DEFAULT_GRACE_MS);
    match registry::find(name) {
        Some(runtime) => stop_for(state, &runtime, grace)?,
        // It ran and has ended by itself: it is stopped, as was asked.
        None if registry::outcome(name).is_some() => (),
        None => {
            let name = show(name);
            return Err(Error::message(fmt!("{name} is not running")));
        }
    }
    Ok(0)
}

/// `runner.list()`
fn list(state: State) -> lua::Result {
    let names = registry::names()?;
    let mut text: KVVec<u8> = KVVec::new();
    for name in names.iter() {
        if !text.is_empty() {
            text.extend_from_slice(b", ", GFP_KERNEL)?;
        }
        text.extend_from_slice(name, GFP_KERNEL)?;
    }
    state.push_bytes(&text)?;
    Ok(1)
}

/// `runner.shutdown()`
fn shutdown(state: State) -> lua::Result {
    let caller = Vm::runtime_of(state);
    // All are told before the first is waited for. The caller's own runtime comes last, because
    // that unwinds the code that stops the others.
    let mut id = 0;
    while let Some(runtime) = live::next(id) {
        id = runtime.id();
        if id != caller.id() && registry::is_registered(&runtime) {
            runtime.request_stop();
        }
    }
    let mut id = 0;
    while let Some(runtime) = live::next(id) {
        id = runtime.id();
        if id != caller.id() && registry::is_registered(&runtime) {
            stop_for(state, &runtime, DEFAULT_GRACE_MS)?;
        }
    }
    if registry::is_registered(&caller) {
        caller.stop_for(caller.executing_chain().as_ref(), None, 0)?;
    }
    Ok(0)
}
