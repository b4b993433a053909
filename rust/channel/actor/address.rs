// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The addresses of actors in the kernel.

use super::letter::Letter;
use crate::{
    channel::mailbox::{Address, System},
    runtime::{objects::Class, userdata},
};

/// The system of actors.
pub(crate) struct Actors;

impl System for Actors {
    type Entry = Letter;

    const CLASS: &'static Class = &CHANNEL;
}

/// The address of an actor. As long as there is one, somebody can send to the actor.
pub(crate) type Channel = Address<Actors>;

/// `lua/lib/internal/actor/channel.lua` adds the rest of the metatable.
pub(crate) const CHANNEL: Class = Class {
    name: c"tx-channel",
    fill: userdata::fill_shared,
};
