// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What a script learns about the hooks of a runtime that it supervises.

use crate::{
    lua::{self, State},
    runtime::{
        handle::RuntimeHandle,
        hooks::{self, HookStatus},
        userdata, //
    },
};

/// `runtime:hooks()`: a list of tables, one for each hook, in the order in which they were registered. None if
/// the code of the runtime runs in process context.
pub(super) fn list(state: State) -> lua::Result {
    let handle = userdata::shared::<RuntimeHandle>(state, 1)?;
    let found = hooks::status(handle.runtime())?;
    state.new_table(0, 0)?;
    for (hook, number) in found.iter().zip(1..) {
        state.push_integer(number);
        push(state, hook)?;
        state.raw_set(-3)?;
    }
    Ok(1)
}

/// Pushes a table with what is known about a hook.
fn push(state: State, hook: &HookStatus) -> lua::Result<()> {
    state.new_table(0, 10)?;
    for (field, text) in [
        (c"name", hook.name()),
        (c"state", hook.state.name().as_bytes()),
        (c"reason", hook.state.reason().as_bytes()),
        (c"place", hook.place()),
    ] {
        if !text.is_empty() {
            state.push_bytes(text)?;
            state.set_field(-2, field)?;
        }
    }
    for (field, number) in hook.figures.named() {
        state.push_integer(i64::try_from(number).unwrap_or(i64::MAX));
        state.set_field(-2, field)?;
    }
    Ok(())
}
