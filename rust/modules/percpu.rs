// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The Lua module `percpu`: counters and histograms of which each CPU has its own copy, so that hooks and
//! processes on all CPUs add to them without waiting for each other.

mod histogram;

use kernel::{
    prelude::*,
    sync::Arc, //
};

use self::histogram::Histogram;
use crate::{
    binding::{
        arguments::{self, show},
        needs,
    },
    linux::account::{kmalloc_size, Charge},
    lua::{self, Anywhere, Error, Free, Process, State},
    native,
    runtime::{
        handle::{Handle, Shareable},
        objects::{Class, Classed},
        percpu::{Kind, Name, PerCpu, MAX_NAME},
        userdata,
        vm::Vm, //
    },
};

/// Pushes the module.
pub(super) fn open(state: State) -> lua::Result {
    state.new_table(0, 2)?;
    state.set_function(-1, c"counter", native!(counter, needs::Rcu, Process))?;
    state.set_function(-1, c"histogram", native!(histogram, needs::Rcu, Process))?;
    Ok(1)
}

/// A reference that scripts hold.
struct Reference {
    percpu: PerCpu,
    _charge: Charge,
}

/// Finds what the name at index 1 stands for, or makes it.
fn find(state: State, kind: Kind) -> lua::Result<Reference> {
    let given = arguments::string(state, 1)?;
    let name = Name::new(given)
        .ok_or_else(|| Error::argument(1, fmt!("a name must have 1 to {MAX_NAME} bytes")))?;
    let runtime = Vm::runtime_of(state);
    let find = || {
        runtime
            .memcg()
            .charge(|| PerCpu::open(name, kind, runtime.account()))
    };
    let found = match find() {
        Err(error) if error == ENOMEM || error == ENOSPC => {
            userdata::collect_garbage(state)?;
            find()
        }
        result => result,
    };
    let percpu = found.map_err(|error| {
        if error == EEXIST {
            let (name, other) = (show(given), other(kind));
            Error::message(fmt!("'{name}' is a {other}"))
        } else if error == ENOSPC {
            Error::message(fmt!("too many counters and histograms"))
        } else {
            error.into()
        }
    })?;
    Ok(Reference {
        percpu,
        _charge: Charge::new(runtime.account(), kmalloc_size(size_of::<Reference>()))?,
    })
}

/// The kind that is not `kind`, in words.
fn other(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => "histogram",
        Kind::Histogram => "counter",
    }
}

/// A counter.
struct Counter(Reference);

impl Classed for Counter {
    const CLASS: &'static Class = &COUNTER;
}

impl Shareable for Counter {
    fn identity(&self) -> *const () {
        self.0.percpu.identity()
    }
}

const COUNTER: Class = Class {
    name: c"percpu.counter",
    fill: |state, metatable| {
        userdata::fill_shared(state, metatable)?;
        state.new_table(0, 2)?;
        // Finding the counter needed a permission.
        state.set_function(-1, c"add", native!(add, Free, Anywhere))?;
        state.set_function(-1, c"sum", native!(sum, Free, Anywhere))?;
        Ok(state.set_field(metatable, c"__index")?)
    },
};

/// `percpu.counter(name)`
fn counter(state: State) -> lua::Result {
    let found = find(state, Kind::Counter)?;
    let counter = Arc::new(Counter(found), GFP_KERNEL_ACCOUNT)?;
    userdata::push(state, Handle::new(counter))?;
    Ok(1)
}

/// `percpu.histogram(name)`
fn histogram(state: State) -> lua::Result {
    let found = find(state, Kind::Histogram)?;
    let histogram = Arc::new(Histogram(found), GFP_KERNEL_ACCOUNT)?;
    userdata::push(state, Handle::new(histogram))?;
    Ok(1)
}

/// `counter:add([n])`
fn add(state: State) -> lua::Result {
    let more = arguments::optional_integer(state, 2, 1)?;
    // CAST: The sum wraps around.
    userdata::with_shared(state, 1, |counter: &Counter| {
        counter.0.percpu.words().add(0, more as u64);
    })?;
    Ok(0)
}

/// `counter:sum()`
fn sum(state: State) -> lua::Result {
    let sum = userdata::with_shared(state, 1, |counter: &Counter| {
        counter.0.percpu.words().sum(0)
    })?;
    // CAST: As above.
    state.push_integer(sum as i64);
    Ok(1)
}
