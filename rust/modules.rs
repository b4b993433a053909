// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What scripts can `require` beside Lua's own modules: one file per Lua module.

mod arguments;
pub(crate) mod device;
mod errno;
pub(crate) mod handles;
mod linux;
mod lunatik;
mod object;
mod rcu;
mod runner;
mod testing;
mod thread;

use crate::{
    lua::{self, State},
    native,
    runtime::parameters, //
};

pub(crate) use object::Object;

/// Has `require` find the modules. Nothing of them exists before that.
pub(crate) fn preload(state: State) -> lua::Result<()> {
    let guard = state.guard();
    state.reserve(lua::MIN_STACK)?;
    state.push_globals();
    state.get_field(-1, c"package")?;
    state.get_field(-1, c"preload")?;
    state.set_function(-1, c"device", native!(device::open))?;
    state.set_function(-1, c"linux", native!(linux::open))?;
    state.set_function(-1, c"lunatik", native!(lunatik::open))?;
    state.set_function(-1, c"lunatik.runner", native!(runner::open))?;
    state.set_function(-1, c"rcu", native!(rcu::open))?;
    state.set_function(-1, c"thread", native!(thread::open))?;
    if parameters::testing() {
        state.set_function(-1, c"lunatik.testing", native!(testing::open))?;
    }
    drop(guard);
    Ok(())
}
