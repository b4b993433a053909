// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! From a value of Lua to a frame.

use std::convert::Infallible;

use lunatik_abi::{
    codec::{EncodeError, Writer},
    wire::{handle, HEADER, MAX_MEMBERS, MAX_STRING},
};
use mlua::{AnyUserData, LuaString, Table, Value};

/// How Lua code writes a closed channel in its table of handles.
const CLOSED_CHANNEL: i64 = -1;

/// Why a value is not sent.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It is none that can be sent.
    Invalid,
    /// It is a closed descriptor, or has one in it.
    Closed,
}

impl From<EncodeError<Infallible>> for Refusal {
    fn from(_: EncodeError<Infallible>) -> Self {
        Self::Invalid
    }
}

impl From<mlua::Error> for Refusal {
    fn from(_: mlua::Error) -> Self {
        Self::Invalid
    }
}

/// The bits of a float; those of the quiet NaN for every NaN.
pub(super) fn bits(number: f64) -> u64 {
    const QUIET: u64 = 0x7ff8_0000_0000_0000;
    if number.is_nan() {
        QUIET
    } else {
        number.to_bits()
    }
}

struct Encoder<'a> {
    writer: Writer<&'a mut Vec<u8>>,
    handles: &'a Table,
    owns: u32,
}

impl Encoder<'_> {
    fn string(&mut self, string: &LuaString) -> Result<(), Refusal> {
        let bytes = string.as_bytes();
        if bytes.len() > MAX_STRING {
            return Err(Refusal::Invalid);
        }
        Ok(self.writer.string(&bytes)?)
    }

    fn object(&mut self, object: &AnyUserData) -> Result<(), Refusal> {
        let code: Option<i64> = self.handles.raw_get(object)?;
        let code = match code {
            None | Some(CLOSED_CHANNEL) => return Err(Refusal::Invalid),
            Some(code) => u64::try_from(code).map_err(|_| Refusal::Closed)?,
        };
        // CAST: the kind is above the 32 bits of the index.
        let (kind, index) = ((code >> 32) as u8, code as u32);
        self.owns += u32::from(kind == handle::OWN);
        Ok(self.writer.handle(kind, index)?)
    }

    fn scalar(&mut self, value: &Value) -> Result<(), Refusal> {
        match value {
            Value::Boolean(value) => Ok(self.writer.boolean(*value)?),
            Value::Integer(value) => Ok(self.writer.integer(*value)?),
            Value::Number(value) => Ok(self.writer.float(bits(*value))?),
            Value::String(value) => self.string(value),
            Value::UserData(value) => self.object(value),
            _ => Err(Refusal::Invalid),
        }
    }

    /// A table: its members with string keys, of which there must be some.
    fn table(&mut self, table: &Table) -> Result<(), Refusal> {
        if table.has_metatable() {
            return Err(Refusal::Invalid);
        }
        self.writer.begin_table()?;
        let mut members = 0;
        for pair in table.pairs::<Value, Value>() {
            let (Value::String(key), value) = pair? else {
                continue;
            };
            members += 1;
            if members > MAX_MEMBERS {
                return Err(Refusal::Invalid);
            }
            self.string(&key)?;
            self.scalar(&value)?;
        }
        if members == 0 {
            return Err(Refusal::Invalid);
        }
        Ok(self.writer.end_table()?)
    }
}

/// Writes a value into `out` behind an empty header. `handles` has the handles of channels, descriptors and the inbox:
/// kind and index, or a negative number after the object was closed. Returns the number of handles of the actor itself.
pub(super) fn encode(value: &Value, handles: &Table, out: &mut Vec<u8>) -> Result<u32, Refusal> {
    out.clear();
    out.resize(HEADER, 0);
    let mut encoder = Encoder {
        writer: Writer::new(out),
        handles,
        owns: 0,
    };
    match value {
        Value::Table(table) => encoder.table(table)?,
        value => encoder.scalar(value)?,
    }
    encoder.writer.finish()?;
    Ok(encoder.owns)
}
