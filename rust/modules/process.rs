// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! User-space actors, for the Lua code of `lua/lib/internal/actor/`: the Lua module `actor.process`.

mod channel;
mod children;
mod start;

use crate::{
    binding::needs::Exec,
    lua::{self, Free, Named, Process, Sleeps, State},
    native,
};

/// Pushes the module `actor.process`.
pub(super) fn open(state: State) -> lua::Result {
    state.new_table(0, 16)?;
    state.set_functions(
        -1,
        &[
            Named::new(c"close", native!(channel::close, Free, Process)),
            Named::new(c"detach", native!(children::detach, Free, Process)),
            Named::new(c"is_open", native!(channel::is_open, Free, Process)),
            Named::new(c"kill", native!(children::kill, Free, Process)),
            Named::new(c"metatable", native!(channel::metatable, Free, Process)),
            Named::new(c"send", native!(channel::send, Free, Process)),
            Named::new(c"start", native!(start::start, Exec, Sleeps)),
            Named::new(c"stream", native!(start::stream, Free, Process)),
            Named::new(c"wait", native!(children::wait, Free, Sleeps)),
        ],
    )?;
    Ok(1)
}
