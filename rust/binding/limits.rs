// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The limits that Lua code sets for a runtime it starts: `{mem=, cpu=, slice=}`.

use core::ffi::c_int;
use kernel::prelude::*;

use super::arguments;
use crate::{
    lua::{self, Error, Kind, State},
    runtime::meter::Budget, //
};

/// Limits for a runtime; 0 means that it has no limit of its own.
#[derive(Clone, Copy, Default)]
pub(crate) struct Limits {
    /// Bytes of memory.
    pub(crate) memory: u64,
    /// CPU time.
    pub(crate) budget: Budget,
}

/// A positive integer in the table at `index`, or 0 if it is not there.
fn field(state: State, index: c_int, name: &CStr) -> lua::Result<u64> {
    let value = match state.get_field(index, name)? {
        Kind::Nil => 0,
        _ => state
            .to_integer(-1)
            .and_then(|value| u64::try_from(value).ok())
            .filter(|&value| value > 0)
            .ok_or_else(|| {
                let name = arguments::show(name.to_bytes());
                Error::argument(index, fmt!("field '{name}' must be a positive integer"))
            })?,
    };
    state.pop(1);
    Ok(value)
}

/// Reads the limits from the table at `index`, if there is one. Returns them and the index of the
/// next argument.
pub(crate) fn take(state: State, index: c_int) -> lua::Result<(Limits, c_int)> {
    if state.kind(index) != Kind::Table {
        return Ok((Limits::default(), index));
    }
    state.reserve(lua::MIN_STACK)?;
    let limits = Limits {
        memory: field(state, index, c"mem")?,
        budget: Budget {
            cpu_ms: field(state, index, c"cpu")?,
            slice_ms: field(state, index, c"slice")?,
        },
    };
    Ok((limits, index.saturating_add(1)))
}
