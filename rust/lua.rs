// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The safe edge of Lua's C API.
//!
//! A Lua error is a `longjmp()`: it drops nothing on its way. So that none crosses a Rust frame
//! (the first law of this module), there are two rules, and this folder is the only place that
//! could break them:
//!
//! - *Rust calls Lua.* Every operation that may raise (it allocates, or runs a metamethod, a
//!   finalizer or a script) is called through a function of `lua/port/edge.h`, which runs it
//!   under `luaD_pcall()` and returns a status. The `longjmp()` ends within that C function, above
//!   the Rust frame. What is called directly never raises: it reads the stack, or pushes a value
//!   that needs no memory.
//! - *Lua calls Rust.* Lua only ever calls the trampoline in `lua/port/trampoline.c`. It calls Rust,
//!   which returns a number: of results, or one that says that the value on top of the stack is an error. By then
//!   all Rust frames are gone and what they owned is dropped; then the trampoline raises.
//!
//! What has many values to push gives them one at a time ([`Source`]): C asks for a value, pushes it, asks
//! for the next. One protected call is around all of that, and each call of the source ends before Lua
//! does something that may raise; so an error still finds frames of C alone between itself and the
//! protected call. Who calls the source owns it, below the protected call, and drops it as ever.
//!
//! Reading values out of a VM needs no protection at all: it takes no memory from Lua, so it neither
//! raises nor collects garbage ([`Value`]).
//!
//! Locks and RCU guards are not held across either.

mod error;
mod for_tests;
mod function;
mod kind;
mod library;
mod machine;
mod main_state;
mod program;
mod shared;
mod state;
mod states;
mod text;
mod thread;
mod transfer;
mod values;

pub(crate) use error::{Error, Raised, Result};
pub(crate) use function::{
    run as run_native,
    Anywhere,
    Free,
    Guard,
    Named,
    NativeFunction,
    Process,
    Sleeps,
    Softirq, //
};
pub(crate) use kind::Kind;
pub(crate) use machine::{clock, Deferred, Head, Machine};
pub(crate) use main_state::{Interrupt, MainState};
pub(crate) use program::ProgramEnd;
pub(crate) use shared::{seed_pointer_hash, SharedFunctions, SharedStrings};
pub(crate) use state::{Reference, State};
pub(crate) use text::Text;
pub(crate) use thread::{
    freed as thread_freed,
    made as thread_made,
    Record,
    ThreadPointer, //
};
pub(crate) use transfer::Code;
pub(crate) use values::{Item, Pair, Source, Table, Value};

/// The slots that every native function finds free.
pub(crate) const MIN_STACK: core::ffi::c_int = 20;
