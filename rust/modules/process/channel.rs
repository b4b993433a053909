// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The addresses of actors in processes, and sending to them.

use kernel::{prelude::*, sync::Arc};

use super::super::actor::desk::Desk;
use crate::{
    binding::sending::too_much,
    channel::{
        actor::{
            address::Channel,
            letter::{Letter, Origin, Pending, Place},
        },
        process::{
            address::{ProcessAddress, PROCESS_CHANNEL},
            file::Descriptor,
            link::Link,
        },
    },
    lua::{self, Error, State},
    runtime::{handle::Handle, message::Message, userdata, vm::Vm},
    wire::Flat,
};

/// Pushes a new address of the actor behind `link`.
pub(super) fn push(state: State, link: &Arc<Link>) -> lua::Result<()> {
    let address = userdata::make(state, || ProcessAddress::new(link))?;
    userdata::push(state, Handle::new(address))
}

/// `process.close(channel)`: the channel can no longer be used. What was sent is still delivered.
pub(super) fn close(state: State) -> lua::Result {
    userdata::drop_shared::<ProcessAddress>(state, 1)?;
    Ok(0)
}

/// `process.is_open(value)`: whether `value` is a channel that was not closed; nil, if it is no channel to a process.
pub(super) fn is_open(state: State) -> lua::Result {
    if userdata::shared::<ProcessAddress>(state, 1).is_ok() {
        state.push_boolean(true);
    } else if userdata::is_of(state, 1, &PROCESS_CHANNEL)? {
        state.push_boolean(false);
    } else {
        state.push_nil();
    }
    Ok(1)
}

/// `process.metatable()`: the metatable of channels to processes.
pub(super) fn metatable(state: State) -> lua::Result {
    userdata::push_metatable(state, &PROCESS_CHANNEL)?;
    Ok(1)
}

/// Whether a process can get what this refers to.
fn can_travel(handle: &Handle) -> bool {
    handle.refers_to::<Channel>()
        || handle.refers_to::<ProcessAddress>()
        || handle.refers_to::<Descriptor>()
}

/// The letter of a message to a process, which counts against `family`, and its size.
fn message(state: State, link: &Link) -> lua::Result<(Message, crate::channel::family::Room)> {
    let message = Message::encode(state, 2, 2)?;
    // The Lua code has checked that. This keeps scripts that call the function themselves from more.
    let is_flat = Flat::check(message.as_bytes()).is_ok_and(|flat| {
        // CAST: The handles of a message are fewer than its bytes.
        flat.handles() as usize == message.handles().len()
    });
    if !is_flat || !message.handles().iter().all(can_travel) {
        return Err(Error::message(fmt!("cannot send this value to a process")));
    }
    let room = link.family().take(Letter::size_of(&message));
    Ok((message, room.ok_or_else(too_much)?))
}

/// `process.send(channel, value, tag)`: sends a copy of a flat `value`. Returns true if it was sent. Returns its receipt
/// if there is no room: `core.recv` later returns the receipt, whether it was sent, and `tag`. Returns nil if the
/// process is gone, or receives no more. Never waits.
///
/// Fails if the value is not flat, if too many bytes are on their way, or without memory.
pub(super) fn send(state: State) -> lua::Result {
    let channel = userdata::shared::<ProcessAddress>(state, 1)?;
    let tag = state.to_integer(3).unwrap_or(0);
    let link = channel.link().clone();
    let outbox = link.outbox();
    link.check();
    let (receipt, returns) = Desk::with(state, |desk| {
        let receipt = desk.pending.reserve()?;
        Ok::<_, kernel::error::Error>((receipt, desk.returns.clone()))
    })??;
    let runtime = Vm::runtime_of(state);
    let (letter, waits) = runtime.memcg().charge(|| {
        let (message, room) = message(state, &link)?;
        let waits = !outbox.has_room(Letter::size_of(&message));
        let origin = match waits {
            false => Origin::Nobody,
            true => Origin::Sender {
                returns,
                receipt,
                tag,
            },
        };
        Ok::<_, Error>((Letter::new(origin, message, room)?, waits))
    })?;
    // Who gets the message may print, too.
    runtime.send_output();
    if !waits {
        match outbox.put(letter) {
            Ok(()) => state.push_boolean(true),
            Err(letter) => {
                drop(letter);
                state.push_nil();
            }
        }
        return Ok(1);
    }
    let pending = Pending {
        letter: letter.clone_arc(),
        place: Place::Process(link.clone()),
    };
    // It cannot come back before this function has returned: only this thread takes it then.
    let added = Desk::with(state, |desk| desk.pending.add(pending))?;
    let receipt = added.map_err(|_| ENOMEM)?;
    match outbox.put(letter) {
        Ok(()) => state.push_integer(receipt),
        Err(letter) => {
            let unsent = Desk::with(state, |desk| desk.pending.take(receipt))?;
            drop((letter, unsent));
            state.push_nil();
        }
    }
    Ok(1)
}
