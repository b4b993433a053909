// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The timers of services and actors, for the Lua code of their modules.

use kernel::prelude::*;

use crate::{
    binding::arguments,
    linux::clock,
    lua::{self, Error, State},
    runtime::timers::{Timer, Timers, MAX_TIMERS},
};

/// Sets a timer that is due `after` nanoseconds from now, and pushes when that will be and its number. `whose`
/// says in the error who has too many.
pub(super) fn set(state: State, after: i64, whose: &str) -> lua::Result {
    let at = clock::monotonic().saturating_add(after);
    let timer = Timers::set(state, at).map_err(|error| {
        if error == ENOSPC {
            Error::message(fmt!("{whose} has at most {MAX_TIMERS} timers"))
        } else {
            error.into()
        }
    })?;
    state.push_integer(timer.at);
    // CAST: numbers are given from 1 on.
    state.push_integer(timer.number as i64);
    Ok(2)
}

/// `core.cancel(at, number)`: takes a timer back. Returns whether it was still set.
pub(super) fn cancel(state: State) -> lua::Result {
    let timer = Timer {
        at: arguments::integer(state, 1)?,
        // CAST: as `set()` has pushed it.
        number: arguments::integer(state, 2)? as u64,
    };
    let was_set = Timers::cancel(state, timer)?;
    state.push_boolean(was_set);
    Ok(1)
}
