// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! `lunatik.testing`: mailboxes, and addresses that travel.

use core::ffi::c_int;
use kernel::{
    prelude::*,
    sync::Arc, //
};

use crate::{
    binding::{
        arguments::{optional_integer, optional_milliseconds},
        sending, //
    },
    channel::{
        entries::Entry,
        mailbox::{Address, Inbox, Mailbox, Received, System},
        posting,
        queue::Limits, //
    },
    linux::context::MaySleep,
    lua::{self, Error, Free, Process, Sleeps, Softirq, State},
    native,
    runtime::{
        handle::Handle,
        hooks::{self, Delivered, Destination, Origin},
        message::Message,
        objects::{Class, Classed},
        parking::{wait, Waited},
        userdata,
        vm::Vm, //
    },
};

/// The mailboxes of tests.
struct Tests;

impl System for Tests {
    type Entry = Entry;

    const CLASS: &'static Class = &ADDRESS;
}

const ADDRESS: Class = Class {
    name: c"lunatik.testing.address",
    fill: |state, metatable| {
        userdata::fill_shared(state, metatable)?;
        state.new_table(0, 1)?;
        state.set_function(-1, c"send", native!(send, Free, Softirq))?;
        Ok(state.set_field(metatable, c"__index")?)
    },
};

/// The end that receives.
struct Receiver(Inbox);

impl Classed for Receiver {
    const CLASS: &'static Class = &INBOX;
}

const INBOX: Class = Class {
    name: c"lunatik.testing.inbox",
    fill: |state, metatable| {
        state.new_table(0, 4)?;
        state.set_function(-1, c"address", native!(address, Free, Process))?;
        state.set_function(-1, c"close", native!(close, Free, Process))?;
        state.set_function(-1, c"counts", native!(counts, Free, Process))?;
        state.set_function(-1, c"receive", native!(receive, Free, Sleeps))?;
        Ok(state.set_field(metatable, c"__index")?)
    },
};

/// Adds the function to the table on top of the stack.
pub(super) fn add(state: State) -> lua::Result<()> {
    Ok(state.set_function(-1, c"mailbox", native!(mailbox, Free, Process))?)
}

/// The limit at `index`, which is from 1 to `most`.
fn limit(state: State, index: c_int, default: usize, most: usize) -> lua::Result<usize> {
    let given = optional_integer(state, index, default as i64)?;
    usize::try_from(given)
        .ok()
        .filter(|given| (1..=most).contains(given))
        .ok_or_else(|| Error::argument(index, fmt!("limit must be from 1 to {most}")))
}

/// `mailbox([messages [, bytes]])`: the inbox of a new mailbox of this runtime.
fn mailbox(state: State) -> lua::Result {
    let limits = Limits {
        messages: limit(state, 1, Limits::DEFAULT.messages, Limits::MAX.messages)?,
        bytes: limit(state, 2, Limits::DEFAULT.bytes, Limits::MAX.bytes)?,
    };
    let runtime = Vm::runtime_of(state);
    let make = || runtime.memcg().charge(|| Inbox::new(&runtime, limits));
    let inbox = userdata::make(state, make)?;
    userdata::push(state, Receiver(inbox))?;
    Ok(1)
}

/// The mailbox whose inbox is at index 1.
fn this(state: State) -> lua::Result<Arc<Mailbox>> {
    userdata::argument(state, 1, |receiver: &mut Receiver| {
        receiver.0.mailbox().clone()
    })
}

/// `inbox:address()`: a handle that sends to it.
fn address(state: State) -> lua::Result {
    let address = Address::<Tests>::new(&this(state)?)?;
    userdata::push(state, Handle::new(address))?;
    Ok(1)
}

/// `inbox:close()`: nobody receives any more.
fn close(state: State) -> lua::Result {
    this(state)?.close();
    Ok(0)
}

/// `inbox:counts()`: how many messages are there, and how many addresses.
fn counts(state: State) -> lua::Result {
    let (messages, addresses) = this(state)?.counts();
    state.push_integer(messages as i64);
    state.push_integer(addresses as i64);
    Ok(2)
}

/// Pushes nil and the reason.
fn push_reason(state: State, reason: &str) -> lua::Result {
    state.push_nil();
    state.push_bytes(reason.as_bytes())?;
    Ok(2)
}

fn interrupted() -> Error {
    Error::message(fmt!("interrupted"))
}

/// `inbox:receive([timeout_ms])`: true and the oldest message; or nil and `"timeout"`,
/// `"no senders"` or `"closed"`.
fn receive(state: State, may: MaySleep<'_>) -> lua::Result {
    let mailbox = this(state)?;
    let timeout = optional_milliseconds(state, 2)?;
    let owner = Vm::runtime_of(state).into();
    let waited = wait(state, may, timeout, || match mailbox.take(&owner)? {
        Received::Nothing => Ok(None),
        received => Ok(Some(received)),
    })?;
    match waited {
        Waited::Done(Received::Message(entry)) => {
            state.push_boolean(true);
            if let Err(error) = entry.message().push(state) {
                mailbox.put_back(entry);
                return Err(error);
            }
            Ok(2)
        }
        Waited::Done(Received::NoSenders) => push_reason(state, "no senders"),
        Waited::Done(Received::Closed | Received::Nothing) => push_reason(state, "closed"),
        Waited::TimedOut => push_reason(state, "timeout"),
        Waited::Ended { .. } => Err(interrupted()),
    }
}

impl Destination for Address<Tests> {
    fn deliver(&self, message: Message, origin: &mut Origin<'_>) -> Delivered {
        posting::deliver(message, origin, |entry, sender| {
            self.send(entry, Some(sender))
        })
    }
}

/// `address:send(value [, timeout_ms])`: true; or nil and `"closed"`, `"timeout"` or, if only the
/// caller itself could make room, `"full"`. In a hook: whether there is room in its outbox.
fn send(state: State) -> lua::Result {
    let may = hooks::may_sleep(state)?;
    let address = userdata::shared::<Address<Tests>>(state, 1)?;
    let Some(may) = may else {
        return sending::post(state, 2, address);
    };
    let timeout = optional_milliseconds(state, 3)?;
    let entry = sending::entry(state, 2)?;
    let runtime = Vm::runtime_of(state);
    if address.mailbox().is_owned_by(&runtime) {
        let waited = sending::send(state, may, Some(0), entry, |entry| {
            address.send(entry, None)
        })?;
        return sent(state, waited, "full");
    }
    let sender = runtime.into();
    let put = |entry: &mut _| address.send(entry, Some(&sender));
    let waited = sending::send(state, may, timeout, entry, put)?;
    sent(state, waited, "timeout")
}

fn sent(state: State, waited: Waited<bool>, late: &str) -> lua::Result {
    match waited {
        Waited::Done(true) => {
            state.push_boolean(true);
            Ok(1)
        }
        Waited::Done(false) => push_reason(state, "closed"),
        Waited::TimedOut => push_reason(state, late),
        Waited::Ended { .. } => Err(interrupted()),
    }
}
