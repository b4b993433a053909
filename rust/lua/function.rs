// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Functions of Rust that Lua calls.

use core::ffi::c_int;

use super::{
    error::{Error, Raised, Result},
    state::State, //
};
use crate::sys::lua as sys;

/// A function of Rust as the trampoline calls it. Made by [`native!`](crate::native).
pub(crate) type NativeFunction = unsafe extern "C" fn(*mut sys::lua_State) -> c_int;

/// Runs `body` for the trampoline, and turns its error into what the trampoline raises.
///
/// # Safety
///
/// To be called by the trampoline, with its state.
pub(crate) unsafe fn run(state: *mut sys::lua_State, body: fn(State) -> Result) -> c_int {
    // SAFETY: The thread that called the trampoline executes the VM until this returns.
    let state = unsafe { State::from_raw(state) };
    match body(state) {
        Ok(results) => results,
        Err(error) => raise(state, error),
    }
}

/// Pushes the error, and says how the trampoline is to raise it.
fn raise(state: State, error: Error) -> c_int {
    let pushed = match &error {
        Error::Raised => return sys::LUNATIK_RAISE,
        Error::Message(text) => state
            .push_bytes(text.as_bytes())
            .map(|()| sys::LUNATIK_RAISE_WHERE),
        Error::Argument(index, text) => state
            .push_bytes(text.as_bytes())
            .map(|()| sys::LUNATIK_RAISE_ARGUMENT - index),
        Error::NoMemory => {
            state.push_memory_error();
            Err(Raised)
        }
    };
    match pushed {
        Ok(code) => code,
        Err(Raised) => sys::LUNATIK_RAISE,
    }
}

/// Makes a [`NativeFunction`] of a `fn(State) -> lua::Result`.
#[macro_export]
macro_rules! native {
    ($body:path) => {{
        /// # Safety
        ///
        /// To be called by the trampoline.
        unsafe extern "C" fn shim(state: *mut $crate::sys::lua::lua_State) -> ::core::ffi::c_int {
            // SAFETY: As the caller promises.
            unsafe { $crate::lua::run_native(state, $body) }
        }
        shim as $crate::lua::NativeFunction
    }};
}
