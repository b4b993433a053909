// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The Lua module `lunatik.example`: counters that runtimes share.
//! `Documentation/adding-a-module.md` explains it line by line; it is offered only when the module
//! was loaded for tests.

use kernel::{
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        Arc, //
    },
};

use crate::{
    binding::{
        arguments::{integer, optional_integer},
        needs, //
    },
    lua::{self, Free, Process, State},
    native,
    runtime::{
        handle::{Handle, Shareable},
        objects::{Class, Classed},
        userdata, //
    },
};

/// A counter.
struct Counter(Atomic<i64>);

impl Classed for Counter {
    const CLASS: &'static Class = &COUNTER;
}

impl Shareable for Counter {}

const COUNTER: Class = Class {
    name: c"example.counter",
    fill: |state, metatable| {
        userdata::fill_shared(state, metatable)?;
        state.new_table(0, 1)?;
        state.set_function(-1, c"add", native!(add, needs::Rcu, Process))?;
        Ok(state.set_field(metatable, c"__index")?)
    },
};

/// Pushes the module.
pub(super) fn open(state: State) -> lua::Result {
    state.new_table(0, 1)?;
    state.set_function(-1, c"counter", native!(counter, Free, Process))?;
    Ok(1)
}

/// `example.counter([start])`: a new counter.
fn counter(state: State) -> lua::Result {
    let start = optional_integer(state, 1, 0)?;
    let counter = Arc::new(Counter(Atomic::new(start)), GFP_KERNEL_ACCOUNT)?;
    userdata::push(state, Handle::new(counter))?;
    Ok(1)
}

/// `counter:add(n)`: adds an integer, and returns what the counter was before.
fn add(state: State) -> lua::Result {
    let counter = userdata::shared::<Counter>(state, 1)?;
    let more = integer(state, 2)?;
    state.push_integer(counter.0.fetch_add(more, Relaxed));
    Ok(1)
}
