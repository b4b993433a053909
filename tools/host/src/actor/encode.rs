// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! From a value of Lua to a frame.

use std::{convert::Infallible, ffi::c_int, slice};

use lunatik_abi::{
    codec::{EncodeError, Writer},
    wire::{handle, HEADER, MAX_MEMBERS, MAX_STRING},
};
use mlua::{ffi, Lua, Table, Value};

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

/// Where the value and the table of handles lie on the stack.
const VALUE: c_int = 1;
const HANDLES: c_int = 2;

/// Writes what lies on the stack of a C function. Nothing here raises an error of Lua or runs its collector.
///
/// # Invariants
///
/// `state` is that of the running C function, [`HANDLES`] is a table in it, and there is room for five values.
struct Encoder<'a> {
    state: *mut ffi::lua_State,
    writer: Writer<&'a mut Vec<u8>>,
    owns: u32,
}

impl Encoder<'_> {
    /// # Safety
    ///
    /// At `index` is a string.
    unsafe fn string(&mut self, index: c_int) -> Result<(), Refusal> {
        let mut length = 0;
        // SAFETY: By the type invariant. The caller promises a string, which is not converted. It stays on the stack, and
        // so its bytes stay where they are, until after the last use of the slice.
        let bytes = unsafe {
            let start = ffi::lua_tolstring(self.state, index, &mut length);
            slice::from_raw_parts(start.cast::<u8>(), length)
        };
        if bytes.len() > MAX_STRING {
            return Err(Refusal::Invalid);
        }
        Ok(self.writer.string(bytes)?)
    }

    /// Writes the handle of the userdata on the top.
    fn object(&mut self) -> Result<(), Refusal> {
        // SAFETY: By the type invariant. A key that is no nil and no NaN cannot fail, and neither can reading.
        let code = unsafe {
            ffi::lua_pushvalue(self.state, -1);
            let kind = ffi::lua_rawget(self.state, HANDLES);
            let code = ffi::lua_tointeger(self.state, -1);
            ffi::lua_pop(self.state, 1);
            (kind == ffi::LUA_TNUMBER).then_some(code)
        };
        let code = match code {
            None | Some(CLOSED_CHANNEL) => return Err(Refusal::Invalid),
            Some(code) => u64::try_from(code).map_err(|_| Refusal::Closed)?,
        };
        // CAST: the kind is above the 32 bits of the index.
        let (kind, index) = ((code >> 32) as u8, code as u32);
        self.owns += u32::from(kind == handle::OWN);
        Ok(self.writer.handle(kind, index)?)
    }

    /// Writes the scalar on the top.
    fn scalar(&mut self) -> Result<(), Refusal> {
        // SAFETY: By the type invariant. Each function is for a value of the type that there is.
        unsafe {
            match ffi::lua_type(self.state, -1) {
                ffi::LUA_TBOOLEAN => {
                    let value = ffi::lua_toboolean(self.state, -1) != 0;
                    Ok(self.writer.boolean(value)?)
                }
                ffi::LUA_TNUMBER if ffi::lua_isinteger(self.state, -1) != 0 => {
                    let value = ffi::lua_tointeger(self.state, -1);
                    Ok(self.writer.integer(value)?)
                }
                ffi::LUA_TNUMBER => {
                    let value = ffi::lua_tonumber(self.state, -1);
                    Ok(self.writer.float(bits(value))?)
                }
                ffi::LUA_TSTRING => self.string(-1),
                ffi::LUA_TUSERDATA => self.object(),
                _ => Err(Refusal::Invalid),
            }
        }
    }

    /// Writes the table: its members with string keys, of which there must be some.
    fn table(&mut self) -> Result<(), Refusal> {
        // SAFETY: By the type invariant. The caller has found a table.
        if unsafe { ffi::lua_getmetatable(self.state, VALUE) } != 0 {
            return Err(Refusal::Invalid);
        }
        self.writer.begin_table()?;
        let mut members = 0;
        // SAFETY: As above.
        unsafe { ffi::lua_pushnil(self.state) };
        // SAFETY: As above. The key is nil, or the last one that this has found, and nothing changes the table meanwhile.
        while unsafe { ffi::lua_next(self.state, VALUE) } != 0 {
            // SAFETY: The key and the value were just pushed.
            if unsafe { ffi::lua_type(self.state, -2) } == ffi::LUA_TSTRING {
                members += 1;
                if members > MAX_MEMBERS {
                    return Err(Refusal::Invalid);
                }
                // SAFETY: The key is a string.
                unsafe { self.string(-2)? };
                self.scalar()?;
            }
            // SAFETY: The value is on the top.
            unsafe { ffi::lua_pop(self.state, 1) };
        }
        if members == 0 {
            return Err(Refusal::Invalid);
        }
        Ok(self.writer.end_table()?)
    }

    /// Writes the value.
    fn value(&mut self) -> Result<(), Refusal> {
        // SAFETY: By the type invariant.
        unsafe {
            if ffi::lua_type(self.state, VALUE) == ffi::LUA_TTABLE {
                return self.table();
            }
            ffi::lua_pushvalue(self.state, VALUE);
        }
        self.scalar()
    }
}

/// Writes a value into `out` behind an empty header. `handles` has the handles of channels, descriptors and the inbox:
/// kind and index, or a negative number after the object was closed. Returns the number of handles of the actor itself.
pub(super) fn encode(
    lua: &Lua,
    value: &Value,
    handles: &Table,
    out: &mut Vec<u8>,
) -> Result<u32, Refusal> {
    out.clear();
    out.resize(HEADER, 0);
    let mut result = Err(Refusal::Invalid);
    // The functions of mlua would call Lua several times for each member, each time protected from errors.
    let encode = |state| {
        // INVARIANT: mlua runs this in a C function with the two arguments, for which Lua has room for 20 more values.
        let mut encoder = Encoder {
            state,
            writer: Writer::new(&mut *out),
            owns: 0,
        };
        let written = encoder.value();
        let owns = encoder.owns;
        result = written.and_then(|()| {
            encoder.writer.finish()?;
            Ok(owns)
        });
        // SAFETY: The state is that of the running function, whose values may go.
        unsafe { ffi::lua_settop(state, 0) };
    };
    // SAFETY: The closure leaves the stack as a function without results may, and raises no error of Lua.
    unsafe { lua.exec_raw::<()>((value, handles), encode)? };
    result
}
