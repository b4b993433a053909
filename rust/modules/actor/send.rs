// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Sending to actors.

use kernel::prelude::*;

use super::desk::Desk;
use crate::{
    binding::{arguments, sending::too_much},
    channel::{
        actor::{
            address::Channel,
            letter::{Letter, Origin, Pending, Place},
        },
        queue::Sent,
    },
    lua::{self, Error, State},
    runtime::{message::Message, userdata, vm::Vm},
};

/// `core.send(channel, value, tag)`: sends a copy of `value`. Returns its receipt: `recv` later returns
/// the receipt, what has become of the message, and the integer `tag`. Returns nil if nobody can receive
/// it, or false if that is so because the actor is to stop. Never waits.
///
/// Fails if the value cannot travel, if too many bytes were not received yet, or without memory.
pub(super) fn send(state: State) -> lua::Result {
    let channel = userdata::shared::<Channel>(state, 1)?;
    let tag = state.to_integer(3).unwrap_or(0);
    let mailbox = channel.mailbox().clone();
    let (receipt, returns, family) = Desk::with(state, |desk| {
        let receipt = desk.pending.reserve()?;
        Ok::<_, kernel::error::Error>((receipt, desk.returns.clone(), desk.group.family().clone()))
    })??;
    let runtime = Vm::runtime_of(state);
    let letter = runtime.memcg().charge(|| {
        let message = Message::encode(state, 2, 2)?;
        let room = family
            .take(Letter::size_of(&message))
            .ok_or_else(too_much)?;
        let origin = Origin::Sender {
            returns: returns.clone(),
            receipt,
            tag,
        };
        Ok::<_, Error>(Letter::new(origin, message, room)?)
    })?;
    // Who gets the message may print, too.
    runtime.send_output();
    let pending = Pending {
        letter: letter.clone_arc(),
        place: Place::Mailbox(mailbox),
    };
    // It cannot come back before this function has returned: only this thread takes it then.
    let added = Desk::with(state, |desk| desk.pending.add(pending))?;
    let receipt = added.map_err(|_| ENOMEM)?;
    match channel.send(&mut Some(letter), None)? {
        Sent::Yes => state.push_integer(receipt),
        Sent::Full | Sent::Closed => {
            let unsent = Desk::with(state, |desk| desk.pending.take(receipt))?;
            drop(unsent);
            match Desk::with(state, |desk| desk.is_to_learn_of_stop(&runtime))? {
                true => state.push_boolean(false),
                false => state.push_nil(),
            }
        }
        Sent::Refused(never) => match never {},
    }
    Ok(1)
}

/// `core.withdraw(receipt)`: takes a message back. Returns false if it was received, or if nobody will
/// receive it: `recv` says which.
pub(super) fn withdraw(state: State) -> lua::Result {
    let receipt = arguments::integer(state, 1)?;
    let withdrawn = Desk::with(state, |desk| {
        let pending = desk.pending.get(receipt)?;
        Some(pending.clone())
    })?
    .is_some_and(|pending| pending.withdraw());
    if withdrawn {
        let pending = Desk::with(state, |desk| desk.pending.take(receipt))?;
        drop(pending);
    }
    state.push_boolean(withdrawn);
    Ok(1)
}
