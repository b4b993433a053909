// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Calls into the Lua code of a runtime.

use core::ffi::c_int;
use kernel::str::BStr;
use kernel::{
    fmt,
    prelude::*,
    sync::{
        Arc,
        ArcBorrow, //
    },
};

use super::{
    at_end,
    chain::{Chain, EnterError},
    instance::{Entered, Failure, Runtime},
    message::Message,
    meter::Exceeded,
    program::ScriptText,
    surroundings::Surroundings,
    vm::Vm, //
};
use crate::{
    linux::{context::MaySleep, segment::NoRoom},
    lua::{self, Error, Kind, Raised, Reference, State, Text},
};

/// The message for a runtime that has used up its CPU time.
const OVER_LIMIT: &[u8] = b"CPU limit exceeded";

/// Makes a failure with a message and no traceback.
pub(crate) fn failure(arguments: fmt::Arguments<'_>) -> Result<Arc<Failure>> {
    let mut failure = Failure::new(0);
    failure.say(Text::new(arguments).as_bytes())?;
    Ok(Arc::new(failure, GFP_KERNEL)?)
}

/// Makes a failure with these bytes as its message, and no traceback.
pub(crate) fn failure_of(message: &[u8]) -> Result<Arc<Failure>> {
    let mut failure = Failure::new(0);
    failure.say(message)?;
    Ok(Arc::new(failure, GFP_KERNEL)?)
}

/// The failure of a runtime that has used up its CPU time, but has ended well all the same.
pub(crate) fn over_limit() -> Result<Arc<Failure>> {
    let mut failure = Failure::new(ETIME.to_errno());
    failure.say(OVER_LIMIT)?;
    Ok(Arc::new(failure, GFP_KERNEL)?)
}

/// Pops the error on top of the stack and makes a failure of it, with its traceback.
///
/// An error that is not a string is shown by its `__tostring`, or without that by its type, as in
/// the `lua` command. `tostring` would show an address.
///
/// Not inlined, so that the other ways of [`to_failure`] take less of the stack.
#[inline(never)]
pub(crate) fn take_failure(state: State) -> Result<Arc<Failure>> {
    let runtime = Vm::runtime_of(state);
    let exceeded = runtime.meter().exceeded() != Exceeded::Nothing;
    let errno = if exceeded { ETIME.to_errno() } else { 0 };
    let mut failure = Failure::against(runtime.account(), errno);
    let bottom = state.absolute(-1);
    if exceeded {
        // Shown in place of any error: code that the runtime called may have been ended for the
        // same reason.
        failure.say(OVER_LIMIT)?;
    } else if !is_text(state).unwrap_or(false) {
        state.set_top(bottom);
        let text = Text::new(fmt!("(error object is a {} value)", type_name(state)));
        failure.say(text.as_bytes())?;
    } else if state.push_text(-1).is_err() {
        // Its `__tostring` has failed, and that error is on top now.
        state.set_top(bottom);
        failure.say(b"(error object cannot be shown)")?;
    } else {
        failure.say(state.to_bytes(-1).unwrap_or_default())?;
    }
    state.push_traceback();
    if let Some(bytes) = state.to_bytes(-1) {
        // A failure is worth reporting even without a traceback.
        let _ = failure.trace(bytes);
    }
    state.set_top(bottom - 1);
    Ok(Arc::new(failure, GFP_KERNEL)?)
}

/// Converts an error of the Lua edge for use outside Lua.
pub(crate) fn to_failure(state: State, error: Error) -> Result<Arc<Failure>> {
    match error {
        Error::Raised | Error::PushedMessage => take_failure(state),
        Error::Message(text) | Error::Argument(_, text) => {
            failure(fmt!("{}", BStr::from_bytes(text.as_bytes())))
        }
        Error::Parked | Error::Suspended => failure(fmt!("attempt to wait outside of a function")),
        Error::Atomic => failure(fmt!("not in atomic context")),
        Error::NoMemory => failure(fmt!("not enough memory")),
    }
}

/// Compiles `text`, the script at `place`, frees the text, and calls the script with the arguments
/// that `push_arguments` pushes. Leaves the results on the stack and returns their number.
///
/// Not inlined, so that this frame is not on the stack while the file is read.
#[inline(never)]
pub(crate) fn chunk(
    entered: &Entered<'_>,
    text: ScriptText<'_>,
    place: &Surroundings<'_>,
    push_arguments: impl FnOnce(State) -> lua::Result,
) -> lua::Result<c_int> {
    let state = entered.state();
    let base = state.top();
    let run = || {
        let arguments = prepare(entered, text, place, push_arguments)?;
        let called = state.call(arguments, -1);
        at_end::result(state, called)?;
        Ok(state.top() - base)
    };
    // SAFETY: `run` uses only the VM of `state`, which belongs to no thread.
    unsafe { Vm::with_room(state, run) }
        .unwrap_or_else(|NoRoom| Err(Error::message(fmt!("C stack overflow"))))
}

/// Does the part of [`chunk`] before the call. Not inlined, so that this frame is gone when the script
/// runs: with half a KiB less of the stack, each match of a pattern would move to another stack.
#[inline(never)]
fn prepare(
    entered: &Entered<'_>,
    text: ScriptText<'_>,
    place: &Surroundings<'_>,
    push_arguments: impl FnOnce(State) -> lua::Result,
) -> lua::Result<c_int> {
    let state = entered.state();
    state.reserve(lua::MIN_STACK)?;
    text.load(state)?;
    entered.loaded();
    if !entered.context().may_sleep() {
        hide_files(state)?;
    }
    place.set_path(state)?;
    let arguments = push_arguments(state)?;
    place.set_arg(state, arguments)?;
    Ok(arguments)
}

/// Takes the library `io` out of the globals: no hook can use files, and code for several contexts asks
/// whether there is an `io`. While the script is loaded, `require "io"` returns it.
fn hide_files(state: State) -> lua::Result<()> {
    state.push_globals();
    state.push_nil();
    state.set_field(-2, c"io")?;
    state.pop(1);
    Ok(())
}

/// Pops the function on top of the stack and makes it the body of the runtime.
pub(crate) fn set_body(entered: &Entered<'_>) -> Result<(), Raised> {
    let reference = entered.state().keep()?;
    if let Some(former) = entered.vm().replace_body(Some(reference)) {
        entered.state().release(former);
    }
    Ok(())
}

/// Why a body did not run.
pub(crate) fn enter_failure(name: &[u8], error: EnterError) -> Result<Arc<Failure>> {
    let name = BStr::from_bytes(name);
    match error {
        EnterError::Deadlock => failure(fmt!("{name} waits for the caller: this would never end")),
        EnterError::Interrupted => failure(fmt!("interrupted while waiting for {name}")),
        EnterError::Gone => failure(fmt!("{name} was stopped")),
        EnterError::Sealed => failure(fmt!("{name} runs in hooks only")),
    }
}

/// The treatment of results that cannot travel.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Results {
    /// If one result cannot travel, none does.
    OrNothing,
    /// Such results are shown as text. Errors without a text are not shown.
    OrText,
}

/// Runs the body of `runtime` with `arguments`, as the runtime's last action.
pub(crate) fn body(
    runtime: ArcBorrow<'_, Runtime>,
    chain: &Arc<Chain>,
    arguments: Message,
    results: Results,
) -> Result<Message, Arc<Failure>> {
    let entered = match runtime.enter(MaySleep::of_thread(), chain, None) {
        Ok(entered) => entered,
        Err(error) => return Err(or_no_memory(enter_failure(runtime.name(), error))),
    };
    entered.end_when_left();
    entered.waits_begin_stretches();
    let state = entered.state();
    let base = state.top();
    let result = call_body(&entered, &arguments, results);
    // A script that was told to stop has not failed, whether it was killed while it ran or has
    // returned because it was told to.
    let told = entered.was_told();
    match result {
        Ok(values) => {
            state.set_top(base);
            Ok(values)
        }
        Err(error) => {
            let failure = or_no_memory(to_failure(state, error));
            state.set_top(base);
            if !told {
                log_failure(&entered, &failure);
                entered.set_failure(Some(failure.clone()));
            }
            Err(failure)
        }
    }
}

fn call_body(entered: &Entered<'_>, arguments: &Message, results: Results) -> lua::Result<Message> {
    let state = entered.state();
    let base = state.top();
    let body: Reference = entered
        .vm()
        .replace_body(None)
        .ok_or_else(|| Error::message(fmt!("the script has left no function to run")))?;
    state.reserve(lua::MIN_STACK)?;
    state.push_kept(body);
    state.release(body);
    let count = arguments.push(state)?;
    let called = state.call(count, -1);
    if let Err(raised) = at_end::result(state, called) {
        if results == Results::OrText && !is_text(state)? {
            state.pop(1);
            state.push_bytes(b"(no error message)")?;
        }
        return Err(raised.into());
    }
    at_end::call(state)?;
    if results == Results::OrText {
        return Message::encode_or_show(state, base + 1, state.top());
    }
    Message::encode(state, base + 1, state.top()).or_else(|_| {
        // Most callers do not use the results of a thread's function, so a value that cannot travel
        // is not a failure of the function.
        state.set_top(base);
        Ok(Message::default())
    })
}

/// Lua's name for the type of the value on top of the stack.
fn type_name(state: State) -> &'static str {
    match state.kind(-1) {
        Kind::None | Kind::Nil => "nil",
        Kind::Boolean => "boolean",
        Kind::Integer | Kind::Float => "number",
        Kind::String => "string",
        Kind::Table => "table",
        Kind::Function => "function",
        Kind::Thread => "thread",
        Kind::Userdata | Kind::Pointer => "userdata",
    }
}

/// Whether the value on top of the stack is text, or has a `__tostring` that shows it as text.
fn is_text(state: State) -> Result<bool, Raised> {
    if matches!(state.kind(-1), Kind::String | Kind::Integer | Kind::Float) {
        return Ok(true);
    }
    let guard = state.guard();
    let mut is_text = false;
    if state.push_metatable(-1) {
        state.push_bytes(b"__tostring")?;
        state.raw_get(-2);
        is_text = state.kind(-1) != Kind::Nil;
    }
    drop(guard);
    Ok(is_text)
}

/// Returns a failure in any case: without memory for it, an empty one.
pub(crate) fn or_no_memory(result: Result<Arc<Failure>>) -> Arc<Failure> {
    let mut made = result.ok();
    loop {
        if let Some(failure) = made {
            return failure;
        }
        // The allocation is not charged to a cgroup and is smaller than a page, so the kernel waits
        // for the memory.
        made = Arc::new(Failure::new(0), GFP_KERNEL).ok();
    }
}

/// Writes an error to the script's log.
pub(crate) fn log_failure(runtime: &Runtime, failure: &Failure) {
    use super::sink::Stream;

    runtime.log().append(Stream::Error, &failure.message);
    runtime.log().append(Stream::Error, b"\n");
    if !failure.traceback.is_empty() {
        runtime.log().append(Stream::Error, &failure.traceback);
        runtime.log().append(Stream::Error, b"\n");
    }
}

/// Whether the value at `index` is a function.
pub(crate) fn is_function(state: State, index: c_int) -> bool {
    state.kind(index) == Kind::Function
}
