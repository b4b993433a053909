// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The addresses of actors in the kernel.

use kernel::{
    error,
    prelude::*,
    sync::Arc, //
};

use super::letter::{self, Letter};
use crate::{
    channel::{
        mailbox::{Address, System},
        posting::Posts,
        queue::Sent, //
    },
    lua::{self, Error, Free, Softirq, State},
    native,
    runtime::{
        hooks::{self, Delivered, Destination, Origin},
        message::Message,
        objects::Class,
        userdata,
        vm::Vm, //
    },
};

/// The system of actors.
pub(crate) struct Actors;

impl System for Actors {
    type Entry = Letter;

    const CLASS: &'static Class = &CHANNEL;
}

/// The address of an actor. As long as there is one, somebody can send to the actor.
pub(crate) type Channel = Address<Actors>;

/// The class of the addresses, in runtimes that are no actors. In an actor,
/// `lua/lib/internal/actor/channel.lua` completes the metatable, and its `send` waits until the value is
/// received.
pub(crate) const CHANNEL: Class = Class {
    name: c"tx-channel",
    fill: |state, metatable| {
        userdata::fill_shared(state, metatable)?;
        state.new_table(0, 1)?;
        state.set_function(-1, c"send", native!(send, Free, Softirq))?;
        Ok(state.set_field(metatable, c"__index")?)
    },
};

impl Channel {
    /// Puts `message` into the mailbox; nobody learns what becomes of it.
    fn post(&self, message: Message, posts: &Posts) -> Result<Delivered> {
        let Some(room) = posts.take(Letter::size_of(&message)) else {
            return Ok(Delivered::Later(message));
        };
        let letter = Letter::new(letter::Origin::Nobody, message, room)?;
        Ok(match self.send(&mut Some(letter), None)? {
            Sent::Yes => Delivered::Yes,
            // Mailboxes of actors are never full.
            Sent::Full | Sent::Closed => Delivered::Never,
            Sent::Refused(never) => match never {},
        })
    }
}

impl Destination for Channel {
    fn deliver(&self, message: Message, origin: &mut Origin<'_>) -> Delivered {
        match origin.kept(Posts::new) {
            Ok(posts) => self.post(message, &posts).unwrap_or(Delivered::Never),
            Err(_) => Delivered::Later(message),
        }
    }
}

/// `channel:send(value)`: sends a copy of a value, and does not wait until it is received. Returns whether it
/// is on its way: false if the actor receives no more, or if too much was sent so that nobody has received;
/// in a hook, if there is no room in its outbox.
fn send(state: State) -> lua::Result {
    let is_in_hook = hooks::may_sleep(state)?.is_none();
    let channel = userdata::shared::<Channel>(state, 1)?;
    if state.is_none_or_nil(2) {
        return Err(Error::argument(2, fmt!("value expected")));
    }
    let is_sent = if is_in_hook {
        hooks::post(state, 2, 2, channel, usize::MAX)?
    } else {
        send_now(state, &channel)?
    };
    state.push_boolean(is_sent);
    Ok(1)
}

fn send_now(state: State, channel: &Arc<Channel>) -> lua::Result<bool> {
    let posts = Vm::attachment_or(state, Posts::new)?;
    let runtime = Vm::runtime_of(state);
    let message = runtime.memcg().charge(|| Message::encode(state, 2, 2))?;
    // Who gets the message may print, too.
    runtime.send_output();
    let posted: Result<_, error::Error> = runtime.memcg().charge(|| channel.post(message, &posts));
    Ok(matches!(posted?, Delivered::Yes))
}
