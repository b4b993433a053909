// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The Lua module `rcu`: hash tables that runtimes share.

use core::ffi::c_int;
use kernel::{
    prelude::*,
    sync::Arc, //
};

use crate::{
    binding::{
        arguments::{self, show, type_name},
        needs,
    },
    lua::{self, Anywhere, Error, Kind, Process, Softirq, State},
    native,
    runtime::{
        handle::Handle,
        handle::Shareable,
        objects::{Class, Classed},
        rcu_table::{RcuTable, Value, Walk, Writer, MAX_KEY, MAX_STRING},
        userdata,
        vm::Vm, //
    },
};

/// The size of a table that is made without one.
const DEFAULT_SIZE: i64 = 256;

/// The largest size that a script may name. It is a hint.
const MAX_SIZE: usize = 1 << 24;

impl Classed for RcuTable {
    const CLASS: &'static Class = &TABLE;
}

impl Shareable for RcuTable {}

const TABLE: Class = Class {
    name: c"rcu.table",
    fill: |state, metatable| {
        userdata::fill_shared(state, metatable)?;
        state.set_function(metatable, c"__index", native!(index, needs::Rcu, Anywhere))?;
        state.set_function(
            metatable,
            c"__newindex",
            native!(newindex, needs::Rcu, Softirq),
        )?;
        state.set_function(metatable, c"__len", native!(len, needs::Rcu, Anywhere))?;
        state.set_function(metatable, c"__pairs", native!(pairs, needs::Rcu, Process))?;
        Ok(())
    },
};

impl Classed for Walk {
    const CLASS: &'static Class = &WALK;
}

const WALK: Class = Class {
    name: c"rcu.walk",
    fill: |_, _| Ok(()),
};

/// Pushes the module.
pub(super) fn open(state: State) -> lua::Result {
    state.new_table(0, 5)?;
    state.set_function(-1, c"add", native!(add, needs::Rcu, Softirq))?;
    state.set_function(-1, c"cas", native!(cas, needs::Rcu, Softirq))?;
    state.set_function(-1, c"foreach", native!(map, needs::Rcu, Process))?;
    state.set_function(-1, c"map", native!(map, needs::Rcu, Process))?;
    state.set_function(-1, c"table", native!(table, needs::Rcu, Process))?;
    Ok(1)
}

/// The key at `index`.
fn key<'a>(state: State, index: c_int) -> lua::Result<&'a [u8]> {
    let key = arguments::string(state, index)?;
    if key.is_empty() || key.len() > MAX_KEY {
        return Err(Error::argument(
            index,
            fmt!("a key must have 1 to {MAX_KEY} bytes"),
        ));
    }
    Ok(key)
}

/// The value at `index`; nil is none.
fn value(state: State, index: c_int) -> lua::Result<Option<Value>> {
    let value = match state.kind(index) {
        Kind::None | Kind::Nil => return Ok(None),
        Kind::Boolean => Value::Boolean(state.to_boolean(index)),
        Kind::Integer => Value::Integer(arguments::integer(state, index)?),
        Kind::Float => Value::Float(state.to_float_bits(index).unwrap_or(0)),
        Kind::String => {
            let bytes = arguments::string(state, index)?;
            if bytes.len() > MAX_STRING {
                return Err(Error::argument(
                    index,
                    fmt!("a string must have at most {MAX_STRING} bytes"),
                ));
            }
            write(state, |writer| writer.string(bytes))?
        }
        _ => match userdata::handle(state, index) {
            Some(handle) => Value::Handle(handle),
            None => {
                let got = type_name(state, index);
                return Err(Error::argument(
                    index,
                    fmt!("boolean, number, string, nil or shareable object expected, got {got}"),
                ));
            }
        },
    };
    Ok(Some(value))
}

/// Pushes a value of a table.
fn push_value(state: State, value: Value) -> lua::Result<()> {
    match value {
        Value::Boolean(value) => state.push_boolean(value),
        Value::Integer(value) => state.push_integer(value),
        Value::Float(bits) => state.push_float_bits(bits),
        Value::String(bytes) => state.push_bytes(&bytes)?,
        Value::Handle(handle) => userdata::push_fetched(state, handle)?,
    }
    Ok(())
}

/// Calls `change`, for which the runtime pays and its context holds.
fn write<T>(state: State, change: impl FnOnce(Writer<'_>) -> Result<T>) -> lua::Result<T> {
    let runtime = Vm::runtime_of(state);
    let writer = Writer {
        payers: Some((runtime.account(), runtime.memcg())),
        context: state.context(),
    };
    change(writer).map_err(|error| {
        if error == ENOSPC {
            Error::message(fmt!("rcu.table is full"))
        } else {
            error.into()
        }
    })
}

/// The table at index 1, for a change.
fn writable(state: State) -> lua::Result<Arc<RcuTable>> {
    let table = userdata::shared::<RcuTable>(state, 1)?;
    if table.is_read_only() {
        return Err(Error::argument(1, fmt!("rcu.table is read-only")));
    }
    Ok(table)
}

/// `rcu.table([size])`
fn table(state: State) -> lua::Result {
    let size = arguments::optional_integer(state, 1, DEFAULT_SIZE)?;
    let size = usize::try_from(size)
        .ok()
        .filter(|size| (1..=MAX_SIZE).contains(size))
        .ok_or_else(|| Error::argument(1, fmt!("size must be from 1 to {MAX_SIZE}")))?;
    let runtime = Vm::runtime_of(state);
    let make = || {
        runtime
            .memcg()
            .charge(|| RcuTable::new(size, Some(runtime.account())))
    };
    let table = userdata::make(state, make)?;
    userdata::push(state, Handle::new(table))?;
    Ok(1)
}

/// `t[key]`
fn index(state: State) -> lua::Result {
    let key = key(state, 2);
    // Results in results would be copied several times, which takes longer than to find the value.
    let mut value = None;
    userdata::with_shared(state, 1, |table: &RcuTable| {
        if let Ok(key) = &key {
            value = table.get(key);
        }
    })?;
    key?;
    match value {
        Some(value) => push_value(state, value)?,
        None => state.push_nil(),
    }
    Ok(1)
}

/// `t[key] = value`
fn newindex(state: State) -> lua::Result {
    let table = writable(state)?;
    let key = key(state, 2)?;
    match value(state, 3)? {
        Some(value) => write(state, |writer| table.set(writer, key, value))?,
        None => {
            table.remove(key);
        }
    }
    Ok(0)
}

/// `#t`
fn len(state: State) -> lua::Result {
    let len = userdata::with_shared(state, 1, RcuTable::len)?;
    state.push_integer(len as i64);
    Ok(1)
}

/// `pairs(t)`
fn pairs(state: State) -> lua::Result {
    let table = userdata::shared::<RcuTable>(state, 1)?;
    state.push_function(native!(next, needs::Rcu, Process), 0)?;
    userdata::push(state, Walk::new(table))?;
    state.push_nil();
    Ok(3)
}

/// An entry that a walk has met.
struct Entry {
    key: [u8; MAX_KEY],
    key_len: usize,
    value: Value,
}

impl Entry {
    fn new(key: &[u8], value: Value) -> Self {
        let mut entry = Self {
            key: [0; MAX_KEY],
            key_len: key.len(),
            value,
        };
        for (slot, &byte) in entry.key.iter_mut().zip(key) {
            *slot = byte;
        }
        entry
    }

    /// Pushes the key and the value.
    fn push(self, state: State) -> lua::Result<()> {
        state.push_bytes(self.key.get(..self.key_len).unwrap_or_default())?;
        push_value(state, self.value)
    }
}

/// The iterator of `pairs`. Its arguments are the walk, and the last key, which it does not need.
fn next(state: State) -> lua::Result {
    let met = userdata::argument(state, 1, |walk: &mut Walk| walk.next(Entry::new))?;
    match met? {
        Some(entry) => {
            entry.push(state)?;
            Ok(2)
        }
        None => {
            state.push_nil();
            Ok(1)
        }
    }
}

/// `rcu.map(t, fn)`
fn map(state: State) -> lua::Result {
    let table = userdata::shared::<RcuTable>(state, 1)?;
    arguments::function(state, 2)?;
    let mut walk = Walk::new(table);
    while let Some(entry) = walk.next(Entry::new)? {
        state.push_value(2);
        entry.push(state)?;
        state.call(2, 0)?;
    }
    Ok(0)
}

/// `rcu.add(t, key, n)`
fn add(state: State) -> lua::Result {
    let table = writable(state)?;
    let key = key(state, 2)?;
    let n = arguments::integer(state, 3)?;
    let sum = write(state, |writer| match table.add(writer, key, n) {
        Err(error) if error == EDOM => Ok(None),
        result => result.map(Some),
    })?;
    let Some(sum) = sum else {
        let key = show(key);
        return Err(Error::message(fmt!(
            "the value of '{key}' is not an integer"
        )));
    };
    state.push_integer(sum);
    Ok(1)
}

/// `rcu.cas(t, key, old, new)`
fn cas(state: State) -> lua::Result {
    let table = writable(state)?;
    let key = key(state, 2)?;
    let old = value(state, 3)?;
    let new = value(state, 4)?;
    let was_old = write(state, |writer| {
        table.compare_and_set(writer, key, old.as_ref(), new)
    })?;
    state.push_boolean(was_old);
    Ok(1)
}
