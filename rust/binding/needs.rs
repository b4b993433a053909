// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Guards that say which permission a native function needs. They are the second argument of
//! [`native!`](crate::native).
//!
//! A guard may check only values that are still the same when the function uses them. That holds
//! for a string or a userdata among the arguments, but not for a field of a table. A function whose
//! arguments do not show everything that it needs asks again itself.

use super::arguments::script;
use crate::{
    lua::{Guard, Result, State},
    permission::Permission,
    runtime::{
        handle::RuntimeHandle,
        instance::Runtime,
        userdata,
        vm::Vm, //
    },
};

/// To use tables that are shared with other runtimes.
pub(crate) struct Rcu;

impl Guard for Rcu {
    fn check(state: State) -> Result<()> {
        Vm::permit(state, Permission::Rcu, None)
    }
}

/// To start programs of user space.
pub(crate) struct Exec;

impl Guard for Exec {
    fn check(state: State) -> Result<()> {
        Vm::permit(state, Permission::Exec, None)
    }
}

/// To make devices. The function asks for the device's name itself.
pub(crate) struct Device;

impl Guard for Device {
    fn check(state: State) -> Result<()> {
        Vm::permit(state, Permission::Device, None)
    }
}

/// To run code in other threads.
pub(crate) struct Thread;

impl Guard for Thread {
    fn check(state: State) -> Result<()> {
        Vm::permit(state, Permission::Thread, None)
    }
}

/// To know of other runtimes. The function asks for each one's name itself.
pub(crate) struct Runners;

impl Guard for Runners {
    fn check(state: State) -> Result<()> {
        Vm::permit(state, Permission::Runner, None)
    }
}

/// To control the runtime whose name is the first argument.
pub(crate) struct RunnerNamed;

impl Guard for RunnerNamed {
    fn check(state: State) -> Result<()> {
        Vm::permit(state, Permission::Runner, script(state, 1)?)
    }
}

/// To start the script whose name is the first argument. The function asks for permission to read
/// its file itself.
pub(crate) struct Starts;

impl Guard for Starts {
    fn check(state: State) -> Result<()> {
        RunnerNamed::check(state)?;
        Vm::permit(state, Permission::Load, None)
    }
}

/// To control `target`, which its own code always may.
pub(crate) fn control(state: State, target: &Runtime) -> Result<()> {
    if Vm::runtime_of(state).id() == target.id() {
        return Ok(());
    }
    Vm::permit(state, Permission::Runner, target.name())
}

/// To control the runtime that is the first argument.
pub(crate) struct RunnerHandle;

impl Guard for RunnerHandle {
    fn check(state: State) -> Result<()> {
        control(
            state,
            userdata::shared::<RuntimeHandle>(state, 1)?.runtime(),
        )
    }
}
