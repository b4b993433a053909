// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What Lua code sets for a runtime that it starts: its context, and its limits. They come after the
//! name of the script: `[context,] [{context=, mem=, cpu=, slice=},]`.

use core::ffi::c_int;
use kernel::prelude::*;

use super::arguments;
use crate::{
    linux::context::Context,
    lua::{self, Error, Kind, State},
    runtime::meter::Budget, //
};

/// The context of a runtime, and its limits; 0 means that it has no limit of its own.
#[derive(Clone, Copy, Default)]
pub(crate) struct Limits {
    /// The context in which its code runs once it is loaded.
    pub(crate) context: Context,
    /// Whether there is to be a runtime for each CPU.
    pub(crate) percpu: bool,
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

/// The context in the table at `index`; `None` if it names none.
fn named_context(state: State, index: c_int) -> lua::Result<Option<Context>> {
    let context = match state.get_field(index, c"context")? {
        Kind::Nil => None,
        Kind::String => {
            let name = state.to_bytes(-1).unwrap_or_default();
            let context = Context::from_name(name).ok_or_else(|| {
                Error::argument(index, fmt!("invalid option '{}'", arguments::show(name)))
            })?;
            Some(context)
        }
        _ => {
            return Err(Error::argument(
                index,
                fmt!("field 'context' must be a string"),
            ))
        }
    };
    state.pop(1);
    Ok(context)
}

/// Reads the context and the limits from the arguments from `index` on: a string that is the name of a
/// context, then a table, of which each may be missing. Returns them and the index of the next argument.
///
/// A string after the table is not read. So a table has the name of a context passed on as an argument.
pub(crate) fn take(state: State, index: c_int) -> lua::Result<(Limits, c_int)> {
    let word = state.to_bytes(index).and_then(Context::from_name);
    let index = match word {
        Some(_) => index.saturating_add(1),
        None => index,
    };
    // A boolean behind the word.
    let (is_percpu, index) = match word {
        Some(_) if state.kind(index) == Kind::Boolean => {
            (state.to_boolean(index), index.saturating_add(1))
        }
        _ => (false, index),
    };
    if state.kind(index) != Kind::Table {
        let limits = Limits {
            context: word.unwrap_or_default(),
            percpu: is_percpu,
            ..Limits::default()
        };
        return Ok((limits, index));
    }
    state.reserve(lua::MIN_STACK)?;
    let named = named_context(state, index)?;
    state.get_field(index, c"percpu")?;
    let percpu = state.to_boolean(-1);
    state.pop(1);
    if let (Some(word), Some(named)) = (word, named) {
        if word != named {
            let (word, named) = (word.name(), named.name());
            return Err(Error::argument(
                index,
                fmt!("field 'context' is '{named}', but the argument before is '{word}'"),
            ));
        }
    }
    let limits = Limits {
        context: word.or(named).unwrap_or_default(),
        percpu: is_percpu || percpu,
        memory: field(state, index, c"mem")?,
        budget: Budget {
            cpu_ms: field(state, index, c"cpu")?,
            slice_ms: field(state, index, c"slice")?,
        },
    };
    Ok((limits, index.saturating_add(1)))
}
