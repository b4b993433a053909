// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The Lua module `lunatik.runner`: starts and stops scripts by name.

use kernel::prelude::*;

use super::lunatik::{chain, create, stop_for, with_script};
use crate::{
    binding::{
        arguments::{optional_milliseconds, script, show},
        limits,
        mismatch::{self, Threads},
        needs,
    },
    linux::context::Context,
    lua::{self, Error, Free, Process, State},
    native,
    permission::Permission,
    runtime::{
        handle::{Handle, RuntimeHandle},
        instance::{Kind, Runtime, DEFAULT_GRACE_MS},
        live,
        message::Message,
        permissions,
        registry,
        userdata,
        vm::Vm, //
    },
    sched::{claim::Claim, start},
};

/// Pushes the module.
pub(super) fn open(state: State) -> lua::Result {
    state.new_table(0, 6)?;
    state.set_function(-1, c"list", native!(list, needs::Runners, Process))?;
    state.set_function(-1, c"run", native!(run, needs::Starts, Process))?;
    state.set_function(-1, c"shutdown", native!(shutdown, needs::Runners, Process))?;
    state.set_function(
        -1,
        c"spawn",
        native!(spawn, (needs::Starts, needs::Thread), Process),
    )?;
    state.set_function(-1, c"startup", native!(startup, Free, Process))?;
    state.set_function(-1, c"stop", native!(stop, needs::RunnerNamed, Process))?;
    Ok(1)
}

/// `runner.startup()`: does nothing; the module's `init()` has done this work.
fn startup(_state: State) -> lua::Result {
    Ok(0)
}

/// `runner.run(script, [context,] [limits,] ...)`
fn run(state: State) -> lua::Result {
    let name = script(state, 1)?;
    let (limits, first) = limits::take(state, 2)?;
    let arguments = Message::encode(state, first, state.top())?;
    let caller = Vm::runtime_of(state);
    let chain = chain(state)?;
    let runtime = with_script(state, name, |program| {
        let (runtime, permissions) = create(state, name, Kind::Run, limits)?;
        start::run_with(
            &runtime,
            &permissions,
            &chain,
            Some(&caller),
            program,
            &arguments,
        )?;
        Ok(runtime)
    })?;
    userdata::push(state, Handle::new(RuntimeHandle::new(runtime)?))?;
    Ok(1)
}

/// `runner.spawn(script, [context,] [limits,] ...)`
fn spawn(state: State) -> lua::Result {
    let name = script(state, 1)?;
    let (limits, first) = limits::take(state, 2)?;
    mismatch::check::<Threads>(limits.context, Context::Process)?;
    if limits.percpu {
        return Err(Error::message(fmt!(
            "spawn does not support percpu scripts"
        )));
    }
    let arguments = Message::encode(state, first, state.top())?;
    let caller = Vm::runtime_of(state);
    let chain = chain(state)?;
    let thread = with_script(state, name, |program| {
        let (runtime, _) = create(state, name, Kind::Spawn, limits)?;
        let claim = Claim::new(&runtime, &chain, None);
        start::spawn(&runtime, &chain, Some(&caller), program, arguments, &claim)
    })?;
    userdata::push(state, Handle::new(thread))?;
    Ok(1)
}

/// `runner.stop(script [, grace_ms])`
fn stop(state: State) -> lua::Result {
    let name = script(state, 1)?;
    let grace = optional_milliseconds(state, 2)?.unwrap_or(DEFAULT_GRACE_MS);
    match registry::find(name) {
        Some(runtime) => stop_for(state, &runtime, grace)?,
        // The script ran and has ended by itself: it is stopped, as the caller asked.
        None if registry::outcome(name).is_some() => (),
        None => {
            let name = show(name);
            return Err(Error::message(fmt!("{name} is not running")));
        }
    }
    Ok(0)
}

/// Whether the code of `state` may control `target`.
fn may_control(state: State, target: &Runtime) -> bool {
    permissions::with(state, |set| {
        set.allows(Permission::Runner, Some(target.name()))
    })
}

/// `runner.list()`: the runtimes that the calling script may control.
fn list(state: State) -> lua::Result {
    let names = registry::names()?;
    let set = permissions::of(state);
    let mut text: KVVec<u8> = KVVec::new();
    for name in names.iter() {
        if !set.allows(Permission::Runner, Some(name)) {
            continue;
        }
        if !text.is_empty() {
            text.extend_from_slice(b", ", GFP_KERNEL | __GFP_NOWARN)?;
        }
        text.extend_from_slice(name, GFP_KERNEL | __GFP_NOWARN)?;
    }
    state.push_bytes(&text)?;
    Ok(1)
}

/// `runner.shutdown()`: stops all scripts, or none if the caller may not stop one of them.
fn shutdown(state: State) -> lua::Result {
    let caller = Vm::runtime_of(state);
    let is_target =
        |target: &Runtime| target.id() != caller.id() && registry::is_registered(target);
    let mut id = 0;
    while let Some(runtime) = live::next(id) {
        id = runtime.id();
        if is_target(&runtime) {
            Vm::permit(state, Permission::Runner, runtime.name())?;
        }
    }
    // All are told to stop before the first wait. The caller's own runtime comes last, because
    // stopping it unwinds the code that stops the others. A runtime that was started meanwhile may
    // belong to another script.
    let mut id = 0;
    while let Some(runtime) = live::next(id) {
        id = runtime.id();
        if is_target(&runtime) && may_control(state, &runtime) {
            runtime.request_stop();
        }
    }
    let mut id = 0;
    while let Some(runtime) = live::next(id) {
        id = runtime.id();
        if is_target(&runtime) && may_control(state, &runtime) {
            stop_for(state, &runtime, DEFAULT_GRACE_MS)?;
        }
    }
    if registry::is_registered(&caller) {
        caller
            .borrow()
            .stop_for(Vm::chain(state).as_ref(), None, 0)?;
    }
    Ok(0)
}
