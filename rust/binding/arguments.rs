// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Checks of the arguments of native functions, with the error texts of Lua's own functions.

use core::ffi::c_int;
use kernel::{
    prelude::*,
    str::BStr, //
};

use crate::{
    control::abi::script_name,
    lua::{self, Error, Kind, State},
    runtime::userdata, //
};

/// The name of the type of the value at `index`, for messages.
pub(crate) fn type_name(state: State, index: c_int) -> &'static str {
    userdata::type_name(state, index).unwrap_or_else(|| state.kind(index).name())
}

/// `bad argument #index to 'f' (expected expected, got something else)`.
#[cold]
pub(crate) fn type_error(state: State, index: c_int, expected: &str) -> Error {
    let got = type_name(state, index);
    Error::argument(index, fmt!("{expected} expected, got {got}"))
}

/// The integer at `index`.
pub(crate) fn integer(state: State, index: c_int) -> lua::Result<i64> {
    if let Some(value) = state.to_integer(index) {
        return Ok(value);
    }
    if state.to_float_bits(index).is_some() {
        return Err(Error::argument(
            index,
            fmt!("number has no integer representation"),
        ));
    }
    Err(type_error(state, index, "number"))
}

/// The integer at `index`, or `default` if it is missing or nil.
pub(crate) fn optional_integer(state: State, index: c_int, default: i64) -> lua::Result<i64> {
    if state.is_none_or_nil(index) {
        return Ok(default);
    }
    integer(state, index)
}

/// The milliseconds at `index`, if given. A larger number counts as the largest `u32`.
pub(crate) fn optional_milliseconds(state: State, index: c_int) -> lua::Result<Option<u32>> {
    if state.is_none_or_nil(index) {
        return Ok(None);
    }
    let ms = integer(state, index)?;
    if ms < 0 {
        return Err(Error::argument(index, fmt!("must not be negative")));
    }
    Ok(Some(u32::try_from(ms).unwrap_or(u32::MAX)))
}

/// The string at `index`. Numbers are not converted.
pub(crate) fn string<'a>(state: State, index: c_int) -> lua::Result<&'a [u8]> {
    state
        .to_bytes(index)
        .ok_or_else(|| type_error(state, index, "string"))
}

/// Fails unless there is a function at `index`.
pub(crate) fn function(state: State, index: c_int) -> lua::Result<()> {
    if state.kind(index) != Kind::Function {
        return Err(type_error(state, index, "function"));
    }
    Ok(())
}

/// The script name at `index`, in the form that scripts are registered with: without a trailing
/// `.lua`.
pub(crate) fn script<'a>(state: State, index: c_int) -> lua::Result<&'a [u8]> {
    let given = string(state, index)?;
    script_name(given).map_err(|error| Error::argument(index, format_args!("{error}")))
}

/// Shows bytes in a message. A full message is cut off, and the bytes beyond that cost no time.
pub(crate) fn show(bytes: &[u8]) -> &BStr {
    BStr::from_bytes(bytes)
}
