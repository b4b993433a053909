// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The constants of the kernel's headers, which scripts see as `linux.nf`, `linux.eth` and so on.
//!
//! They are in the module's memory once. What a script holds is a userdata with the number of a table. The
//! `__index` of the userdata is a Lua table that caches what was looked up, so only the first use of a name calls
//! Rust. A runtime pays for the tables and names that it uses.

use core::ffi::c_int;
use kernel::prelude::*;

use crate::{
    binding::arguments::{string, type_error},
    lua::{self, Anywhere, Error, Free, Kind, Process, State},
    native,
    sys::constants::{Entry, Table, TABLES}, //
};

/// The number of the table of all others: the module `linux`.
const LINUX: u32 = 0;

/// Where the metatable of a table of constants keeps the only userdata for it.
const USERDATA: &CStr = c"userdata";

fn table(number: u32) -> Option<&'static Table> {
    TABLES.get(usize::try_from(number).ok()?)
}

fn find(table: &Table, name: &[u8]) -> core::result::Result<usize, usize> {
    table
        .entries
        .binary_search_by(|(other, _)| (*other).cmp(name))
}

/// The table that the userdata at `index` stands for, and its number. Any number is safe: it leads to a table or to
/// none.
fn argument(state: State, index: c_int) -> lua::Result<&'static Table> {
    state
        .userdata(index)
        .and_then(table)
        .ok_or_else(|| type_error(state, index, "table of constants"))
}

/// Has the fields of the Lua table at `index` that do not exist be looked up in the table of constants.
fn look_up_in(state: State, index: c_int, number: u32) -> lua::Result<()> {
    let index = state.absolute(index);
    state.new_table(0, 1)?;
    state.push_integer(number.into());
    state.push_function(native!(look_up, Free, Anywhere), 1)?;
    state.set_field(-2, c"__index")?;
    Ok(state.set_metatable(index)?)
}

/// Has the module `linux`, which is on top of the stack, contain the tables of constants.
pub(super) fn extend(state: State) -> lua::Result<()> {
    look_up_in(state, -1, LINUX)
}

/// Pushes the userdata for a table of constants, or nil if there is no such table.
fn push(state: State, number: u32) -> lua::Result<()> {
    let Some(wanted) = table(number) else {
        state.push_nil();
        return Ok(());
    };
    state.reserve(lua::MIN_STACK)?;
    state.metatable(wanted.path)?;
    let metatable = state.top();
    // If memory ran out while the metatable was being filled, the userdata is missing.
    if state.get_field(metatable, USERDATA)? == Kind::Nil {
        state.pop(1);
        state.new_table(0, 0)?;
        look_up_in(state, -1, number)?;
        state.set_field(metatable, c"__index")?;
        state.set_function(metatable, c"__newindex", native!(refuse, Free, Anywhere))?;
        state.set_function(metatable, c"__pairs", native!(pairs, Free, Anywhere))?;
        state.push_bytes(wanted.path.to_bytes())?;
        state.set_field(metatable, c"__name")?;
        state.push_boolean(false);
        state.set_field(metatable, c"__metatable")?;
        state.new_userdata(number)?;
        state.push_value(metatable);
        state.set_metatable(-2)?;
        state.push_value(-1);
        state.set_field(metatable, USERDATA)?;
    }
    state.replace(metatable);
    Ok(())
}

fn push_entry(state: State, entry: Entry) -> lua::Result<()> {
    match entry {
        Entry::Constant(value) => {
            state.push_integer(value);
            Ok(())
        }
        Entry::Table(number) => push(state, number),
    }
}

/// Sets the loaders of the tables in the module `linux` in the table of loaders at `index`.
pub(in crate::modules) fn preload(state: State, index: c_int) -> lua::Result<()> {
    let loaders = state.absolute(index);
    // One for all of them: each runtime has it.
    state.push_function(native!(open, Free, Process), 0)?;
    for (_, entry) in table(LINUX).map_or(&[][..], |linux| linux.entries) {
        if let Entry::Table(number) = entry {
            let Some(module) = table(*number) else {
                continue;
            };
            state.push_value(-1);
            state.set_field(loaders, module.path)?;
        }
    }
    state.pop(1);
    Ok(())
}

/// The loader of a table of constants: pushes the one that `require` was called for.
fn open(state: State) -> lua::Result {
    let path = string(state, 1)?;
    let found = (0u32..)
        .zip(TABLES)
        .find(|(_, table)| table.path.to_bytes() == path);
    let Some((number, _)) = found else {
        return Err(Error::argument(1, fmt!("there is no such module")));
    };
    push(state, number)?;
    Ok(1)
}

/// `__index` of the Lua table that caches: looks a name up, and keeps what it finds.
fn look_up(state: State) -> lua::Result {
    state.set_top(2);
    state.push_upvalue(1);
    let number = state.to_integer(-1).and_then(|it| it.try_into().ok());
    let entry = number.and_then(table).and_then(|table| {
        let at = find(table, state.to_bytes(2)?).ok()?;
        table.entries.get(at)
    });
    let Some((_, entry)) = entry else {
        return Ok(0);
    };
    push_entry(state, *entry)?;
    if state.kind(1) == Kind::Table {
        state.push_value(2);
        state.push_value(-2);
        state.raw_set(1)?;
    }
    Ok(1)
}

/// `__newindex`: an error.
fn refuse(state: State) -> lua::Result {
    let table = argument(state, 1)?;
    Err(Error::message(fmt!(
        "the constants in {} cannot be changed",
        table.path
    )))
}

/// `__pairs`
fn pairs(state: State) -> lua::Result {
    argument(state, 1)?;
    state.push_function(native!(next, Free, Anywhere), 0)?;
    state.push_value(1);
    Ok(2)
}

/// The name after the one at 2, and its value: what `pairs` goes through.
fn next(state: State) -> lua::Result {
    let table = argument(state, 1)?;
    let at = if state.is_none_or_nil(2) {
        0
    } else {
        let last = find(table, string(state, 2)?);
        last.map_err(|_| Error::argument(2, fmt!("there is no such constant")))? + 1
    };
    let Some((name, entry)) = table.entries.get(at) else {
        return Ok(0);
    };
    state.push_bytes(name)?;
    push_entry(state, *entry)?;
    Ok(2)
}
