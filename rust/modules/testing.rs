// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! `lunatik.testing`: functions for the module's own tests. It exists only with the module
//! parameter `testing=1`.

mod contexts;
pub(crate) mod hooks;
mod mailbox;
mod packet;
mod pools;
mod stack;
mod timers;

use kernel::{
    prelude::*,
    time::{Instant, Monotonic}, //
};

use crate::{
    binding::arguments,
    linux::segment::{self, NoRoom},
    lua::{self, Error, Free, Process, State},
    native,
    runtime::{message::Message, registry, vm::Vm},
};

/// `fail_allocation(n [, stay])`: the n-th allocation of this runtime from now fails, and with
/// `stay` all later ones, too, until `fail_allocation(0)`.
fn fail_allocation(state: State) -> lua::Result {
    let count = arguments::integer(state, 1)?;
    let stay = state.to_boolean(2);
    Vm::fail_allocation(state, u64::try_from(count).unwrap_or(0), stay);
    Ok(0)
}

/// `memory()`: the bytes that this runtime has taken from the kernel.
fn memory(state: State) -> lua::Result {
    let (used, _, _) = Vm::runtime_of(state).memory();
    state.push_integer(i64::try_from(used).unwrap_or(i64::MAX));
    Ok(1)
}

/// `counted()`: the bytes that count against this runtime, including those of its children.
fn counted(state: State) -> lua::Result {
    let (used, _) = Vm::runtime_of(state).account().usage();
    state.push_integer(i64::try_from(used).unwrap_or(i64::MAX));
    Ok(1)
}

/// `without_segments(f, ...)`: calls `f` while no runtime can get another stack segment.
fn without_segments(state: State) -> lua::Result {
    let arguments = state.top().saturating_sub(1);
    // It begins on a stack of its own, so that it does not matter how deep the caller is.
    let called = Vm::on_new_stack(state, |state| {
        let taken = segment::take_all();
        let called = state.call(arguments, -1);
        segment::give(taken);
        called
    });
    called.map_err(|NoRoom| Error::message(fmt!("C stack overflow")))??;
    Ok(state.top())
}

/// `time_messages(rounds, ...)`: measures how many nanoseconds it takes to make a message of the
/// values and drop it, and how many to push the values of a message, `rounds` times each.
fn time_messages(state: State) -> lua::Result {
    let rounds = arguments::integer(state, 1)?;
    let last = state.top();
    let start = Instant::<Monotonic>::now();
    for _ in 0..rounds {
        Message::encode(state, 2, last)?;
    }
    let encoding = start.elapsed().as_nanos();
    let message = Message::encode(state, 2, last)?;
    let start = Instant::<Monotonic>::now();
    for _ in 0..rounds {
        message.push(state)?;
        state.set_top(last);
    }
    let pushing = start.elapsed().as_nanos();
    state.push_integer(encoding);
    state.push_integer(pushing);
    Ok(2)
}

/// `everything()`: a table whose keys are all functions of C, userdata and coroutines of this
/// runtime, including those that no script can reach.
fn everything(state: State) -> lua::Result {
    state.walk_heap()?;
    Ok(1)
}

/// `address(value)`: the real memory address of the value; 0 if the value is no object.
fn address(state: State) -> lua::Result {
    let address = state.to_pointer(1).addr();
    state.push_integer(address as i64);
    Ok(1)
}

/// `stop_latency(name)`: how many nanoseconds the ended script took to end after it was
/// interrupted, or nil if it was not interrupted.
fn stop_latency(state: State) -> lua::Result {
    let name = arguments::script(state, 1)?;
    match registry::outcome(name).map_or(0, |runtime| runtime.stop_latency_ns()) {
        0 => state.push_nil(),
        ns => state.push_integer(i64::try_from(ns).unwrap_or(i64::MAX)),
    }
    Ok(1)
}

/// Pushes the module.
pub(super) fn open(state: State) -> lua::Result {
    state.new_table(0, 29)?;
    state.set_function(-1, c"address", native!(address, Free, Process))?;
    state.set_function(-1, c"counted", native!(counted, Free, Process))?;
    state.set_function(-1, c"everything", native!(everything, Free, Process))?;
    state.set_function(
        -1,
        c"fail_allocation",
        native!(fail_allocation, Free, Process),
    )?;
    state.set_function(-1, c"memory", native!(memory, Free, Process))?;
    contexts::add(state)?;
    hooks::add(state)?;
    mailbox::add(state)?;
    packet::add(state)?;
    pools::add(state)?;
    stack::add(state)?;
    timers::add(state)?;
    state.set_function(-1, c"stop_latency", native!(stop_latency, Free, Process))?;
    state.set_function(-1, c"time_messages", native!(time_messages, Free, Process))?;
    state.set_function(
        -1,
        c"without_segments",
        native!(without_segments, Free, Process),
    )?;
    Ok(1)
}
