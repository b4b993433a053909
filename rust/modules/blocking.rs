// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What modules share whose programs are main loops: coroutines block until the loop resumes them. They are
//! the sessions of services, and the fibers of actors.

use core::ffi::c_int;
use kernel::{prelude::*, str::CStr};

use crate::{
    linux::context::MaySleep,
    lua::{self, Error, State},
    runtime::parking,
};

/// Whether the running code runs in a coroutine that the one at `index` has resumed; nothing, if it cannot
/// block until that one is resumed.
fn innermost(state: State, index: c_int) -> Option<bool> {
    let outer = state.to_thread(index)?;
    state
        .can_suspend(outer)
        .then(|| outer.as_raw() != state.as_raw())
}

/// Whether the running code can block until the coroutine at `index` is resumed. The result is whether it
/// runs in a coroutine that this one has resumed.
pub(super) fn inside(state: State, index: c_int) -> lua::Result<bool> {
    innermost(state, index)
        .ok_or_else(|| Error::message(fmt!("attempt to yield across a C-call boundary")))
}

/// `core.is_inside(coroutine)`: as `can_block`, but returns nil where that raises an error.
pub(super) fn is_inside(state: State) -> lua::Result {
    match innermost(state, 1) {
        Some(inside) => state.push_boolean(inside),
        None => state.push_nil(),
    }
    Ok(1)
}

/// `core.can_block(coroutine)`: raises an error unless the running code, which is code of that coroutine,
/// can block. Returns whether it runs in a coroutine that this one has resumed.
pub(super) fn can_block(state: State) -> lua::Result {
    let inside = inside(state, 1)?;
    state.push_boolean(inside);
    Ok(1)
}

/// `core.suspend(coroutine)`: has a coroutine yield to the main loop, together with the coroutines that it
/// has resumed. Returns what it is resumed with.
pub(super) fn suspend(state: State) -> lua::Result {
    inside(state, 1)?;
    Err(Error::Suspended)
}

/// Pushes the module `name` that `open` pushes, which `require` finds from now on.
pub(super) fn push_loaded(
    state: State,
    name: &CStr,
    open: impl FnOnce(State) -> lua::Result,
) -> lua::Result<()> {
    open(state)?;
    let guard = state.guard();
    state.push_globals();
    state.get_field(-1, c"package")?;
    state.get_field(-1, c"loaded")?;
    state.push_value(-4);
    state.set_field(-2, name)?;
    drop(guard);
    Ok(())
}

/// `core.give_way()`: lets other runtimes run.
pub(super) fn give_way(state: State, may: MaySleep<'_>) -> lua::Result {
    parking::give_way(state, may)?;
    Ok(0)
}
