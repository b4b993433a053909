// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The Lua module `llthreads2.ex`: functions that run in runtimes and threads of their own.

use core::ffi::c_int;
use kernel::{
    prelude::*,
    str::{CStr, CString},
    sync::{
        atomic::{Atomic, Relaxed},
        Arc, //
    },
};

use super::lunatik::{chain, create, raise as raise_failure, start_error};
use crate::{
    binding::{
        arguments::{optional_milliseconds, show, type_error},
        limits::Limits,
        mismatch::{Functions, InProcess},
        needs,
        room::with_room, //
    },
    channel::family::Family,
    linux::{c_text::CText, context::MaySleep, segment::NoRoom},
    lua::{self, Code, Error, Free, Kind, Process, Sleeps, State},
    native,
    permission::Permission,
    runtime::{
        chain::EnterError,
        execute::{self, Results},
        instance::{Entered, Kind as RuntimeKind, Runtime},
        message::Message,
        objects::{Class, Classed},
        parking::Waited,
        permissions,
        program,
        reaper,
        userdata,
        vm::Vm, //
    },
    sched::thread::{Outcome, Thread},
    stdio::{self, ReadError},
};

/// The longest name of a runtime, in bytes.
const MAX_NAME: usize = 255;

/// A runtime that runs one function in a thread of its own.
pub(crate) struct Child {
    runtime: Arc<Runtime>,
    /// The arguments of the function; taken when it is called.
    arguments: Option<Message>,
    thread: Option<Arc<Thread>>,
    detached: bool,
    joinable: bool,
    joined: bool,
}

impl Drop for Child {
    fn drop(&mut self) {
        let runs_on = self.detached && self.thread.is_some();
        if !runs_on && !self.joined {
            // A finalizer must not wait for it.
            self.runtime.request_stop();
            reaper::finish(self.runtime.clone());
        }
    }
}

impl Classed for Child {
    const CLASS: &'static Class = &THREAD;
}

const THREAD: Class = Class {
    name: c"llthreads2.thread",
    fill: |state, metatable| {
        state.new_table(0, 6)?;
        state.set_function(-1, c"alive", native!(alive, Free, Process))?;
        state.set_function(-1, c"detached", native!(detached, Free, Process))?;
        state.set_function(-1, c"join", native!(join, needs::Thread, Sleeps))?;
        state.set_function(-1, c"joinable", native!(joinable, Free, Process))?;
        state.set_function(-1, c"start", native!(start, needs::Thread, Process))?;
        state.set_function(-1, c"started", native!(started, Free, Process))?;
        Ok(state.set_field(metatable, c"__index")?)
    },
};

/// Pushes the module.
pub(super) fn open(state: State) -> lua::Result {
    state.new_table(0, 2)?;
    state.set_function(
        -1,
        c"new",
        native!(new, (InProcess<Functions>, needs::Thread), Process),
    )?;
    state.push_bytes(b"0.1.7")?;
    state.set_field(-2, c"_VERSION")?;
    Ok(1)
}

/// What a thread is to run.
enum Source<'a> {
    Function(Code),
    Text(&'a [u8], &'a CStr),
}

/// A name for a thread of `parent`: the parent's name with a number.
fn name(parent: &Runtime) -> Result<KVec<u8>> {
    static NUMBER: Atomic<u64> = Atomic::new(1);

    let number = CString::try_from_fmt(fmt!("/thread-{}", NUMBER.fetch_add(1, Relaxed)))?;
    let room = MAX_NAME.saturating_sub(number.to_bytes().len());
    let mut name = KVec::new();
    let parent = parent.name();
    name.extend_from_slice(
        parent.get(..room).unwrap_or(parent),
        GFP_KERNEL | __GFP_NOWARN,
    )?;
    name.extend_from_slice(number.to_bytes(), GFP_KERNEL | __GFP_NOWARN)?;
    Ok(name)
}

/// Makes `source`, which is called with `arguments`, the body of a new runtime.
fn prepare(entered: &Entered<'_>, source: &Source<'_>, arguments: &Message) -> lua::Result<()> {
    let state = entered.state();
    state.reserve(lua::MIN_STACK)?;
    let chunk: &[u8] = match source {
        Source::Function(code) => {
            code.push(state)?;
            b"=(loadstring)"
        }
        Source::Text(text, chunk) => {
            if state.load(text, chunk).is_err() {
                // The error is raised when the thread is joined, like any other error in the
                // thread.
                state.push_function(native!(raise_upvalue, Free, Process), 1)?;
            }
            chunk.to_bytes()
        }
    };
    execute::set_body(entered)?;

    // The global `arg`.
    state.new_table(0, 2)?;
    let table = state.top();
    let count = arguments.push(state)?;
    for index in (1..=count).rev() {
        state.push_integer(index.into());
        state.insert(-2);
        state.raw_set(table)?;
    }
    state.push_integer(count.into());
    state.set_field(table, c"n")?;
    state.push_integer(0);
    state.push_bytes(chunk)?;
    state.raw_set(table)?;
    state.push_globals();
    state.insert(-2);
    state.set_field(-2, c"arg")?;
    state.pop(1);
    Ok(())
}

/// Raises what it was made with.
fn raise_upvalue(state: State) -> lua::Result {
    state.push_upvalue(1);
    Err(Error::Raised)
}

/// Fails for a value at `first` or above that cannot travel, with the error text of the original
/// module.
fn check_arguments(state: State, first: c_int) -> lua::Result<()> {
    for index in first..=state.top() {
        let shared =
            state.kind(index) == Kind::Userdata && userdata::handle(state, index).is_some();
        if !shared
            && matches!(
                state.kind(index),
                Kind::Function | Kind::Userdata | Kind::Thread | Kind::Pointer
            )
        {
            return Err(Error::argument(
                index,
                fmt!("function/userdata/thread types un-supported."),
            ));
        }
    }
    Ok(())
}

/// `llthreads.new(code, ...)`
fn new(state: State) -> lua::Result {
    check_arguments(state, 2)?;
    let arguments = Message::encode(state, 2, state.top())?;
    match state.kind(1) {
        Kind::Function if state.is_c_function(1) => {
            Err(Error::argument(1, fmt!("unable to dump given function")))
        }
        Kind::Function => {
            state.push_value(1);
            let runtime = Vm::runtime_of(state);
            let code = runtime
                .memcg()
                .charge(|| Code::of(state, runtime.account()))?
                .map_err(|error| match error {
                    error if error == E2BIG => Error::argument(1, fmt!("the function is too long")),
                    error => error.into(),
                })?;
            state.pop(1);
            make(state, &Source::Function(code), arguments)
        }
        Kind::String => {
            Vm::permit(state, Permission::Load, None)?;
            let text = state.to_bytes(1).unwrap_or_default();
            let Some((b'@', path)) = text.split_first() else {
                return make(state, &Source::Text(text, c"=(loadstring)"), arguments);
            };
            let chunk = CText::of(&[b"@", path]).map_err(|error| {
                if error == ENAMETOOLONG {
                    Error::message(fmt!("the script cannot be read: File name too long"))
                } else {
                    Error::message(fmt!("the script cannot be read: {error:?} for its path"))
                }
            })?;
            let path = CText::of(&[path])?;
            let set = permissions::of(state);
            let account = Vm::runtime_of(state).account().clone();
            let text = stdio::read_file(&set, &path, program::MAX_SCRIPT, &account);
            let text = text.map_err(|error| {
                let path = path.to_bytes();
                match error {
                    ReadError::Denied => permissions::denied(Permission::FsRead, Some(path)),
                    ReadError::Errno(error) if error == ENOMEM => Error::NoMemory,
                    ReadError::Errno(error) => {
                        Error::message(fmt!("{} cannot be read: {error:?}", show(path)))
                    }
                }
            })?;
            make(state, &Source::Text(&text, &chunk), arguments)
        }
        _ => Err(type_error(state, 1, "function or string")),
    }
}

/// Makes a runtime for a thread, and pushes the userdata.
fn make(state: State, source: &Source<'_>, arguments: Message) -> lua::Result {
    with_room(state, |state| make_here(state, source, arguments))
        .unwrap_or_else(|NoRoom| Err(Error::message(fmt!("C stack overflow"))))
}

fn make_here(state: State, source: &Source<'_>, arguments: Message) -> lua::Result {
    let parent = Vm::runtime_of(state);
    let chain = chain(state)?;
    let family = Family::of(state)?;
    let name = name(&parent)?;
    let (runtime, _) = create(state, &name, RuntimeKind::Child, Limits::default())
        .map_err(|error| start_error(state, &name, error))?;
    // From here on, dropping it ends the runtime.
    let mut child = Child {
        runtime: runtime.clone(),
        arguments: None,
        thread: None,
        detached: false,
        joinable: true,
        joined: false,
    };
    let entered = match runtime
        .as_arc_borrow()
        .enter(MaySleep::of_thread(), &chain, Some(&parent))
    {
        Ok(entered) => entered,
        Err(error) => return Err(enter_error(state, &name, error)),
    };
    family.joined_by(entered.state())?;
    let prepared = prepare(&entered, source, &arguments)
        .map_err(|error| execute::or_no_memory(execute::to_failure(entered.state(), error)));
    entered.loaded();
    drop(entered);
    prepared.map_err(|failure| raise_failure(state, &failure))?;
    child.arguments = Some(arguments);
    userdata::push(state, child)?;
    Ok(1)
}

fn enter_error(state: State, name: &[u8], error: EnterError) -> Error {
    let failure = execute::or_no_memory(execute::enter_failure(name, error));
    raise_failure(state, &failure)
}

/// Calls `with` with the thread at index 1.
fn this<T>(state: State, with: impl FnOnce(&mut Child) -> T) -> lua::Result<T> {
    userdata::argument(state, 1, with)
}

/// Pushes nil and a reason.
fn refuse(state: State, why: &str) -> lua::Result {
    state.push_nil();
    state.push_bytes(why.as_bytes())?;
    Ok(2)
}

/// `thread:start([detached [, joinable]])`
fn start(state: State) -> lua::Result {
    let detached = state.to_boolean(2);
    let joinable = match state.kind(3) {
        Kind::None | Kind::Nil => !detached,
        _ => state.to_boolean(3),
    };
    let taken = this(state, |child| {
        let arguments = child.arguments.take()?;
        child.detached = detached;
        child.joinable = joinable;
        Some((child.runtime.clone(), arguments))
    })?;
    let Some((runtime, arguments)) = taken else {
        return refuse(state, "Thread already started.");
    };
    let name = runtime.name();
    let short = name.rsplit(|&byte| byte == b'/').next().unwrap_or(name);
    let thread = Thread::run_with(runtime.clone(), short, arguments, Results::OrText)?;
    this(state, |child| child.thread = Some(thread))?;
    state.set_top(1);
    Ok(1)
}

/// `thread:join([timeout])`, in milliseconds.
fn join(state: State, may: MaySleep<'_>) -> lua::Result {
    let timeout = optional_milliseconds(state, 2)?;
    let (thread, detached, joinable, joined) = this(state, |child| {
        (
            child.thread.clone(),
            child.detached,
            child.joinable,
            child.joined,
        )
    })?;
    let Some(thread) = thread else {
        return refuse(state, "Can't join a thread that hasn't be started.");
    };
    if joined {
        return refuse(state, "Can't join a thread that has already been joined.");
    }
    if detached && !joinable {
        return refuse(state, "Can't join a thread that has been detached.");
    }
    // The runtime's VM is closed before its thread reports its end.
    let outcome = match thread.join(state, may, timeout)? {
        Waited::Done(outcome) => outcome,
        Waited::TimedOut => return refuse(state, "timeout"),
        Waited::Ended { .. } => return Err(Error::message(fmt!("interrupted"))),
    };
    this(state, |child| child.joined = true)?;
    if detached || !joinable {
        state.push_boolean(true);
        state.push_integer(0);
        return Ok(2);
    }
    match outcome {
        None => {
            state.push_boolean(true);
            Ok(1)
        }
        Some(Outcome::Returned(values)) => {
            state.push_boolean(true);
            Ok(values.push(state)?.saturating_add(1))
        }
        Some(Outcome::Failed(failure)) => {
            let mut text = KVVec::new();
            text.extend_from_slice(b"Error from child thread: ", GFP_KERNEL | __GFP_NOWARN)?;
            text.extend_from_slice(&failure.message, GFP_KERNEL | __GFP_NOWARN)?;
            if !failure.traceback.is_empty() {
                text.extend_from_slice(b"\n", GFP_KERNEL | __GFP_NOWARN)?;
                text.extend_from_slice(&failure.traceback, GFP_KERNEL | __GFP_NOWARN)?;
            }
            state.push_boolean(false);
            state.push_bytes(&text)?;
            Ok(2)
        }
    }
}

/// `thread:alive()`
fn alive(state: State) -> lua::Result {
    let thread = this(state, |child| child.thread.clone())?;
    state.push_boolean(thread.is_some_and(|thread| thread.task().is_some()));
    Ok(1)
}

/// `thread:started()`
fn started(state: State) -> lua::Result {
    let started = this(state, |child| child.thread.is_some())?;
    state.push_boolean(started);
    Ok(1)
}

/// `thread:detached()`
fn detached(state: State) -> lua::Result {
    let detached = this(state, |child| child.detached)?;
    state.push_boolean(detached);
    Ok(1)
}

/// `thread:joinable()`
fn joinable(state: State) -> lua::Result {
    let joinable = this(state, |child| child.joinable)?;
    state.push_boolean(joinable);
    Ok(1)
}
