// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The Lua module `thread`: kernel threads that run the body of a runtime.

use kernel::prelude::*;

use crate::{
    binding::{
        arguments::{optional_milliseconds, show, string},
        mismatch::{self, InProcess, Threads},
        needs,
    },
    linux::context::{Context, MaySleep},
    lua::{self, Error, Free, Guard, Process, Sleeps, State},
    native,
    runtime::{
        handle::{Handle, RuntimeHandle, Shareable},
        instance::DEFAULT_GRACE_MS,
        message::Message,
        objects::{Class, Classed},
        parking::Waited,
        userdata,
        vm::Vm, //
    },
    sched::thread::{Outcome, Thread}, //
};

impl Classed for Thread {
    const CLASS: &'static Class = &THREAD;
}

impl Shareable for Thread {}

/// The guard that asks for permission to control the runtime whose thread is the first argument.
struct OfRunner;

impl Guard for OfRunner {
    fn check(state: State) -> lua::Result<()> {
        needs::control(state, userdata::shared::<Thread>(state, 1)?.runtime())
    }
}

const THREAD: Class = Class {
    name: c"lunatik.thread",
    fill: |state, metatable| {
        userdata::fill_shared(state, metatable)?;
        state.new_table(0, 3)?;
        state.set_function(
            -1,
            c"join",
            native!(join, (needs::Thread, OfRunner), Sleeps),
        )?;
        state.set_function(-1, c"stop", native!(stop, OfRunner, Process))?;
        state.set_function(-1, c"task", native!(task, needs::Thread, Process))?;
        Ok(state.set_field(metatable, c"__index")?)
    },
};

/// Pushes the module.
pub(super) fn open(state: State) -> lua::Result {
    state.new_table(0, 3)?;
    state.set_function(-1, c"current", native!(current, Free, Process))?;
    state.set_function(
        -1,
        c"run",
        native!(
            run,
            (InProcess<Threads>, (needs::Thread, needs::RunnerHandle)),
            Process
        ),
    )?;
    state.set_function(-1, c"shouldstop", native!(shouldstop, Free, Process))?;
    Ok(1)
}

/// `thread.run(runtime, name, ...)`
fn run(state: State) -> lua::Result {
    let runtime = userdata::shared::<RuntimeHandle>(state, 1)?;
    let target = runtime.runtime();
    mismatch::check::<Threads>(target.context(), Context::Process)?;
    let name = string(state, 2)?;
    if target.has_thread() {
        let target = show(target.name());
        return Err(Error::message(fmt!("{target} has a thread already")));
    }
    let arguments = Message::encode(state, 3, state.top())?;
    let thread = Thread::run(target.clone(), name, arguments)?;
    userdata::push(state, Handle::new(thread))?;
    Ok(1)
}

/// `thread.shouldstop()`
fn shouldstop(state: State) -> lua::Result {
    let runtime = Vm::runtime_of(state);
    state.push_boolean(runtime.stop_requested() && runtime.has_thread());
    Ok(1)
}

/// `thread.current()`
fn current(state: State) -> lua::Result {
    match Vm::runtime_of(state).thread() {
        Some(thread) => userdata::push(state, thread)?,
        None => state.push_nil(),
    }
    Ok(1)
}

/// The error of a wait that ends because a signal came or because the waiting runtime is told to
/// stop.
fn interrupted(error: kernel::error::Error) -> Error {
    if error == EINTR {
        Error::message(fmt!("interrupted"))
    } else {
        error.into()
    }
}

/// `t:stop([grace_ms])`
fn stop(state: State) -> lua::Result {
    let thread = userdata::shared::<Thread>(state, 1)?;
    let grace = optional_milliseconds(state, 2)?.unwrap_or(DEFAULT_GRACE_MS);
    let caller = Vm::runtime_of(state);
    thread
        .stop(Vm::chain(state).as_ref(), Some(&caller), grace)
        .map_err(interrupted)?;
    Ok(0)
}

/// `t:join([timeout_ms])`
fn join(state: State, may: MaySleep<'_>) -> lua::Result {
    let thread = userdata::shared::<Thread>(state, 1)?;
    let timeout = optional_milliseconds(state, 2)?;
    let caller = Vm::runtime_of(state);
    let own = Thread::of(&caller);
    if own.is_some_and(|own| core::ptr::eq(&*own, &*thread)) {
        return Err(Error::message(fmt!("a thread cannot join itself")));
    }
    match thread.join(state, may, timeout)? {
        Waited::Ended { .. } => Err(Error::message(fmt!("interrupted"))),
        Waited::TimedOut => {
            state.push_boolean(false);
            state.push_bytes(b"timeout")?;
            Ok(2)
        }
        Waited::Done(None) => {
            state.push_boolean(true);
            Ok(1)
        }
        Waited::Done(Some(Outcome::Returned(values))) => {
            state.push_boolean(true);
            let count = values.push(state)?;
            Ok(count.saturating_add(1))
        }
        Waited::Done(Some(Outcome::Failed(failure))) => {
            state.push_boolean(false);
            state.push_bytes(&failure.message)?;
            Ok(2)
        }
    }
}

/// `t:task()`
fn task(state: State) -> lua::Result {
    let Some(task) = userdata::shared::<Thread>(state, 1)?.task() else {
        state.push_nil();
        return Ok(1);
    };
    state.new_table(0, 4)?;
    state.push_integer(task.cpu.into());
    state.set_field(-2, c"cpu")?;
    let command = task.command.split(|&byte| byte == 0).next();
    state.push_bytes(command.unwrap_or_default())?;
    state.set_field(-2, c"command")?;
    state.push_integer(task.pid.into());
    state.set_field(-2, c"pid")?;
    state.push_integer(task.tgid.into());
    state.set_field(-2, c"tgid")?;
    Ok(1)
}
