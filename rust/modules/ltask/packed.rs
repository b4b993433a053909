// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Messages that a script has packed, to be sent or unpacked later.

use core::ffi::c_int;
use kernel::prelude::*;

use super::{
    desk::Desk,
    send::{address, head, kind, not_to_others, number, put_values, Receipt},
    values,
};
use crate::{
    binding::{arguments::type_error, sending::too_much},
    channel::service::parcel::{Creditor, Kind, Parcel},
    linux::context::MaySleep,
    lua::{self, Error, State},
    runtime::{
        message::Message,
        objects::{Class, Classed},
        userdata,
        vm::Vm,
    },
};

/// A packed message; none, once it was sent or removed.
struct Packed(Option<Message>);

impl Classed for Packed {
    const CLASS: &'static Class = &PACKED;
}

const PACKED: Class = Class {
    name: c"ltask message",
    fill: |_, _| Ok(()),
};

/// Calls `with` with the packed message at `index`. `None` if there is no value or nil.
fn with_packed<R>(
    state: State,
    index: c_int,
    with: impl FnOnce(&mut Packed) -> R,
) -> lua::Result<Option<R>> {
    if state.is_none_or_nil(index) {
        return Ok(None);
    }
    userdata::with(state, index, with)
        .map(Some)
        .ok_or_else(|| type_error(state, index, "ltask message"))
}

fn gone() -> Error {
    Error::message(fmt!("the message was removed"))
}

/// `pack(...)`: packs values, also none. Returns the message and its size.
pub(super) fn pack(state: State) -> lua::Result {
    let runtime = Vm::runtime_of(state);
    let encode = || runtime.memcg().charge(|| values::encode(state, 1));
    let message = match encode() {
        Err(Error::NoMemory) => {
            // Packed messages that nobody needs any more may have the memory.
            userdata::collect_garbage(state)?;
            encode()?
        }
        message => message?,
    };
    let size = message.len();
    userdata::push(state, Packed(Some(message)))?;
    // CAST: messages have at most some mebibytes.
    state.push_integer(size as i64);
    Ok(2)
}

/// Takes the message at 1 out, and pushes its values.
fn push_and(state: State, keep: bool) -> lua::Result {
    let Some(message) = with_packed(state, 1, |packed| packed.0.take())? else {
        return Ok(0);
    };
    let message = message.ok_or_else(gone)?;
    let pushed = message.push(state);
    if keep {
        let _ = with_packed(state, 1, |packed| packed.0 = Some(message));
    }
    pushed
}

/// `unpack(message)`: the values of a message; nothing for nil.
pub(super) fn unpack(state: State) -> lua::Result {
    push_and(state, true)
}

/// `unpack_remove(message)`: the values of a message, which is empty afterwards.
pub(super) fn unpack_remove(state: State) -> lua::Result {
    push_and(state, false)
}

/// `remove(message)`: gives the memory of a message back; does nothing for nil.
pub(super) fn remove(state: State) -> lua::Result {
    let former = with_packed(state, 1, |packed| packed.0.take())?;
    drop(former);
    Ok(0)
}

/// `send_packed(to, number, kind, message)`: sends a message, which is empty afterwards unless it was
/// not sent. Nil is a message without values. With a number, a request is answered. Returns what
/// became of it, as `request`.
pub(super) fn send_packed(state: State, may: MaySleep<'_>) -> lua::Result {
    let service = Desk::service(state)?;
    let head = head(state, &service, 1)?;
    if !head.kind.is_request() {
        return Err(not_to_others());
    }
    let message = match with_packed(state, 4, |packed| packed.0.take())? {
        Some(message) => message.ok_or_else(gone)?,
        None => Message::default(),
    };
    let owed = (head.number != 0).then(|| Creditor::Service(service.clone()));
    let mut message = Some(message);
    let (receipt, unsent) = put_values(state, Some(may), service.system(), head, owed, |place| {
        *place = message.take().unwrap_or_default();
        Ok(())
    });
    if let Some(message) = message.or_else(|| unsent.and_then(Parcel::into_message)) {
        give_back(state, message);
    }
    state.push_integer(receipt? as i64);
    Ok(1)
}

fn give_back(state: State, message: Message) {
    // For nil, there is nothing to give back.
    let _ = with_packed(state, 4, |packed| packed.0 = Some(message));
}

/// `answer_packed(to, number, kind, message)`: answers a request that was received and not answered
/// yet. Returns 1, or 2 if there is no such request.
pub(super) fn answer_packed(state: State) -> lua::Result {
    let (to, number, kind) = (address(state, 1)?, number(state, 2)?, kind(state, 3)?);
    if !matches!(kind, Kind::Response | Kind::Error) {
        return Err(Error::argument(
            3,
            fmt!("this type of message answers nothing"),
        ));
    }
    let service = Desk::service(state)?;
    let message = match with_packed(state, 4, |packed| packed.0.take())? {
        Some(message) => message.ok_or_else(gone)?,
        None => Message::default(),
    };
    let found = Desk::with(state, |desk| {
        let receipt = desk.debts.find(to, number)?;
        Some((receipt, desk.debts.take(receipt)?))
    })?;
    let receipt = match found {
        Some((receipt, mut debt)) => {
            let filled = debt.fill(service.system().family(), |place| {
                *place = message;
                Ok::<_, Error>(())
            })?;
            if filled.is_none() {
                Desk::with(state, |desk| desk.debts.put_back(receipt, debt))?;
                return Err(too_much());
            }
            debt.pay(kind);
            Receipt::Done
        }
        None => {
            give_back(state, message);
            Receipt::Dead
        }
    };
    state.push_integer(receipt as i64);
    Ok(1)
}
