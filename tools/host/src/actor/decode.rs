// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! From a message to a value of Lua.

use lunatik_abi::{
    codec::{Reader, Token},
    wire::{handle, Flat},
};
use mlua::{Function, Lua, Value};

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

fn scalar(lua: &Lua, shared: &Shared, token: Token<'_>) -> mlua::Result<Value> {
    Ok(match token {
        Token::Boolean(value) => Value::Boolean(value),
        Token::Integer(value) => Value::Integer(value),
        // A NaN that signals would be one that only this process can make.
        Token::Float(value) => Value::Number(f64::from_bits(bits(f64::from_bits(value)))),
        Token::String(bytes) => Value::String(lua.create_string(bytes)?),
        Token::Handle { kind, index } => {
            let makers = shared.makers()?;
            if kind == handle::ACTOR {
                makers.channel.call(index)?
            } else {
                let file = received(index).map_err(mlua::Error::external)?;
                let number = shared.files.borrow_mut().add(file);
                makers.file.call(number)?
            }
        }
        _ => return Err(mlua::Error::runtime("a message is not flat")),
    })
}

/// Makes the value of a message, and the objects in it. Nothing of `shared` may be borrowed: the collector may call
/// any native.
pub(super) fn decode(lua: &Lua, shared: &Shared, flat: &Flat<'_>) -> mlua::Result<Value> {
    let mut reader = flat.reader();
    let first = token(&mut reader)?;
    if first != Token::TableBegin {
        return scalar(lua, shared, first);
    }
    let table = lua.create_table()?;
    loop {
        let key = token(&mut reader)?;
        if key == Token::TableEnd {
            return Ok(Value::Table(table));
        }
        let key = scalar(lua, shared, key)?;
        let value = token(&mut reader)?;
        table.raw_set(key, scalar(lua, shared, value)?)?;
    }
}
