// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The Lua module `mtmsg`: buffers of messages between runtimes.

use core::ffi::c_int;
use kernel::prelude::*;

use super::mtint::raise;
use crate::{
    binding::arguments::{integer, optional_integer, show, string, type_error, type_name},
    channel::{
        buffer::{Added, Buffer, Refused, MAX_BYTES, MAX_NAME},
        family::Family, //
    },
    linux::{clock, context::MaySleep},
    lua::{self, Error, Free, Kind, Process, Sleeps, Softirq, State},
    native,
    permission::Permission,
    runtime::{
        directory::{Listed, Listing},
        hooks,
        message::Message,
        objects::{Class, Classed},
        parking::{wait, Waited},
        userdata,
        vm::Vm, //
    },
};

/// The fields of `mtmsg.error` and their values.
const ERRORS: [(&CStr, &[u8]); 7] = [
    (c"ambiguous_name", b"mtmsg.error.ambiguous_name"),
    (c"message_size", b"mtmsg.error.message_size"),
    (c"no_buffers", b"mtmsg.error.no_buffers"),
    (c"object_closed", b"mtmsg.error.object_closed"),
    (c"operation_aborted", b"mtmsg.error.operation_aborted"),
    (c"out_of_memory", b"mtmsg.error.out_of_memory"),
    (c"unknown_object", b"mtmsg.error.unknown_object"),
];

/// The bytes that a buffer holds at first, if its maker names no size.
const DEFAULT_SIZE: i64 = 1024;

/// A userdata's reference to a buffer.
pub(crate) struct BufferReference {
    buffer: Listing<Buffer>,
    /// Whether `nextmsg` without a time-out does not wait.
    nonblock: bool,
}

impl Classed for BufferReference {
    const CLASS: &'static Class = &BUFFER;
}

const BUFFER: Class = Class {
    name: c"mtmsg.buffer",
    fill: |state, metatable| {
        state.set_function(metatable, c"__tostring", native!(tostring, Free, Process))?;
        state.push_bytes(b"mtmsg.buffer")?;
        state.set_field(metatable, c"__metatable")?;
        state.new_table(0, 12)?;
        state.set_function(-1, c"abort", native!(abort, Free, Process))?;
        state.set_function(-1, c"addmsg", native!(addmsg, Free, Softirq))?;
        state.set_function(-1, c"clear", native!(clear, Free, Process))?;
        state.set_function(-1, c"close", native!(close, Free, Process))?;
        state.set_function(-1, c"id", native!(id, Free, Process))?;
        state.set_function(-1, c"isabort", native!(isabort, Free, Process))?;
        state.set_function(-1, c"isnonblock", native!(isnonblock, Free, Process))?;
        state.set_function(-1, c"msgcnt", native!(msgcnt, Free, Process))?;
        state.set_function(-1, c"name", native!(name, Free, Process))?;
        state.set_function(-1, c"nextmsg", native!(nextmsg, Free, Sleeps))?;
        state.set_function(-1, c"nonblock", native!(nonblock, Free, Process))?;
        state.set_function(-1, c"setmsg", native!(setmsg, Free, Process))?;
        Ok(state.set_field(metatable, c"__index")?)
    },
};

/// Pushes the module.
pub(super) fn open(state: State) -> lua::Result {
    state.new_table(0, 10)?;
    state.set_function(-1, c"abort", native!(abort_all, Free, Process))?;
    // The function checks the permission itself, once it knows the owner of the buffer.
    state.set_function(-1, c"buffer", native!(buffer, Free, Process))?;
    state.set_function(-1, c"isabort", native!(isabort_all, Free, Process))?;
    state.set_function(-1, c"newbuffer", native!(newbuffer, Free, Process))?;
    state.set_function(-1, c"sleep", native!(sleep, Free, Sleeps))?;
    state.set_function(-1, c"time", native!(time, Free, Process))?;
    state.set_function(-1, c"type", native!(type_of, Free, Process))?;
    state.new_table(0, ERRORS.len() as c_int)?;
    for (name, text) in ERRORS {
        state.push_bytes(text)?;
        state.set_field(-2, name)?;
    }
    state.set_field(-2, c"error")?;
    state.push_bytes(b"mtmsg 0.4.3 of lunatik")?;
    state.set_field(-2, c"_INFO")?;
    state.push_bytes(b"0.4.3")?;
    state.set_field(-2, c"_VERSION")?;
    Ok(1)
}

fn refused(state: State, buffer: &Buffer, refused: Refused) -> Error {
    match refused {
        Refused::Closed => raise(
            state,
            fmt!(
                "mtmsg.error.object_closed: mtmsg.buffer(id={})",
                buffer.id()
            ),
        ),
        Refused::Aborted => aborted(state),
    }
}

fn aborted(state: State) -> Error {
    raise(state, fmt!("mtmsg.error.operation_aborted"))
}

fn no_memory(state: State) -> Error {
    raise(state, fmt!("mtmsg.error.out_of_memory"))
}

/// The buffer at index 1, and whether this reference to it does not wait.
fn this(state: State) -> lua::Result<(kernel::sync::Arc<Buffer>, bool)> {
    userdata::argument(state, 1, |reference: &mut BufferReference| {
        ((*reference.buffer).clone(), reference.nonblock)
    })
}

fn family(state: State) -> lua::Result<kernel::sync::Arc<Family>> {
    Family::of(state).map_err(|_| no_memory(state))
}

fn push(state: State, buffer: Listing<Buffer>) -> lua::Result {
    let reference = BufferReference {
        buffer,
        nonblock: false,
    };
    userdata::push(state, reference)?;
    Ok(1)
}

/// `mtmsg.newbuffer([name,] [size [, grow]])`
fn newbuffer(state: State) -> lua::Result {
    let mut index = 1;
    let mut name = None;
    if state.kind(1) == Kind::String {
        let given = string(state, 1)?;
        if given.len() > MAX_NAME {
            return Err(Error::argument(
                1,
                fmt!("a name must have at most {MAX_NAME} bytes"),
            ));
        }
        name = Some(given);
        index = 2;
    } else if state.kind(1) == Kind::Nil {
        index = 2;
    }
    let size = optional_integer(state, index, DEFAULT_SIZE)?;
    let size = usize::try_from(size)
        .map_err(|_| Error::argument(index, fmt!("size must not be negative")))?;
    let grow = index.saturating_add(1);
    let limit = match state.kind(grow) {
        // A growing buffer grows by itself. The step has no visible effect, so it is ignored.
        Kind::None | Kind::Nil => MAX_BYTES,
        Kind::Integer | Kind::Float if state.to_integer(grow) == Some(0) => size,
        Kind::Integer | Kind::Float => MAX_BYTES,
        _ => return Err(type_error(state, grow, "number")),
    };
    let family = family(state)?;
    let runtime = Vm::runtime_of(state);
    let make = || {
        runtime
            .memcg()
            .charge(|| Buffer::make(name, family.clone(), &runtime, limit))
    };
    let buffer = userdata::make(state, make)?;
    push(state, buffer)
}

/// `mtmsg.buffer(id or name)`
fn buffer(state: State) -> lua::Result {
    let family = family(state)?;
    let found = match state.kind(1) {
        Kind::Integer => {
            let id = integer(state, 1)?;
            u64::try_from(id)
                .ok()
                .and_then(Listing::<Buffer>::find)
                .ok_or_else(|| raise(state, fmt!("mtmsg.error.unknown_object: buffer id {id}")))?
        }
        Kind::String => {
            let name = string(state, 1)?;
            let ambiguous = |()| {
                raise(
                    state,
                    fmt!("mtmsg.error.ambiguous_name: buffer name \"{}\"", show(name)),
                )
            };
            let id = match Buffer::named(name, Some(&family)).map_err(ambiguous)? {
                None => Buffer::named(name, None).map_err(ambiguous)?,
                found => found,
            };
            id.and_then(Listing::<Buffer>::find).ok_or_else(|| {
                raise(
                    state,
                    fmt!("mtmsg.error.unknown_object: buffer name \"{}\"", show(name)),
                )
            })?
        }
        _ => return Err(Error::argument(1, fmt!("buffer name or id expected"))),
    };
    if !found.is_in(&family) {
        Vm::permit(state, Permission::Runner, found.maker())?;
    }
    push(state, found)
}

/// `mtmsg.sleep(seconds)`
fn sleep(state: State, may: MaySleep<'_>) -> lua::Result {
    let ms = state
        .to_milliseconds(1)
        .ok_or_else(|| type_error(state, 1, "number"))?;
    let ended = ms > 0
        && matches!(
            wait(state, may, Some(ms), || Ok(None::<()>))?,
            Waited::Ended { .. }
        );
    if family(state)?.is_aborted() || ended {
        return Err(aborted(state));
    }
    Ok(0)
}

/// `mtmsg.time()`
fn time(state: State) -> lua::Result {
    state.push_seconds(clock::real());
    Ok(1)
}

/// `mtmsg.type(value)`
fn type_of(state: State) -> lua::Result {
    let name = match state.kind(1) {
        Kind::None => return Err(Error::argument(1, fmt!("value expected"))),
        Kind::Userdata if this(state).is_ok() => "mtmsg.buffer",
        Kind::Userdata | Kind::Pointer => "userdata",
        _ => type_name(state, 1),
    };
    state.push_bytes(name.as_bytes())?;
    Ok(1)
}

/// The flag at `index`; true if it is missing.
fn flag(state: State, index: c_int) -> lua::Result<bool> {
    match state.kind(index) {
        Kind::None | Kind::Nil => Ok(true),
        Kind::Boolean => Ok(state.to_boolean(index)),
        _ => Err(type_error(state, index, "boolean")),
    }
}

/// `mtmsg.abort([flag])`
fn abort_all(state: State) -> lua::Result {
    let on = flag(state, 1)?;
    family(state)?.abort(on);
    Ok(0)
}

/// `mtmsg.isabort()`
fn isabort_all(state: State) -> lua::Result {
    state.push_boolean(family(state)?.is_aborted());
    Ok(1)
}

/// `buffer:id()`
fn id(state: State) -> lua::Result {
    let (buffer, _) = this(state)?;
    state.push_integer(buffer.id() as i64);
    Ok(1)
}

/// `buffer:name()`
fn name(state: State) -> lua::Result {
    let (buffer, _) = this(state)?;
    let Some(name) = buffer.name() else {
        return Ok(0);
    };
    state.push_bytes(name)?;
    Ok(1)
}

/// `tostring(buffer)`
fn tostring(state: State) -> lua::Result {
    let (buffer, _) = this(state)?;
    let address = state.identity(1);
    let id = buffer.id();
    let text = match buffer.name() {
        Some(name) => lua::Text::new(fmt!(
            "mtmsg.buffer: {address:#x} (name=\"{}\",id={id})",
            show(name)
        )),
        None => lua::Text::new(fmt!("mtmsg.buffer: {address:#x} (id={id})")),
    };
    state.push_bytes(text.as_bytes())?;
    Ok(1)
}

/// The buffer at index 1, to which the arguments from index 2 on are to be added.
fn to_add(state: State) -> lua::Result<kernel::sync::Arc<Buffer>> {
    let (buffer, _) = this(state)?;
    for index in 2..=state.top() {
        if !matches!(
            state.kind(index),
            Kind::Nil | Kind::Boolean | Kind::Integer | Kind::Float | Kind::String
        ) {
            return Err(Error::argument(index, fmt!("parameter type not supported")));
        }
    }
    Ok(buffer)
}

/// Adds the arguments from index 2 on as a message.
fn add(state: State, alone: bool) -> lua::Result {
    let buffer = to_add(state)?;
    let added = Vm::runtime_of(state).memcg().charge(|| {
        let message = Message::encode(state, 2, state.top())?;
        buffer.add(message, alone).map_err(|_| no_memory(state))
    })?;
    match added.map_err(|error| refused(state, &buffer, error))? {
        Added::Yes => state.push_boolean(true),
        Added::Full => state.push_boolean(false),
        Added::TooBig(size, limit) => {
            return Err(raise(
                state,
                fmt!(
                    "mtmsg.error.message_size: message size {size} exceeds limit of {limit} bytes \
                     for mtmsg.buffer(id={})",
                    buffer.id()
                ),
            ))
        }
    }
    Ok(1)
}

/// `buffer:addmsg(...)`
fn addmsg(state: State) -> lua::Result {
    if hooks::may_sleep(state)?.is_some() {
        return add(state, false);
    }
    let buffer = to_add(state)?;
    let most = buffer.most();
    let is_added = hooks::post(state, 2, state.top(), buffer, most)?;
    state.push_boolean(is_added);
    Ok(1)
}

/// `buffer:setmsg(...)`
fn setmsg(state: State) -> lua::Result {
    add(state, true)
}

/// `buffer:nextmsg([seconds])`
fn nextmsg(state: State, may: MaySleep<'_>) -> lua::Result {
    let (buffer, nonblock) = this(state)?;
    let timeout = match state.kind(2) {
        Kind::None | Kind::Nil if nonblock => Some(0),
        Kind::None | Kind::Nil => None,
        Kind::Integer | Kind::Float => state.to_milliseconds(2),
        _ => return Err(Error::argument(2, fmt!("timeout seconds expected"))),
    };
    let runtime = Vm::runtime_of(state).into();
    let receiver = (timeout != Some(0)).then_some(&runtime);
    let waited = wait(state, may, timeout, || match buffer.take(receiver) {
        Ok(taken) => taken.map_err(|error| refused(state, &buffer, error)),
        Err(error) if error == ENOBUFS => Err(Error::message(fmt!(
            "too many wait for messages of the same buffer"
        ))),
        Err(error) => Err(error.into()),
    })?;
    let entry = match waited {
        Waited::Done(entry) => entry,
        Waited::TimedOut => return Ok(0),
        Waited::Ended { .. } => return Err(aborted(state)),
    };
    entry.message().push(state).inspect_err(|_| {
        // There is no memory for the message here. It goes back, so that it is not lost.
        buffer.put_back(entry);
    })
}

/// `buffer:msgcnt()`
fn msgcnt(state: State) -> lua::Result {
    let (buffer, _) = this(state)?;
    let count = buffer
        .count()
        .map_err(|error| refused(state, &buffer, error))?;
    state.push_integer(count as i64);
    Ok(1)
}

/// `buffer:clear()`
fn clear(state: State) -> lua::Result {
    let (buffer, _) = this(state)?;
    buffer
        .clear()
        .map_err(|error| refused(state, &buffer, error))?;
    state.push_boolean(true);
    Ok(1)
}

/// `buffer:close()`
fn close(state: State) -> lua::Result {
    let (buffer, _) = this(state)?;
    buffer.close();
    Ok(0)
}

/// `buffer:abort([flag])`
fn abort(state: State) -> lua::Result {
    let (buffer, _) = this(state)?;
    let on = flag(state, 2)?;
    buffer
        .abort(on)
        .map_err(|error| refused(state, &buffer, error))?;
    Ok(0)
}

/// `buffer:isabort()`
fn isabort(state: State) -> lua::Result {
    let (buffer, _) = this(state)?;
    state.push_boolean(buffer.is_aborted());
    Ok(1)
}

/// `buffer:nonblock([flag])`
fn nonblock(state: State) -> lua::Result {
    let on = flag(state, 2)?;
    userdata::argument(state, 1, |reference: &mut BufferReference| {
        reference.nonblock = on;
    })?;
    Ok(0)
}

/// `buffer:isnonblock()`
fn isnonblock(state: State) -> lua::Result {
    let (_, nonblock) = this(state)?;
    state.push_boolean(nonblock);
    Ok(1)
}
