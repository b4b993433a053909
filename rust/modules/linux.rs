// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The Lua module `linux`: time, CPUs, random numbers, constants.

pub(super) mod constants;

use kernel::prelude::*;

use crate::{
    binding::{
        arguments::{integer, optional_milliseconds},
        errno,
    },
    linux::{clock, context::MaySleep, cpu},
    lua::{self, Anywhere, Error, Free, Sleeps, Softirq, State},
    native,
    runtime::{
        parking::{give_way, wait, Waited},
        vm::Vm, //
    },
};

/// Pushes the module.
pub(super) fn open(state: State) -> lua::Result {
    state.new_table(0, 8)?;
    state.set_function(-1, c"cpu", native!(current_cpu, Free, Anywhere))?;
    state.set_function(-1, c"difftime", native!(difftime, Free, Anywhere))?;
    state.set_function(-1, c"errname", native!(errname, Free, Anywhere))?;
    state.set_function(-1, c"ktime", native!(ktime, Free, Anywhere))?;
    state.set_function(-1, c"numcpus", native!(numcpus, Free, Anywhere))?;
    state.set_function(-1, c"random", native!(random, Free, Softirq))?;
    state.set_function(-1, c"schedule", native!(schedule, Free, Sleeps))?;
    state.set_function(-1, c"time", native!(time, Free, Anywhere))?;
    constants::extend(state)?;
    Ok(1)
}

fn random_bits() -> u64 {
    crate::linux::random::bits64()
}

/// A number from 0 to `limit`, each as probable as any other.
fn random_to(limit: u64) -> u64 {
    // The smallest mask that covers the limit: each draw is accepted with a probability above one
    // half.
    let mask = u64::MAX.checked_shr(limit.leading_zeros()).unwrap_or(0);
    loop {
        let drawn = random_bits() & mask;
        if drawn <= limit {
            return drawn;
        }
    }
}

/// `linux.random([m [, n]])`
fn random(state: State) -> lua::Result {
    let (low, high) = match state.top() {
        0 => {
            state.push_integer(random_bits() as i64);
            return Ok(1);
        }
        1 => (1, integer(state, 1)?),
        2 => (integer(state, 1)?, integer(state, 2)?),
        _ => return Err(Error::message(fmt!("wrong number of arguments"))),
    };
    if low > high {
        return Err(Error::argument(1, fmt!("interval is empty")));
    }
    // The distance may not fit a Lua integer, but it always fits a `u64`.
    let above = random_to((high as u64).wrapping_sub(low as u64));
    state.push_integer((low as u64).wrapping_add(above) as i64);
    Ok(1)
}

/// `linux.schedule([ms])`
fn schedule(state: State, may: MaySleep<'_>) -> lua::Result {
    let Some(ms) = optional_milliseconds(state, 1)? else {
        give_way(state, may)?;
        state.push_integer(0);
        return Ok(1);
    };
    // A time-out that does not fit means no time-out. Signals and stops still end the wait.
    let timeout = (ms != u32::MAX).then_some(ms);
    let left = match wait(state, may, timeout, || Ok(None::<()>))? {
        Waited::Ended { .. } if Vm::runtime_of(state).is_interrupted() => {
            return Err(Error::message(fmt!("interrupted")))
        }
        Waited::Ended { left_ms } => left_ms,
        Waited::Done(()) | Waited::TimedOut => 0,
    };
    state.push_integer(left.into());
    Ok(1)
}

/// `linux.time()`
fn time(state: State) -> lua::Result {
    state.push_integer(clock::real());
    Ok(1)
}

/// `linux.difftime(a, b)`
fn difftime(state: State) -> lua::Result {
    let later = integer(state, 1)?;
    let earlier = integer(state, 2)?;
    state.push_integer(later.wrapping_sub(earlier));
    Ok(1)
}

/// `linux.ktime()`
fn ktime(state: State) -> lua::Result {
    state.push_integer(clock::monotonic());
    Ok(1)
}

/// `linux.numcpus()`
fn numcpus(state: State) -> lua::Result {
    state.push_integer(cpu::online().into());
    Ok(1)
}

/// `linux.cpu()`
fn current_cpu(state: State) -> lua::Result {
    state.push_integer(cpu::current().into());
    Ok(1)
}

/// `linux.errname(n)`
fn errname(state: State) -> lua::Result {
    match errno::name(integer(state, 1)?) {
        Some(name) => state.push_bytes(name)?,
        None => state.push_nil(),
    }
    Ok(1)
}
