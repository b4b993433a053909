// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The Lua module `lunatik`: runtimes as objects.

use kernel::{
    prelude::*,
    sync::Arc, //
};

use crate::{
    binding::{
        arguments::{optional_milliseconds, script, show},
        limits::{self, Limits},
        needs,
        room::with_room, //
    },
    linux::{account::CountedBytes, c_text::CText, segment::NoRoom},
    lua::{self, Anywhere, Error, Free, Process, State, Text},
    native,
    permission::{Decision, Permission, Set},
    runtime::{
        chain::Chain,
        handle::{Handle, RuntimeHandle},
        instance::{Failure, Kind, Options, Runtime, DEFAULT_GRACE_MS},
        message::Message,
        objects::{Class, Classed},
        parameters,
        permissions::{self, Held},
        program::{self, Program},
        reaper,
        registry,
        surroundings::{folder, Surroundings},
        userdata,
        vm::Vm, //
    },
    sched::{
        crew,
        resume,
        start::{self, StartError},
        thread::Thread, //
    },
    stdio::{self, ReadError}, //
};

mod hooks;

impl Classed for RuntimeHandle {
    const CLASS: &'static Class = &RUNTIME;
}

const RUNTIME: Class = Class {
    name: c"lunatik.runtime",
    fill: |state, metatable| {
        userdata::fill_shared(state, metatable)?;
        state.set_function(
            metatable,
            c"__close",
            native!(stop, needs::RunnerHandle, Process),
        )?;
        state.set_function(metatable, c"__len", native!(length, Free, Process))?;
        state.new_table(0, 5)?;
        state.set_function(-1, c"context", native!(context, Free, Process))?;
        state.set_function(-1, c"hooks", native!(hooks::list, Free, Process))?;
        state.set_function(
            -1,
            c"resume",
            native!(resume_it, needs::RunnerHandle, Process),
        )?;
        state.set_function(-1, c"status", native!(status, Free, Process))?;
        state.set_function(-1, c"stop", native!(stop, needs::RunnerHandle, Process))?;
        Ok(state.set_field(metatable, c"__index")?)
    },
};

/// Pushes the module.
pub(super) fn open(state: State) -> lua::Result {
    state.new_table(0, 4)?;
    state.set_function(-1, c"cpu", native!(cpu, Free, Anywhere))?;
    state.set_function(-1, c"runtime", native!(runtime, needs::Starts, Process))?;
    if let Some(env) = registry::env() {
        userdata::push(state, Handle::new(env))?;
        state.set_field(-2, c"_ENV")?;
    }
    state.push_bytes(crate::VERSION.as_bytes())?;
    state.set_field(-2, c"_VERSION")?;
    Ok(1)
}

/// The chain that executes the runtime of `state`.
pub(super) fn chain(state: State) -> lua::Result<Arc<Chain>> {
    // There always is one while code runs.
    Vm::chain(state).ok_or_else(|| Error::message(fmt!("the runtime is not running")))
}

/// Raises a failure of another runtime: the message and, below it, the traceback.
pub(super) fn raise(state: State, failure: &Failure) -> Error {
    let mut text = KVVec::new();
    let joined = text
        .extend_from_slice(&failure.message, GFP_KERNEL | __GFP_NOWARN)
        .and_then(|()| match failure.traceback.is_empty() {
            true => Ok(()),
            false => text
                .extend_from_slice(b"\n", GFP_KERNEL | __GFP_NOWARN)
                .and_then(|()| {
                    text.extend_from_slice(&failure.traceback, GFP_KERNEL | __GFP_NOWARN)
                }),
        });
    if joined.is_err() {
        return Error::NoMemory;
    }
    match state.push_bytes(&text) {
        Ok(()) | Err(lua::Raised) => Error::Raised,
    }
}

/// Says why a script could not be started.
pub(super) fn start_error(state: State, name: &[u8], error: StartError) -> Error {
    let name = show(name);
    match error {
        StartError::AlreadyRunning | StartError::Overtaken => {
            Error::message(fmt!("{name} is already running"))
        }
        StartError::NotReplaced(error) => {
            Error::message(fmt!("{name} could not be stopped: {error:?}"))
        }
        StartError::NotFound => Error::message(fmt!(
            "no script {name}: there is no file {}/{name}.lua",
            program::DIRECTORY
        )),
        StartError::Permissions(text) => Error::Message(text),
        StartError::Context(why) => Error::message(fmt!("{why}")),
        StartError::Mismatch(mismatch) => Error::message(format_args!("{mismatch}")),
        StartError::LockedDown => {
            Error::message(fmt!("{name} could not be started: {}", start::LOCKDOWN))
        }
        StartError::NoStack => {
            Error::message(fmt!("{name} could not be started: C stack overflow"))
        }
        StartError::Failed(failure) => raise(state, &failure),
        StartError::Stopped => {
            Error::message(fmt!("{name} was stopped before its chunk had ended"))
        }
        StartError::Errno(error) if error == ENOMEM => Error::NoMemory,
        StartError::Errno(error) if error == EMLINK => Error::message(fmt!(
            "{name} could not be started: too many memory limits below each other; give it none"
        )),
        StartError::Errno(error) if error == EINTR => {
            Error::message(fmt!("{name} was told to stop before it had started"))
        }
        StartError::Errno(error) => Error::message(fmt!("{name} could not be started: {error:?}")),
    }
}

/// Creates a runtime for the script `name` that the code of `state` starts. It has the permissions
/// of that code, and no more.
pub(super) fn create(
    state: State,
    name: &[u8],
    kind: Kind,
    limits: Limits,
) -> Result<(Arc<Runtime>, Arc<Held>), StartError> {
    let parent = Vm::runtime_of(state);
    let permissions = permissions::of(state).inherited()?;
    let options = Options {
        name,
        kind,
        context: limits.context,
        cpu: limits.percpu.then(crew::first_cpu),
        memory: parameters::memory(limits.memory, limits.context),
        account: Some(parent.account()),
        budget: parent
            .meter()
            .budget()
            .narrowed(parameters::budget(limits.budget)),
        memcg: parent.memcg().clone(),
        net: parent.net().clone(),
        permissions: permissions.clone(),
        parent: None,
        // One with a name is nobody's.
        made_by: (kind == Kind::Child).then(|| parent.into()),
    };
    let made = with_room(state, |_| start::create(options))
        .unwrap_or_else(|NoRoom| Err(StartError::NoStack))?;
    Ok((made, permissions))
}

/// Reads a script that may be at two places, if `set` permits it. Returns where it was.
///
/// If reading the script under its plain name is denied, the name with the suffix may still be
/// permitted. So the result for that name is reported.
pub(super) fn read_script<'a>(
    state: State,
    set: &Set,
    named: Option<&'a CStr>,
    path: &'a CStr,
) -> Result<(&'a CStr, CountedBytes), ReadError> {
    let runtime = Vm::runtime_of(state);
    let account = runtime.account();
    if let Some(named) = named {
        match stdio::read_file(set, named, program::MAX_SCRIPT, account) {
            Ok(text) => return Ok((named, text)),
            Err(ReadError::Denied) => (),
            Err(ReadError::Errno(error)) if program::is_absence(error) => (),
            Err(error) => return Err(error),
        }
    }
    let text = stdio::read_file(set, path, program::MAX_SCRIPT, account)?;
    Ok((path, text))
}

/// Calls `start` with enough stack left to start a script. Not inlined, because the check of the stack knows
/// this function by its name.
#[inline(never)]
fn roomy<T>(
    state: State,
    start: impl FnOnce(&Program<'_>) -> Result<T, StartError>,
    program: &Program<'_>,
) -> Result<T, StartError> {
    // SAFETY: What is started belongs to no thread, and the code of `state` waits.
    unsafe { Vm::with_room(state, || start(program)) }
        .unwrap_or_else(|NoRoom| Err(StartError::NoStack))
}

/// Calls `start` with the script `name`, if the code of `state` may read its file.
///
/// If it may read only some files, the text that is started is the text that was read during the
/// check.
pub(super) fn with_script<T>(
    state: State,
    name: &[u8],
    start: impl FnOnce(&Program<'_>) -> Result<T, StartError>,
) -> lua::Result<T> {
    let set = permissions::of(state);
    // The name as it was given: only the name of the runtime drops the suffix.
    let given = state.to_bytes(1).unwrap_or(name);
    let result = match set.decide(Permission::FsRead) {
        Decision::Allowed => roomy(state, start, &Program::Named(given)),
        _ => {
            let named = program::path_as_named(given)?;
            let path = program::path(given)?;
            let (path, text) =
                read_script(state, &set, named.as_deref(), &path).map_err(|error| match error {
                    ReadError::Denied => {
                        permissions::denied(Permission::FsRead, Some(path.to_bytes()))
                    }
                    ReadError::Errno(error) if program::is_absence(error) => {
                        start_error(state, name, StartError::NotFound)
                    }
                    ReadError::Errno(error) => start_error(state, name, StartError::Errno(error)),
                })?;
            let chunk = CText::of(&[b"@", path.to_bytes()])?;
            let program = Program::Text {
                text: &text,
                chunk: chunk.to_bytes(),
                place: Surroundings {
                    directory: folder(path.to_bytes()),
                    script: given,
                },
            };
            roomy(state, start, &program)
        }
    };
    result.map_err(|error| start_error(state, name, error))
}

/// `lunatik.runtime(script, [context,] [limits,] ...)`
fn runtime(state: State) -> lua::Result {
    let name = script(state, 1)?;
    let (limits, first) = limits::take(state, 2)?;
    let arguments = Message::encode(state, first, state.top())?;
    let parent = Vm::runtime_of(state);
    let chain = chain(state)?;
    let handle = with_script(state, name, |program| {
        let (child, permissions) = create(state, name, Kind::Child, limits)?;
        // From here on, dropping the last handle ends the child.
        let handle = RuntimeHandle::new(child.clone())?;
        start::run_with(
            &child,
            &permissions,
            &chain,
            Some(&parent),
            program,
            &arguments,
        )?;
        Ok(handle)
    })?;
    userdata::push(state, Handle::new(handle))?;
    Ok(1)
}

/// `runtime:resume(...)`
fn resume_it(state: State) -> lua::Result {
    let handle = userdata::shared::<RuntimeHandle>(state, 1)?;
    let target = handle.runtime();
    let arguments = Message::encode(state, 2, state.top())?;
    let caller = Vm::runtime_of(state);
    let chain = chain(state)?;
    let resumed =
        |target: &Arc<Runtime>| resume::resume(target.as_arc_borrow(), &chain, &caller, &arguments);
    if target.leads_crew() {
        return resume_crew(state, target, resumed);
    }
    // All errors of the other runtime's Lua code were caught there.
    match resumed(target) {
        Ok(values) => values.push(state),
        Err(failure) => match state.push_bytes(&failure.message) {
            Ok(()) | Err(lua::Raised) => Err(Error::Raised),
        },
    }
}

/// Resumes each member of a crew, in the order of the CPUs; there are no results. The first error ends this.
fn resume_crew(
    state: State,
    first: &Arc<Runtime>,
    resume: impl Fn(&Arc<Runtime>) -> Result<Message, Arc<Failure>>,
) -> lua::Result {
    let mut member = Some(first.clone());
    let mut id = 0;
    while let Some(runtime) = member {
        if let Err(failure) = resume(&runtime) {
            let cpu = runtime.cpu().unwrap_or(0);
            let text = Text::new(fmt!("cpu {cpu}: {}", show(&failure.message)));
            return match state.push_bytes(text.as_bytes()) {
                Ok(()) | Err(lua::Raised) => Err(Error::Raised),
            };
        }
        member = first.next_member(id);
        id = member.as_ref().map_or(id, |member| member.id());
    }
    Ok(0)
}

/// `#runtime`: how many members its crew has; 1 if it is none.
fn length(state: State) -> lua::Result {
    let handle = userdata::shared::<RuntimeHandle>(state, 1)?;
    let (mut count, mut id) = (1, 0);
    while let Some(member) = handle.runtime().next_member(id) {
        id = member.id();
        count += 1;
    }
    state.push_integer(count);
    Ok(1)
}

/// `lunatik.cpu()`: the number of the CPU that the member of a crew is for; nil in other runtimes.
fn cpu(state: State) -> lua::Result {
    match Vm::runtime_of(state).cpu() {
        Some(cpu) => state.push_integer(cpu.into()),
        None => state.push_nil(),
    }
    Ok(1)
}

/// Stops `target` for the code of `state`, with its thread if it has one.
pub(super) fn stop_for(state: State, target: &Arc<Runtime>, grace_ms: u32) -> lua::Result<()> {
    let caller = Vm::runtime_of(state);
    let chain = Vm::chain(state);
    let result = match Thread::of(target) {
        Some(thread) => thread.stop(chain.as_ref(), Some(&caller), grace_ms),
        None => target
            .as_arc_borrow()
            .stop_for(chain.as_ref(), Some(&caller), grace_ms),
    };
    result.map_err(|error| {
        let name = show(target.name());
        if error == EINTR {
            // The target was told to stop, and has to end even if the caller ends first.
            reaper::finish(target.clone());
            Error::message(fmt!("interrupted while stopping {name}"))
        } else {
            Error::message(fmt!("{name} could not be stopped: {error:?}"))
        }
    })
}

/// `runtime:stop([grace_ms])` and `__close`, which passes the error, if any.
fn stop(state: State) -> lua::Result {
    let handle = userdata::shared::<RuntimeHandle>(state, 1)?;
    let grace = match state.kind(2) {
        lua::Kind::Integer => optional_milliseconds(state, 2)?,
        _ => None,
    };
    let target = handle.runtime();
    if target.kind() == Kind::Member {
        let name = show(target.name());
        return Err(Error::message(fmt!(
            "{name} is a member of a crew, which stops as a whole"
        )));
    }
    stop_for(state, target, grace.unwrap_or(DEFAULT_GRACE_MS))?;
    Ok(0)
}

/// `runtime:context()`
fn context(state: State) -> lua::Result {
    let handle = userdata::shared::<RuntimeHandle>(state, 1)?;
    state.push_bytes(handle.runtime().context().name().as_bytes())?;
    Ok(1)
}

/// `runtime:status()`
fn status(state: State) -> lua::Result {
    let handle = userdata::shared::<RuntimeHandle>(state, 1)?;
    state.push_bytes(handle.runtime().phase().name().as_bytes())?;
    Ok(1)
}
