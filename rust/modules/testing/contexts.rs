// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! `lunatik.testing`: how runtimes are entered, and from which contexts.

use crate::{
    linux::context::MaySleep,
    lua::{self, Anywhere, Free, Sleeps, State},
    native,
    runtime::{chain::graph_locks, vm::Vm}, //
};

/// Adds the functions to the table on top of the stack.
pub(super) fn add(state: State) -> lua::Result<()> {
    state.set_function(-1, c"atomically", native!(atomically, Free, Sleeps))?;
    state.set_function(-1, c"graph_locks", native!(locks, Free, Anywhere))?;
    Ok(())
}

/// `atomically(f, ...)`: calls `f` with bottom halves off, and returns its results.
fn atomically(state: State, _may: MaySleep<'_>) -> lua::Result {
    let arguments = state.top().saturating_sub(1);
    Vm::call_atomically(state, arguments, -1)?;
    Ok(state.top())
}

/// `graph_locks()`: how often the lock that all runtimes share was taken.
fn locks(state: State) -> lua::Result {
    state.push_integer(graph_locks() as i64);
    Ok(1)
}
