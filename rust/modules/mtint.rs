// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The Lua module `mtint`: interrupts single threads of Lua (main threads and coroutines) of any
//! runtime.

use core::ffi::c_int;
use kernel::prelude::*;

use crate::{
    binding::arguments::{integer, type_error},
    lua::{self, Error, Free, Kind, Process, State},
    native,
    permission::Permission,
    runtime::{
        directory::{Listed, Listing},
        interruptible::{Interruptible, Mode},
        objects::{Class, Classed},
        userdata,
        vm::Vm, //
    },
};

/// The fields of `mtint.error` and their values.
const ERRORS: [(&CStr, &[u8]); 7] = [
    // The error has two names: the manual of the original module uses one, its code and examples
    // the other.
    (c"interrupt", b"mtint.error.interrupted"),
    (c"interrupted", b"mtint.error.interrupted"),
    (c"not_supported", b"mtint.error.not_supported"),
    (c"object_closed", b"mtint.error.object_closed"),
    (c"object_exists", b"mtint.error.object_exists"),
    (c"out_of_memory", b"mtint.error.out_of_memory"),
    (c"unknown_object", b"mtint.error.unknown_object"),
];

impl Classed for Listing<Interruptible> {
    const CLASS: &'static Class = &HANDLE;
}

const HANDLE: Class = Class {
    name: c"mtint.interruptible",
    fill: |state, metatable| {
        state.set_function(metatable, c"__tostring", native!(show, Free, Process))?;
        state.push_bytes(b"mtint.interruptible")?;
        state.set_field(metatable, c"__metatable")?;
        state.new_table(0, 2)?;
        state.set_function(-1, c"id", native!(handle_id, Free, Process))?;
        // The function checks the permission itself, once it knows the owner of the thread.
        state.set_function(-1, c"interrupt", native!(handle_interrupt, Free, Process))?;
        Ok(state.set_field(metatable, c"__index")?)
    },
};

/// Pushes the module.
pub(super) fn open(state: State) -> lua::Result {
    state.new_table(0, 8)?;
    state.set_function(-1, c"id", native!(id, Free, Process))?;
    // The function checks the permission itself, once it knows the owner of the thread.
    state.set_function(-1, c"interrupt", native!(interrupt, Free, Process))?;
    state.set_function(-1, c"interruptible", native!(interruptible, Free, Process))?;
    state.set_function(-1, c"sethook", native!(sethook, Free, Process))?;
    state.new_table(0, ERRORS.len() as c_int)?;
    for (name, text) in ERRORS {
        state.push_bytes(text)?;
        state.set_field(-2, name)?;
    }
    state.set_field(-2, c"error")?;
    state.push_bytes(b"mtint 0.3.4 of lunatik")?;
    state.set_field(-2, c"_INFO")?;
    state.push_bytes(b"0.3.4")?;
    state.set_field(-2, c"_VERSION")?;
    Ok(1)
}

/// Raises a text as it is, without the caller's position in front.
pub(super) fn raise(state: State, arguments: kernel::fmt::Arguments<'_>) -> Error {
    let text = lua::Text::new(arguments);
    // If there is no memory for the text, the memory error is on top.
    let _ = state.push_bytes(text.as_bytes());
    Error::Raised
}

fn unknown(state: State, id: i64) -> Error {
    raise(
        state,
        fmt!("mtint.error.unknown_object: interruptible id {id}"),
    )
}

/// `mtint.id([co])`
fn id(state: State) -> lua::Result {
    let thread = match state.kind(1) {
        Kind::None | Kind::Nil => state,
        _ => state
            .to_thread(1)
            .ok_or_else(|| type_error(state, 1, "thread"))?,
    };
    let id = match Interruptible::id_of(thread) {
        Ok(id) => id,
        Err(_) => {
            // The records of dead coroutines go with them.
            userdata::collect_garbage(state)?;
            Interruptible::id_of(thread)
                .map_err(|_| raise(state, fmt!("mtint.error.out_of_memory")))?
        }
    };
    state.push_integer(id as i64);
    Ok(1)
}

/// `mtint.sethook([co,] [function])`
fn sethook(state: State) -> lua::Result {
    let function = match state.kind(1) {
        Kind::Thread => 2,
        _ => 1,
    };
    if !state.is_none_or_nil(function) && state.kind(function) != Kind::Function {
        return Err(type_error(state, function, "function"));
    }
    state.set_top(function);
    if function == 1 {
        state.push_thread();
        state.insert(1);
    }
    state.set_interrupt_handler()?;
    Ok(0)
}

/// What the flag at `index` asks for.
fn mode(state: State, index: c_int) -> lua::Result<Mode> {
    match state.kind(index) {
        Kind::None | Kind::Nil => Ok(Mode::Once),
        Kind::Boolean if state.to_boolean(index) => Ok(Mode::Always),
        Kind::Boolean => Ok(Mode::Never),
        _ => Err(Error::argument(index, fmt!("boolean expected"))),
    }
}

/// Fails unless the code of `state` may interrupt the thread. It may always interrupt a thread of
/// its own runtime. For a thread of another runtime it needs permission to control that runtime.
fn may_interrupt(state: State, thread: &Interruptible) -> lua::Result<()> {
    let owner = thread.owner();
    if owner.runtime() == Vm::runtime_of(state).id() {
        return Ok(());
    }
    Vm::permit(state, Permission::Runner, owner.name())
}

/// The handle at `index`.
fn with_handle<T>(
    state: State,
    index: c_int,
    with: impl FnOnce(&Listing<Interruptible>) -> T,
) -> Option<T> {
    userdata::with(state, index, |handle: &mut Listing<Interruptible>| {
        with(handle)
    })
}

/// `mtint.interrupt(id_or_handle [, flag])`
fn interrupt(state: State) -> lua::Result {
    if state.is_none_or_nil(1) {
        return Err(Error::argument(
            1,
            fmt!("interruptible object or id expected"),
        ));
    }
    let thread = match with_handle(state, 1, |handle| (*handle).clone()) {
        Some(thread) => thread,
        None => {
            let id = integer(state, 1)?;
            mode(state, 2)?;
            u64::try_from(id)
                .ok()
                .and_then(Interruptible::find)
                .ok_or_else(|| unknown(state, id))?
        }
    };
    let mode = mode(state, 2)?;
    may_interrupt(state, &thread)?;
    state.push_boolean(thread.interrupt(mode));
    Ok(1)
}

/// `mtint.interruptible(id)`
fn interruptible(state: State) -> lua::Result {
    let id = integer(state, 1)?;
    let handle = u64::try_from(id)
        .ok()
        .and_then(Listing::find)
        .ok_or_else(|| unknown(state, id))?;
    userdata::push(state, handle)?;
    Ok(1)
}

/// `handle:id()`
fn handle_id(state: State) -> lua::Result {
    let id = with_handle(state, 1, |handle| handle.id())
        .ok_or_else(|| type_error(state, 1, "mtint.interruptible"))?;
    state.push_integer(id as i64);
    Ok(1)
}

/// `handle:interrupt([flag])`
fn handle_interrupt(state: State) -> lua::Result {
    let thread = with_handle(state, 1, |handle| (*handle).clone())
        .ok_or_else(|| type_error(state, 1, "mtint.interruptible"))?;
    let mode = mode(state, 2)?;
    may_interrupt(state, &thread)?;
    state.push_boolean(thread.interrupt(mode));
    Ok(1)
}

/// `tostring(handle)`
fn show(state: State) -> lua::Result {
    let id = with_handle(state, 1, |handle| handle.id())
        .ok_or_else(|| type_error(state, 1, "mtint.interruptible"))?;
    let address = state.identity(1);
    let text = lua::Text::new(fmt!("mtint.interruptible: {address:#x} (id={id})"));
    state.push_bytes(text.as_bytes())?;
    Ok(1)
}
