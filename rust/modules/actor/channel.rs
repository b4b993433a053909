// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The addresses of actors.

use kernel::sync::Arc;

use super::desk::Desk;
use crate::{
    channel::{
        actor::letter::Letter,
        mailbox::{Address, Mailbox, System},
    },
    lua::{self, State},
    runtime::{
        handle::Handle,
        instance::Kind,
        objects::Class,
        userdata,
        vm::Vm, //
    },
};

/// The system of actors.
pub(super) struct Actors;

impl System for Actors {
    type Entry = Letter;

    const CLASS: &'static Class = &CHANNEL;
}

/// The address of an actor. As long as there is one, somebody can send to the actor.
pub(super) type Channel = Address<Actors>;

/// The part of `lua/lib/internal/actor/channel.lua` adds the rest of the metatable.
const CHANNEL: Class = Class {
    name: c"tx-channel",
    fill: userdata::fill_shared,
};

/// Pushes a new address that leads to `mailbox`.
pub(super) fn push(state: State, mailbox: &Arc<Mailbox<Letter>>) -> lua::Result<()> {
    let address = userdata::make(state, || Channel::new(mailbox))?;
    userdata::push(state, Handle::new(address))
}

/// `system.address()`: a channel that leads to the actor itself.
pub(super) fn address(state: State) -> lua::Result {
    let mailbox = Desk::with(state, |desk| desk.mailbox().clone())?;
    push(state, &mailbox)?;
    Ok(1)
}

/// `core.close(channel)`: the channel can no longer be used. Other channels to the same actor can.
pub(super) fn close(state: State) -> lua::Result {
    userdata::drop_shared::<Channel>(state, 1)?;
    Ok(0)
}

/// `system.release()`: the script's code has ended. If nothing can call it any more, its channels are closed, as those
/// of an actor that ends. Returns whether they are, and whether the script ends now, so that it has to wait for its
/// actors.
pub(super) fn release(state: State) -> lua::Result {
    let runtime = Vm::runtime_of(state);
    let stays = matches!(runtime.kind(), Kind::Run | Kind::Child);
    let closes = !stays || !(runtime.is_kept_for_calls() || Vm::has_body(state));
    if closes {
        userdata::drop_all_shared::<Channel>(state);
    }
    state.push_boolean(closes);
    state.push_boolean(!stays);
    Ok(2)
}

/// `core.is_open(value)`: whether `value` is a channel that was not closed; nil, if it is no channel.
pub(super) fn is_open(state: State) -> lua::Result {
    if userdata::shared::<Channel>(state, 1).is_ok() {
        state.push_boolean(true);
    } else if userdata::is_of(state, 1, &CHANNEL)? {
        state.push_boolean(false);
    } else {
        state.push_nil();
    }
    Ok(1)
}

/// `system.is_closed(channel)`: whether the actor that an open channel leads to receives no more.
pub(super) fn is_closed(state: State) -> lua::Result {
    let channel = userdata::shared::<Channel>(state, 1)?;
    state.push_boolean(channel.mailbox().is_closed());
    Ok(1)
}

/// `system.channel_metatable()`: the metatable of channels.
pub(super) fn metatable(state: State) -> lua::Result {
    userdata::push_metatable(state, &CHANNEL)?;
    Ok(1)
}
