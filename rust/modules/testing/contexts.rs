// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! `lunatik.testing`: how runtimes are entered, and from which contexts.

use crate::{
    lua::{self, Free, State},
    native,
    runtime::chain::graph_locks, //
};

/// Adds the functions to the table on top of the stack.
pub(super) fn add(state: State) -> lua::Result<()> {
    state.set_function(-1, c"graph_locks", native!(locks, Free))?;
    Ok(())
}

/// `graph_locks()`: how often the lock that all runtimes share was taken.
fn locks(state: State) -> lua::Result {
    state.push_integer(graph_locks() as i64);
    Ok(1)
}
