// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Services that have an event. Such a service is not parked when it has nothing to do: its idle
//! handler runs, and waits for the event.

use kernel::prelude::*;

use super::{desk::Desk, interrupted};
use crate::{
    binding::arguments,
    linux::context::MaySleep,
    lua::{self, Error, Free, Sleeps, State},
    native,
    runtime::{
        objects::{Class, Classed},
        parking::Waited,
        timers::wait_beside_timers,
        userdata,
    },
};

/// What stands for the event. Programs for services elsewhere pass it to the functions of a socket
/// library; here it has no functions.
struct Handle;

impl Classed for Handle {
    const CLASS: &'static Class = &HANDLE;
}

const HANDLE: Class = Class {
    name: c"ltask.event",
    fill: |_, _| Ok(()),
};

/// `core.eventinit()`: gives the service an event. Returns the function that waits for it, and a
/// handle.
pub(super) fn eventinit(state: State) -> lua::Result {
    let service = Desk::service(state)?;
    state.push_function(native!(wait, Free, Sleeps), 0)?;
    userdata::push(state, Handle)?;
    service.make_event().map_err(|error| {
        if error == EEXIST {
            Error::message(fmt!("Already init event"))
        } else {
            Error::message(fmt!("Too many sockevents"))
        }
    })?;
    Ok(2)
}

/// `core.eventreset()`: the event has not happened. Returns a handle.
pub(super) fn eventreset(state: State) -> lua::Result {
    let service = Desk::service(state)?;
    userdata::push(state, Handle)?;
    if !service.reset_event() {
        return Err(Error::message(fmt!("Init event first")));
    }
    Ok(1)
}

/// `core.touch(id)`: lets the event of a service happen. Returns true, or nothing if there is none.
pub(super) fn touch(state: State) -> lua::Result {
    let service = Desk::service(state)?;
    let id = u32::try_from(arguments::integer(state, 1)?).ok();
    let touched = id
        .and_then(|id| service.system().find(id))
        .is_some_and(|other| other.touch());
    if touched {
        state.push_boolean(true);
    }
    Ok(touched.into())
}

/// The function that `eventinit` returns: waits until the service has a message, a timer is due or
/// somebody has touched the service. It takes no message. Returns true.
fn wait(state: State, may: MaySleep<'_>) -> lua::Result {
    let service = Desk::service(state)?;
    let waited = wait_beside_timers(state, may, || Ok(service.take_event()?.then_some(())))?;
    match waited {
        Waited::Done(()) | Waited::TimedOut => {
            state.push_boolean(true);
            Ok(1)
        }
        Waited::Ended { .. } => Err(interrupted()),
    }
}
