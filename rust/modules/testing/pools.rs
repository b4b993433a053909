// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! `lunatik.testing`: pools.

use kernel::prelude::*;

use super::super::worker::executor;
use crate::{
    binding::arguments,
    lua::{self, Error, Free, Process, State},
    native,
    runtime::{executor::Executor, vm::Vm},
    sched::pool::{Home, Pool}, //
};

/// Adds the functions to the table on top of the stack.
pub(super) fn add(state: State) -> lua::Result<()> {
    state.set_function(-1, c"grow_pool", native!(grow_pool, Free, Process))?;
    state.set_function(-1, c"own_pool", native!(own_pool, Free, Process))?;
    state.set_function(-1, c"pool", native!(pool, Free, Process))?;
    Ok(())
}

/// `pool([own])`: what the default pool does, or with `own` the pool of [`own_pool`].
fn pool(state: State) -> lua::Result {
    let own = state.to_boolean(1).then(|| Vm::attachment(state)).flatten();
    let pool = own.map_or_else(Pool::default, |Home(pool)| pool);
    let snapshot = pool.snapshot();
    state.new_table(0, 6)?;
    for (name, value) in [
        (c"drainers", snapshot.drainers),
        (c"busy", snapshot.busy),
        (c"backlog", snapshot.backlog),
        (c"taken", snapshot.taken),
        (c"pools", snapshot.pools),
        (c"threads", pool.workers() as usize),
    ] {
        state.push_integer(value as i64);
        state.set_field(-2, name)?;
    }
    Ok(1)
}

/// `own_pool(threads)`: the workers that this script makes from now on run on a pool of their own,
/// in place of their former pool.
fn own_pool(state: State) -> lua::Result {
    let threads = u32::try_from(arguments::integer(state, 1)?).unwrap_or(0);
    let account = Vm::runtime_of(state).account().clone();
    Vm::attach(state, Home(Pool::of_script(threads, &account)?))?;
    Ok(0)
}

/// `grow_pool(threads)`: the pool of the workers that this script makes gets more threads.
fn grow_pool(state: State) -> lua::Result {
    let threads = u32::try_from(arguments::integer(state, 1)?).unwrap_or(u32::MAX);
    executor(state).grow(threads).map_err(|error| match error {
        error if error == EAGAIN => Error::message(fmt!("too many threads")),
        error => error.into(),
    })?;
    Ok(0)
}
