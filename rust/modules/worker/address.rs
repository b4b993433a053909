// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Addresses of workers, by which others than their parents send to them.

use kernel::sync::Arc;

use super::worker;
use crate::{
    channel::worker::{Worker, WorkerAddress},
    lua::{self, State},
    runtime::{
        handle::Handle,
        objects::{Class, Classed},
        userdata, //
    },
};

impl Classed for WorkerAddress {
    const CLASS: &'static Class = &ADDRESS;
}

const ADDRESS: Class = Class {
    name: c"worker.address",
    fill: userdata::fill_shared,
};

/// `worker.address(w)`
pub(super) fn address(state: State) -> lua::Result {
    let worker = worker(state, 1)?;
    let address = userdata::make(state, || WorkerAddress::new(worker.clone()))?;
    userdata::push(state, Handle::new(address))?;
    Ok(1)
}

/// The worker to which the handle or the address at 1 leads.
pub(super) fn receiver(state: State) -> lua::Result<Arc<Worker>> {
    let address = userdata::handle(state, 1).and_then(|handle| handle.get::<WorkerAddress>());
    match address {
        Some(address) => Ok(address.worker().clone()),
        None => worker(state, 1),
    }
}
