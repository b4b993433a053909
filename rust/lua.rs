// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The safe edge of Lua's C API.
//!
//! A Lua error is a `longjmp()`, which drops nothing on its way, so none may cross a Rust frame
//! (the first law of this module). Two rules ensure that, and only this folder could break them:
//!
//! - *Rust calls Lua.* Every operation that may raise (it allocates, or runs a metamethod, a
//!   finalizer or a script) is called through a function of `lua/port/edge.h`, which runs it under
//!   `luaD_pcall()` and returns a status. The `longjmp()` ends within that C function, above the
//!   Rust frame. The functions that Rust calls directly never raise: they read the stack, or push a
//!   value that needs no memory.
//! - *Lua calls Rust.* Lua only ever calls the trampoline in `lua/port/trampoline.c`. It calls
//!   Rust, which returns either the number of results, or a code that says that the value on top of
//!   the stack is an error. By then all Rust frames are gone and what they owned is dropped. Only
//!   then does the trampoline raise.
//!
//! To push many values, Rust hands C a [`Source`]. C asks it for one value at a time inside one
//! protected call. Each call of the source has returned before Lua does anything that may raise, so
//! an error finds only C frames between itself and the protected call. The Rust function that
//! started the protected call owns the source and drops it as usual.
//!
//! Reading values out of a VM needs no protection: it takes no memory from Lua, so it neither
//! raises nor collects garbage ([`Value`]).
//!
//! No lock and no RCU guard is held across a call in either direction.

mod code;
mod error;
mod for_tests;
mod function;
mod hook;
mod kind;
mod library;
mod machine;
mod main_state;
mod program;
mod sample;
mod shared;
mod state;
mod states;
mod text;
mod thread;
mod transfer;
mod userdata;
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
pub(crate) use hook::Returned;
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

/// The number of stack slots that are free when a native function begins.
pub(crate) const MIN_STACK: core::ffi::c_int = 20;
