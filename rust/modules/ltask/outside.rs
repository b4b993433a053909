// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What the script that has started a system asks its services, and tells them.

use kernel::{
    list::ListArc,
    prelude::*,
    sync::Arc, //
};

use super::{
    desk::Desk,
    interrupted,
    receive::push_ending,
    send::{address, put_values, Receipt},
    start::system_of,
    values,
};
use crate::{
    binding::sending::too_much,
    channel::service::{
        outside::{open, Place},
        parcel::{Creditor, Head, Kind, Parcel, Payload},
        system::{System, ROOT},
    },
    linux::context::MaySleep,
    lua::{self, Error, State, Text},
    runtime::{
        parking::{wait, Waited},
        vm::Vm, //
    },
};

/// The error of a message to a system that is over.
fn ended() -> Error {
    Error::message(fmt!("the services have ended"))
}

/// Sends the request of a call.
fn ask(state: State, system: &Arc<System>, to: u32) -> lua::Result<Receipt> {
    // This may call code of the script. Afterwards nothing here does.
    let runtime = Vm::runtime_of(state);
    let mut message = Some(runtime.memcg().charge(|| values::encode(state, 3))?);
    let head = Head {
        from: 0,
        to,
        number: system.outside().begin(&runtime.into()),
        kind: Kind::Request,
    };
    let owed = Some(Creditor::Outside(system.clone()));
    // It does not wait for room: called again, it would not know that it has not sent.
    let (put, _) = put_values(state, None, system, head, owed, |place| {
        *place = message.take().unwrap_or_default();
        Ok(())
    });
    if !matches!(put, Ok(Receipt::Done)) {
        system.outside().give_up();
    }
    put
}

/// `core.call(context, to, ...)`: asks a service, and waits for its answer. Returns true and its values, or
/// false and an error object or text.
pub(super) fn call(state: State, may: MaySleep<'_>) -> lua::Result {
    let system = system_of(state)?;
    // Called again after a wait, the request was sent.
    if !state.head().waits_on() {
        let to = address(state, 2)?;
        let text = match ask(state, &system, to)? {
            Receipt::Done => None,
            Receipt::Dead => Some("dead"),
            Receipt::Busy => Some("busy"),
        };
        if let Some(text) = text {
            state.push_boolean(false);
            let text = Text::new(fmt!("{{service:{to}}} is {text}"));
            state.push_bytes(text.as_bytes())?;
            return Ok(2);
        }
    }
    let outside = system.outside();
    let waited = wait(state, may, None, || Ok(outside.take()));
    let answer = match waited {
        Ok(Waited::Done(answer)) => open(answer),
        Err(Error::Parked) => return Err(Error::Parked),
        Err(error) => {
            outside.give_up();
            return Err(error);
        }
        Ok(Waited::TimedOut | Waited::Ended { .. }) => {
            outside.give_up();
            None
        }
    };
    let (head, payload) = answer.ok_or_else(interrupted)?;
    state.push_boolean(head.kind == Kind::Response);
    let count = match &payload {
        Payload::Nothing => 0,
        Payload::Values(message) => message.push(state)?,
        Payload::Ended(ending) => push_ending(state, head.from, ending)?,
    };
    Ok(count.saturating_add(1))
}

/// `core.external_queue(context)`: how many messages from outside may be on their way; 0 if there are none
/// in this system.
pub(super) fn external_queue(state: State) -> lua::Result {
    let places = system_of(state)?.outside().places();
    state.push_integer(i64::try_from(places).unwrap_or(i64::MAX));
    Ok(1)
}

/// `core.send_external(context, ...)`: sends the root a request `external`, which is not answered. Never
/// waits: returns false if as many are on their way as may.
pub(super) fn send_external(state: State) -> lua::Result {
    let system = system_of(state)?;
    let Some(root) = system.find(ROOT) else {
        return Err(ended());
    };
    let Some(place) = Place::take(&system) else {
        state.push_boolean(false);
        return Ok(1);
    };
    state.push_bytes(b"external")?;
    state.insert(2);
    let runtime = Vm::runtime_of(state);
    let parcel = runtime.memcg().charge(|| {
        let head = Head {
            from: 0,
            to: ROOT,
            number: 0,
            kind: Kind::Request,
        };
        let mut parcel = Parcel::new(head, None, None)?;
        let filled = parcel
            .as_mut()
            .fill(system.family(), |message| values::fill(state, 2, message))?;
        filled.ok_or_else(too_much)?;
        parcel.as_mut().set_place(place);
        Ok::<_, Error>(ListArc::from(parcel))
    })?;
    runtime.send_output();
    let mut parcel = Some(parcel);
    root.put(&mut parcel, None)?;
    if parcel.is_some() {
        return Err(ended());
    }
    state.push_boolean(true);
    Ok(1)
}

/// `core.external_done()`: in the root, a message from outside was passed on, so that another one has room.
pub(super) fn external_done(state: State) -> lua::Result {
    Desk::root(state)?.system().outside().passed_on();
    Ok(0)
}
