// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The workers of a system: the pool that executes its services, and services that are bound to one
//! of its workers.

use core::ffi::c_int;
use kernel::{prelude::*, sync::Arc};

use super::{super::worker::executor, desk::Desk};
use crate::{
    binding::{arguments, room::with_room},
    linux::segment::NoRoom,
    lua::{self, Error, Kind as ValueKind, State},
    runtime::{executor::Executor, vm::Vm},
    sched::pool::{Pool, MAX_CONTEXTS},
};

/// The executor of a system whose configuration is the table at 1. Its field `worker` says how many
/// workers there are, 0 for as many as usual, and gets their number. A number that is not the usual
/// one gives the system a pool of its own.
pub(super) fn executor_of_system(state: State) -> lua::Result<Arc<dyn Executor>> {
    let usual = executor(state);
    let kind = state.get_field(1, c"worker")?;
    let given = state.to_integer(-1);
    state.pop(1);
    let given = match (kind, given) {
        (ValueKind::Nil, _) => 0,
        (ValueKind::Integer, Some(given @ 0..)) => {
            u32::try_from(given).map_or(MAX_CONTEXTS, |given| given.min(MAX_CONTEXTS))
        }
        _ => {
            let text = fmt!(".worker should be an integer from 0 on");
            return Err(Error::message(text));
        }
    };
    let chosen: Arc<dyn Executor> = if given == 0 || given == usual.workers() {
        usual
    } else {
        let account = Vm::runtime_of(state).account().clone();
        with_room(state, |_| Pool::of_script(given, &account))
            .unwrap_or_else(|NoRoom| Err(ENOMEM))?
    };
    state.push_integer(chosen.workers().into());
    state.set_field(1, c"worker")?;
    Ok(chosen)
}

/// The number of a worker of `executor` in the argument at `index`; `None` if that is nil or absent.
pub(super) fn worker(
    state: State,
    index: c_int,
    executor: &dyn Executor,
) -> lua::Result<Option<u32>> {
    if matches!(state.kind(index), ValueKind::None | ValueKind::Nil) {
        return Ok(None);
    }
    let given = arguments::integer(state, index)?;
    match u32::try_from(given) {
        Ok(worker) if worker < executor.workers() => Ok(Some(worker)),
        _ => Err(Error::message(fmt!("Invalid worker id {given}"))),
    }
}

/// `core.worker_id()`: the number of the worker that executes the service now.
pub(super) fn worker_id(state: State) -> lua::Result {
    let worker = Vm::worker(state);
    if let Some(worker) = worker {
        state.push_integer(worker.into());
    }
    Ok(worker.is_some().into())
}

/// `core.worker_bind([n])`: only the worker `n` executes the service from its next slice on, without
/// `n` any of them.
pub(super) fn worker_bind(state: State) -> lua::Result {
    let service = Desk::service(state)?;
    let pooled = service.runtime().pooled();
    if let Some(executor) = Vm::executor(state) {
        let worker = worker(state, 1, &*executor)?;
        pooled.bind(worker);
        if worker.is_some() && worker != Vm::worker(state) {
            // Code that goes on computing moves there at the next tick.
            pooled.end_slice();
        }
    }
    Ok(0)
}
