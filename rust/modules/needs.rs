// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What native functions need, for the second argument of [`native!`](crate::native).
//!
//! A value that is looked at here must still be the same when the function uses it: a string or a
//! userdata among the arguments is, a field of a table is not. What needs more than its arguments
//! tell asks again itself.

use super::{arguments::script, handles, worker::Script};
use crate::{
    lua::{Guard, Result, State},
    permission::Permission,
    runtime::{instance::Runtime, vm::Vm}, //
};

/// Tables that are shared with other runtimes.
pub(super) struct Rcu;

impl Guard for Rcu {
    fn check(state: State) -> Result<()> {
        Vm::permit(state, Permission::Rcu, None)
    }
}

/// To make devices. The function asks for the device's name itself.
pub(super) struct Device;

impl Guard for Device {
    fn check(state: State) -> Result<()> {
        Vm::permit(state, Permission::Device, None)
    }
}

/// To run code in other threads.
pub(super) struct Thread;

impl Guard for Thread {
    fn check(state: State) -> Result<()> {
        Vm::permit(state, Permission::Thread, None)
    }
}

/// To know of other runtimes. The function asks for each one's name itself.
pub(super) struct Runners;

impl Guard for Runners {
    fn check(state: State) -> Result<()> {
        Vm::permit(state, Permission::Runner, None)
    }
}

/// To control the runtime whose name is the first argument.
pub(super) struct RunnerNamed;

impl Guard for RunnerNamed {
    fn check(state: State) -> Result<()> {
        Vm::permit(state, Permission::Runner, script(state, 1)?)
    }
}

/// To start the script whose name is the first argument. The function asks for permission to read
/// its file itself.
pub(super) struct Starts;

impl Guard for Starts {
    fn check(state: State) -> Result<()> {
        RunnerNamed::check(state)?;
        Vm::permit(state, Permission::Load, None)
    }
}

/// To create workers. The function asks for permission to read the script's file itself, and then
/// for the permission to load code.
pub(super) struct CreatesWorkers;

impl Guard for CreatesWorkers {
    fn check(state: State) -> Result<()> {
        Script::of_argument(state, 1)?.permit(state)
    }
}

/// To control `target`, which its own code always may.
fn control(state: State, target: &Runtime) -> Result<()> {
    if Vm::runtime_of(state).id() == target.id() {
        return Ok(());
    }
    Vm::permit(state, Permission::Runner, target.name())
}

/// To control the runtime that is the first argument.
pub(super) struct RunnerHandle;

impl Guard for RunnerHandle {
    fn check(state: State) -> Result<()> {
        control(state, handles::runtime(state, 1)?.runtime())
    }
}

/// To control the runtime whose thread is the first argument.
pub(super) struct RunnerOfThread;

impl Guard for RunnerOfThread {
    fn check(state: State) -> Result<()> {
        control(state, handles::thread(state, 1)?.runtime())
    }
}
