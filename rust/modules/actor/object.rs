// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Userdata whose classes Lua code makes.

use crate::{
    binding::arguments,
    lua::{self, Kind, State},
};

/// `core.object(metatable)`: a new userdata that holds nothing and has this metatable. Unlike a table, scripts see
/// nothing of what it stands for.
pub(super) fn object(state: State) -> lua::Result {
    if state.kind(1) != Kind::Table {
        return Err(arguments::type_error(state, 1, "table"));
    }
    state.set_top(1);
    state.new_userdata([0u8; 0])?;
    state.push_value(1);
    state.set_metatable(2)?;
    Ok(1)
}
