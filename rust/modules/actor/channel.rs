// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The addresses of actors.

use kernel::sync::Arc;

use super::desk::Desk;
use crate::{
    channel::{
        actor::{
            address::{Channel, CHANNEL},
            letter::Letter,
        },
        mailbox::Mailbox,
        process::{
            address::{ProcessAddress, PROCESS_CHANNEL},
            file::{Descriptor, DESCRIPTOR},
        },
    },
    lua::{self, State},
    runtime::{handle::Handle, instance::Kind, userdata, vm::Vm},
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

/// `system.is_sendable(value)`: whether `value` is an object that messages carry, and was not closed; nil, if it is none.
pub(super) fn is_sendable(state: State) -> lua::Result {
    let handle = userdata::handle(state, 1);
    let can = |handle: &Handle| {
        handle.refers_to::<Channel>()
            || handle.refers_to::<ProcessAddress>()
            || handle.refers_to::<Descriptor>()
    };
    if handle.as_ref().is_some_and(can) {
        state.push_boolean(true);
        return Ok(1);
    }
    for class in [&CHANNEL, &PROCESS_CHANNEL, &DESCRIPTOR] {
        if userdata::is_of(state, 1, class)? {
            state.push_boolean(false);
            return Ok(1);
        }
    }
    state.push_nil();
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
