// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! From a message to a value of Lua.

use std::ffi::c_int;

use lunatik_abi::{
    codec::{Reader, Token},
    wire::{handle, Flat},
};
use mlua::{ffi, Function, Lua, Table, Value};

use super::{encode::bits, files::received, natives::Shared};

/// The functions of Lua code that make objects of what a message brings.
pub(super) struct Makers {
    /// Gets a grant, and returns a channel.
    pub(super) channel: Function,
    /// Gets the number of a descriptor, and returns an object.
    pub(super) file: Function,
}

/// The next token. The message was checked.
fn token<'a>(reader: &mut Reader<'a>) -> mlua::Result<Token<'a>> {
    match reader.token() {
        Ok(Some(token)) => Ok(token),
        Ok(None) => Err(mlua::Error::runtime("a message ends too early")),
        Err(error) => Err(mlua::Error::external(error.to_string())),
    }
}

/// Makes the object that a handle refers to.
fn object(shared: &Shared, kind: u8, index: u32) -> mlua::Result<Value> {
    let makers = shared.makers()?;
    match kind {
        handle::ACTOR => makers.channel.call(index),
        handle::FILE => {
            let file = received(index).map_err(mlua::Error::external)?;
            let number = shared.files.borrow_mut().add(file);
            makers.file.call(number)
        }
        _ => Err(mlua::Error::runtime(
            "the kernel has sent an unknown kind of handle",
        )),
    }
}

/// Pushes a scalar; false, if the token is none.
///
/// # Safety
///
/// `state` must be that of the running C function, with room for a value. Its caller must expect errors of Lua, and
/// nothing that is to be dropped may be alive in between.
unsafe fn push_scalar(state: *mut ffi::lua_State, token: Token<'_>) -> bool {
    // SAFETY: As the caller promises. The bytes are those of the slice.
    unsafe {
        match token {
            Token::Boolean(value) => ffi::lua_pushboolean(state, c_int::from(value)),
            Token::Integer(value) => ffi::lua_pushinteger(state, value),
            // A NaN that signals would be one that only this process can make.
            Token::Float(value) => {
                ffi::lua_pushnumber(state, f64::from_bits(bits(f64::from_bits(value))));
            }
            Token::String(bytes) => {
                ffi::lua_pushlstring(state, bytes.as_ptr().cast(), bytes.len());
            }
            _ => return false,
        }
    }
    true
}

/// Pushes the value of a message without the objects in it.
///
/// # Safety
///
/// As for [`push_scalar`]; there must be room for three values.
unsafe fn push(state: *mut ffi::lua_State, flat: &Flat<'_>) {
    let mut reader = flat.reader();
    let mut next = || reader.token().ok().flatten();
    // SAFETY: As the caller promises. The table is below each key and value. A key is no nil and no NaN: it is a string.
    unsafe {
        match next() {
            Some(Token::TableBegin) => {
                // CAST: a flat table has at most 20 members.
                ffi::lua_createtable(state, 0, flat.members() as c_int);
                while let (Some(key @ Token::String(_)), Some(value)) = (next(), next()) {
                    push_scalar(state, key);
                    match push_scalar(state, value) {
                        true => ffi::lua_rawset(state, -3),
                        false => ffi::lua_pop(state, 1),
                    }
                }
            }
            Some(token) => {
                push_scalar(state, token);
            }
            None => {}
        }
    }
}

/// Puts the objects of a message into its table.
fn add_objects(lua: &Lua, shared: &Shared, flat: &Flat<'_>, table: &Table) -> mlua::Result<()> {
    let mut reader = flat.reader();
    token(&mut reader)?;
    while let Token::String(key) = token(&mut reader)? {
        if let Token::Handle { kind, index } = token(&mut reader)? {
            table.raw_set(lua.create_string(key)?, object(shared, kind, index)?)?;
        }
    }
    Ok(())
}

/// Makes the value of a message, and the objects in it. Nothing of `shared` may be borrowed: the collector may call
/// any native.
pub(super) fn decode(lua: &Lua, shared: &Shared, flat: &Flat<'_>) -> mlua::Result<Value> {
    if let Ok(Some(Token::Handle { kind, index })) = flat.reader().token() {
        return object(shared, kind, index);
    }
    // SAFETY: mlua runs the closure in a C function, for which Lua has room for 20 values, and catches errors. The
    // closure has only references and numbers.
    let value: Value = unsafe { lua.exec_raw((), |state| push(state, flat))? };
    if let (Value::Table(table), 1..) = (&value, flat.handles()) {
        add_objects(lua, shared, flat, table)?;
    }
    Ok(value)
}
