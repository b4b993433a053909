// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! `lunatik.testing`: the timers of a runtime.

use kernel::prelude::*;

use crate::{
    binding::arguments::integer,
    linux::{clock, context::MaySleep},
    lua::{self, Error, Free, Process, Sleeps, State},
    native,
    runtime::{
        parking::Ends,
        timers::{wait_with_timers, wait_with_timers_ending, Next, Timer, Timers},
        vm::Vm, //
    },
};

/// Adds the functions to the table on top of the stack.
pub(super) fn add(state: State) -> lua::Result<()> {
    state.set_function(-1, c"cancel_timer", native!(cancel, Free, Process))?;
    state.set_function(-1, c"next_timer", native!(next, Free, Sleeps))?;
    state.set_function(-1, c"outlast_stop", native!(outlast_stop, Free, Sleeps))?;
    state.set_function(-1, c"set_timer", native!(set, Free, Process))?;
    state.set_function(-1, c"timers", native!(count, Free, Process))?;
    Ok(())
}

/// `set_timer(ms)`: sets a timer; returns when it is due, in nanoseconds, and its number.
fn set(state: State) -> lua::Result {
    let ns = integer(state, 1)?.saturating_mul(1_000_000);
    let timer = Timers::set(state, clock::monotonic().saturating_add(ns)).map_err(|error| {
        if error == ENOSPC {
            Error::message(fmt!("too many timers"))
        } else {
            error.into()
        }
    })?;
    state.push_integer(timer.at);
    state.push_integer(timer.number as i64);
    Ok(2)
}

/// `cancel_timer(at, number)`: cancels a timer; returns whether it was still set.
fn cancel(state: State) -> lua::Result {
    let timer = Timer {
        at: integer(state, 1)?,
        number: integer(state, 2)? as u64,
    };
    state.push_boolean(Timers::cancel(state, timer)?);
    Ok(1)
}

/// `next_timer()`: waits for the next timer; returns when it was due and its number. Fails if none
/// is set.
fn next(state: State, may: MaySleep<'_>) -> lua::Result {
    if Timers::count(state)? == 0 {
        return Err(Error::message(fmt!("no timer is set")));
    }
    match wait_with_timers(state, may, || Ok(None::<()>))? {
        Next::Due(timer) => {
            state.push_integer(timer.at);
            state.push_integer(timer.number as i64);
            Ok(2)
        }
        Next::Done(()) | Next::Ended => Err(Error::message(fmt!("interrupted"))),
    }
}

/// `outlast_stop([stopped])`: waits until the next timer is due, although the runtime may be told to
/// stop meanwhile, and returns true. With `stopped`, waits at most until it is told, and returns
/// false then. Only the end of the grace ends this wait. Fails if no timer is set.
fn outlast_stop(state: State, may: MaySleep<'_>) -> lua::Result {
    if Timers::count(state)? == 0 {
        return Err(Error::message(fmt!("no timer is set")));
    }
    let wants_stop = state.to_boolean(1);
    let runtime = Vm::runtime_of(state);
    let told = || Ok((wants_stop && runtime.stop_requested()).then_some(()));
    let due = match wait_with_timers_ending(state, may, Ends::WhenKilled, told)? {
        Next::Due(_) => true,
        Next::Done(()) => false,
        Next::Ended => return Err(Error::message(fmt!("interrupted"))),
    };
    state.push_boolean(due);
    Ok(1)
}

/// `timers()`: how many timers are set.
fn count(state: State) -> lua::Result {
    state.push_integer(Timers::count(state)? as i64);
    Ok(1)
}
