// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Calls of a driver's callbacks.

use core::ffi::c_int;
use kernel::{
    prelude::*,
    sync::Arc, //
};

use super::{
    caller::Caller,
    node,
    Device, //
};
use crate::{
    binding::errno,
    linux::context::MaySleep,
    lua::{self, Error as LuaError, Kind, Reference, State},
    runtime::{
        chain::EnterError,
        execute,
        instance::{Entered, Runtime}, //
    },
};

/// A callback's view of the stack of its runtime: its arguments and its results.
pub(super) struct Callback<'a> {
    pub(super) state: State,
    device: &'a Device,
}

impl Callback<'_> {
    /// Calls the callback `name`. Its arguments are the driver, the values that `push_arguments`
    /// pushes, and the table of the open file. Leaves two results on the stack. Returns false if
    /// there is no such callback, or if the device is gone.
    pub(super) fn call(
        &self,
        name: &CStr,
        file: Reference,
        push_arguments: impl FnOnce(State) -> lua::Result<c_int>,
    ) -> lua::Result<bool> {
        let state = self.state;
        if self.device.is_stopped() {
            return Ok(false);
        }
        state.push_kept(self.device.driver);
        if state.get_field(-1, name)? == Kind::Nil {
            return Ok(false);
        }
        // The function below its first argument.
        state.insert(-2);
        let count = push_arguments(state)?;
        state.push_kept(file);
        state.call(count.saturating_add(2), 2)?;
        Ok(true)
    }

    /// The integer at `index`, or `None` for nil; anything else is the script's mistake.
    pub(super) fn integer(&self, index: c_int, what: &str) -> lua::Result<Option<i64>> {
        let value = match self.state.kind(index) {
            Kind::Nil | Kind::None => return Ok(None),
            Kind::Integer | Kind::Float => self.state.to_integer(index),
            _ => None,
        };
        match value {
            Some(value) => Ok(Some(value)),
            None => Err(LuaError::message(fmt!("{what} must be an integer"))),
        }
    }
}

/// Runs `body` in the runtime of `device`, in the context of the caller.
///
/// Fails with the error number that the script names, with `EIO` for any other error, with
/// `ENODEV` when the device was stopped, and with `EINTR` when the caller is killed.
pub(super) fn run<T>(
    device: &Device,
    body: impl FnOnce(&Callback<'_>) -> lua::Result<T>,
) -> Result<T> {
    run_for(device, Caller::current()?, false, body)
}

/// As [`run`], for a given caller and, if `even_stopped`, also when the device was stopped.
pub(super) fn run_for<T>(
    device: &Device,
    caller: Caller,
    even_stopped: bool,
    body: impl FnOnce(&Callback<'_>) -> lua::Result<T>,
) -> Result<T> {
    let nodes = node::nodes()?;
    let entered = enter(&device.runtime, &caller)?;
    if device.is_stopped() && !even_stopped {
        return Err(ENODEV);
    }
    let state = entered.state();
    let guard = state.guard();
    let watched = nodes.watch.call(&device.runtime, caller.runtime.clone())?;
    let result = state
        .reserve(lua::MIN_STACK)
        .map_err(LuaError::from)
        .and_then(|()| body(&Callback { state, device }));
    let ended = watched.end();
    if ended {
        entered.clear_cancel();
    }
    let result = result.map_err(|error| {
        if entered.was_told() {
            ENODEV
        } else if ended {
            EINTR
        } else if entered.is_over_limit() {
            note_failure(&entered, error);
            ETIME
        } else {
            to_errno(&entered, error)
        }
    });
    drop(guard);
    result
}

/// Enters the runtime of a device for its caller.
fn enter<'a>(runtime: &'a Arc<Runtime>, caller: &'a Caller) -> Result<Entered<'a>> {
    runtime
        .as_arc_borrow()
        .enter(
            MaySleep::of_thread(),
            &caller.chain,
            caller.runtime.as_deref(),
        )
        .map_err(|error| match error {
            EnterError::Deadlock => EDEADLK,
            EnterError::Interrupted => ERESTARTSYS,
            EnterError::Gone | EnterError::Sealed => ENODEV,
        })
}

/// The error number for an error of Lua code. Any other error than a plain error number is logged.
fn to_errno(entered: &Entered<'_>, error: LuaError) -> Error {
    let state = entered.state();
    if let LuaError::Raised = error {
        if let Some(number) = named_errno(state) {
            return Error::from_errno(-number);
        }
    }
    note_failure(entered, error);
    EIO
}

/// Logs an error. An error at a limit of CPU time also becomes the last error of the runtime.
fn note_failure(entered: &Entered<'_>, error: LuaError) {
    let failure = execute::or_no_memory(execute::to_failure(entered.state(), error));
    execute::log_failure(entered, &failure);
    if entered.is_over_limit() {
        entered.set_failure(Some(failure));
    }
}

/// The number that the error value on top of the stack names: `{errno = "EAGAIN"}`.
fn named_errno(state: State) -> Option<i32> {
    /// The biggest number that is an error.
    const MAX: i64 = 4095;

    if state.kind(-1) != Kind::Table {
        return None;
    }
    let kind = state.get_field(-1, c"errno");
    let number = match kind {
        Ok(Kind::String) => state.to_bytes(-1).and_then(errno::number),
        Ok(Kind::Integer) => state
            .to_integer(-1)
            .filter(|number| (1..=MAX).contains(number))
            .and_then(|number| i32::try_from(number).ok()),
        _ => None,
    };
    state.pop(1);
    number
}
