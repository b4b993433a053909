// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The safe edge of Lua's C API.
//!
//! A Lua error is a `longjmp()`: it drops nothing on its way. So that none crosses a Rust frame
//! (the first law of this module), there are two rules, and this folder is the only place that
//! could break them:
//!
//! - *Rust calls Lua.* Every operation that may raise (it allocates, or runs a metamethod, a
//!   finalizer or a script) is called through a function of `lua/port/edge.c`, which runs it
//!   under `luaD_pcall()` and returns a status. The `longjmp()` ends within that C function, above
//!   the Rust frame. What is called directly never raises: it reads the stack, or pushes a value
//!   that needs no memory.
//! - *Lua calls Rust.* Lua only ever calls the trampoline in `edge.c`. It calls Rust, which returns
//!   a number: of results, or one that says that the value on top of the stack is an error. By then
//!   all Rust frames are gone and what they owned is dropped; then the trampoline raises.
//!
//! Locks and RCU guards are not held across either.

mod error;
mod function;
mod state;
mod transfer;

pub(crate) use error::{Error, Raised, Result};
pub(crate) use function::{run as run_native, Free, Guard, Named, NativeFunction};
pub(crate) use state::{Kind, Reference, State};
pub(crate) use transfer::Code;

/// The slots that every native function finds free.
pub(crate) const MIN_STACK: core::ffi::c_int = 20;
