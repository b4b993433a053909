// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What the VM of a service has: the service, and what it owes.

use kernel::{
    prelude::*,
    sync::Arc, //
};

use super::trace::Asked;
use crate::{
    channel::service::{debt::Debts, Service},
    linux::account::Charge,
    lua::{self, Error, State},
    runtime::{permissions::Held, vm::Vm},
};

/// The part of a service that only its own code uses.
pub(super) struct Desk {
    service: Arc<Service>,
    pub(super) debts: Debts,
    /// Whether it has ever set a timer.
    pub(super) has_timers: bool,
    /// Whether the last thing that it received was a message. Then a timer has its turn.
    pub(super) timer_is_next: bool,
    /// What the code may do that has sent the last message; only the root is told.
    pub(super) mandate: Option<Arc<Held>>,
    /// The services that the root asks for their tracebacks.
    pub(super) traced: KVec<Option<Asked>>,
}

impl Desk {
    /// Makes the VM of `state`, in which nothing has run yet, that of `service`.
    pub(super) fn set_up(state: State, service: Arc<Service>) -> Result {
        let charge = Charge::to(service.runtime().account());
        Vm::attach(
            state,
            Self {
                service,
                debts: Debts::new(charge),
                has_timers: false,
                timer_is_next: false,
                mandate: None,
                traced: KVec::new(),
            },
        )
    }

    /// Calls `with` with the desk of the VM. `with` must not call Lua.
    pub(super) fn with<R>(state: State, with: impl FnOnce(&mut Self) -> R) -> lua::Result<R> {
        Vm::with_attachment(state, || Err(ENODEV), with).map_err(|error| {
            if error == ENODEV {
                Error::message(fmt!("this script is no service"))
            } else {
                error.into()
            }
        })
    }

    /// The service.
    pub(super) fn service_ref(&self) -> &Arc<Service> {
        &self.service
    }

    /// The service whose code calls.
    pub(super) fn service(state: State) -> lua::Result<Arc<Service>> {
        Self::with(state, |desk| desk.service.clone())
    }

    /// As [`service`](Self::service), if it is the root.
    pub(super) fn root(state: State) -> lua::Result<Arc<Service>> {
        let service = Self::service(state)?;
        if service.is_root() {
            Ok(service)
        } else {
            Err(Error::message(fmt!("only the root service may do this")))
        }
    }
}
