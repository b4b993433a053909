// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Addresses of services for code outside their system.

use kernel::prelude::*;

use super::{send::address, start::system_of, values};
use crate::{
    channel::service::{sender::Sender, system::ROOT},
    lua::{self, Error, Free, Softirq, State},
    native,
    runtime::{
        handle::Handle,
        hooks::{self, Delivered},
        objects::{Class, Classed},
        userdata,
        vm::Vm, //
    },
};

impl Classed for Sender {
    const CLASS: &'static Class = &SENDER;
}

const SENDER: Class = Class {
    name: c"ltask.sender",
    fill: |state, metatable| {
        userdata::fill_shared(state, metatable)?;
        state.new_table(0, 1)?;
        state.set_function(-1, c"send", native!(send, Free, Softirq))?;
        Ok(state.set_field(metatable, c"__index")?)
    },
};

/// `core.sender(context, service)`: an address of the service with this number.
pub(super) fn sender(state: State) -> lua::Result {
    let system = system_of(state)?;
    let to = address(state, 2)?;
    if to <= ROOT {
        return Err(Error::argument(2, fmt!("number of a service expected")));
    }
    let sender = userdata::make(state, || Sender::new(&system, to))?;
    userdata::push(state, Handle::new(sender))?;
    Ok(1)
}

/// `sender:send(name, ...)`: sends a request that nobody answers. Never waits: returns false if the service
/// has too many requests; in a hook, if there is no room in its outbox.
fn send(state: State) -> lua::Result {
    let is_in_hook = hooks::may_sleep(state)?.is_none();
    let sender = userdata::shared::<Sender>(state, 1)?;
    let is_sent = if is_in_hook {
        hooks::post(state, 2, state.top(), sender, usize::MAX)?
    } else {
        send_now(state, &sender)?
    };
    state.push_boolean(is_sent);
    Ok(1)
}

fn send_now(state: State, sender: &Sender) -> lua::Result<bool> {
    let runtime = Vm::runtime_of(state);
    let message = runtime.memcg().charge(|| values::encode(state, 2))?;
    // Who gets the message may print, too.
    runtime.send_output();
    match runtime.memcg().charge(|| sender.send(message, None)) {
        Delivered::Yes => Ok(true),
        Delivered::Later(_) => Ok(false),
        Delivered::Never => {
            let to = sender.to();
            Err(Error::message(fmt!("{{service:{to}}} is dead")))
        }
    }
}
