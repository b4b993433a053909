// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The addresses of actors in processes.

use kernel::{prelude::*, sync::Arc};

use super::link::Link;
use crate::{
    lua::{self, Free, State},
    native,
    runtime::{
        handle::Shareable,
        objects::{Class, Classed},
        userdata,
    },
};

/// The address of an actor in a process. As long as there is one, somebody can send to the actor. All copies of a handle
/// to one address count as one.
pub(crate) struct ProcessAddress {
    link: Arc<Link>,
}

impl ProcessAddress {
    /// A new address of the actor behind `link`.
    pub(crate) fn new(link: &Arc<Link>) -> Result<Arc<Self>> {
        link.outbox().add_sender();
        // If there is no memory, the dropped value takes that back.
        let address = Self { link: link.clone() };
        Ok(Arc::new(address, GFP_KERNEL_ACCOUNT)?)
    }

    /// Where it leads.
    pub(crate) fn link(&self) -> &Arc<Link> {
        &self.link
    }
}

impl Drop for ProcessAddress {
    fn drop(&mut self) {
        self.link.outbox().remove_sender();
    }
}

impl Classed for ProcessAddress {
    const CLASS: &'static Class = &PROCESS_CHANNEL;
}

impl Shareable for ProcessAddress {}

/// The class of the addresses. `lua/lib/internal/actor/process_channel.lua` completes the metatable.
pub(crate) const PROCESS_CHANNEL: Class = Class {
    name: c"ipc_actor_channel",
    fill: |state, metatable| {
        userdata::fill_shared(state, metatable)?;
        state.set_function(metatable, c"__index", native!(index, Free, lua::Process))?;
        state.push_bytes(b"ipc_actor_channel")?;
        Ok(state.set_field(metatable, c"__metatable")?)
    },
};

/// `__index` until the metatable is complete. Few VMs have such channels, so it is completed when one is used.
fn index(state: State) -> lua::Result {
    state.set_top(2);
    state.push_library(c"internal.actor.process_channel")?;
    state.insert(1);
    state.call(2, 1)?;
    Ok(1)
}
