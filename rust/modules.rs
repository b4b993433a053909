// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What scripts can `require` beside Lua's own modules: one file or folder per Lua module.

mod actor;
mod blocking;
pub(crate) mod device;
mod example;
mod file_descriptor;
mod linux;
mod llthreads;
mod ltask;
mod lunatik;
mod mtint;
mod mtmsg;
mod netfilter;
mod percpu;
mod pledge;
mod process;
mod rcu;
mod runner;
mod skb;
pub(crate) mod testing;
mod thread;
mod timing;
mod worker;

use self::linux::constants;
use crate::{
    binding::mismatch::{InProcess, Services},
    lua::{self, Free, Named, Process, State},
    native,
    runtime::parameters, //
};

/// Has `require` find the modules. Nothing of them exists before that.
pub(crate) fn preload(state: State) -> lua::Result<()> {
    let guard = state.guard();
    state.reserve(lua::MIN_STACK)?;
    state.push_globals();
    state.set_function(-1, c"pledge", native!(pledge::pledge, Free, Process))?;
    worker::push(state)?;
    state.push_value(-1);
    state.set_field(-3, c"worker")?;
    state.get_field(-2, c"package")?;
    state.get_field(-1, c"loaded")?;
    state.push_value(-3);
    state.set_field(-2, c"worker")?;
    state.pop(3);
    // To have a module is no power: its functions ask for permission.
    state.get_field(-1, c"package")?;
    state.get_field(-1, c"preload")?;
    state.preload_libraries(-1, parameters::testing())?;
    state.set_functions(
        -1,
        &[
            Named::new(c"actor.core", native!(actor::open_core, Free, Process)),
            Named::new(c"actor.process", native!(process::open, Free, Process)),
            Named::new(c"actor.system", native!(actor::open_system, Free, Process)),
            Named::new(c"device", native!(device::open, Free, Process)),
            Named::new(
                c"file_descriptor",
                native!(file_descriptor::open, Free, Process),
            ),
            Named::new(c"linux", native!(linux::open, Free, Process)),
            Named::new(c"llthreads2.ex", native!(llthreads::open, Free, Process)),
            Named::new(c"ltask.core", native!(ltask::open_core, Free, Process)),
            Named::new(
                c"ltask.functions",
                native!(ltask::open_functions, Free, Process),
            ),
            Named::new(
                c"ltask.system",
                native!(ltask::open_system, InProcess<Services>, Process),
            ),
            Named::new(c"lunatik", native!(lunatik::open, Free, Process)),
            Named::new(c"lunatik.runner", native!(runner::open, Free, Process)),
            Named::new(c"mtint", native!(mtint::open, Free, Process)),
            Named::new(c"mtmsg", native!(mtmsg::open, Free, Process)),
            Named::new(c"netfilter", native!(netfilter::open, Free, Process)),
            Named::new(c"percpu", native!(percpu::open, Free, Process)),
            Named::new(c"rcu", native!(rcu::open, Free, Process)),
            Named::new(c"thread", native!(thread::open, Free, Process)),
        ],
    )?;
    constants::preload(state, -1)?;
    if parameters::testing() {
        state.set_functions(
            -1,
            &[
                Named::new(c"lunatik.example", native!(example::open, Free, Process)),
                Named::new(c"lunatik.testing", native!(testing::open, Free, Process)),
            ],
        )?;
    }
    drop(guard);
    Ok(())
}
