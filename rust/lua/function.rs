// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Functions of Rust that Lua calls.

use core::ffi::c_int;
use kernel::prelude::*;

use super::{
    error::{Error, Raised, Result},
    state::State, //
};
use crate::sys::lua as sys;

/// What the trampoline calls.
type Shim = unsafe extern "C" fn(*mut sys::lua_State) -> c_int;

/// What must be so before a function of Rust is called.
///
/// Every function has one: there is no other way to a [`NativeFunction`] than
/// [`native!`](crate::native), which asks for it. So a function that nobody has thought about does
/// not compile.
pub(crate) trait Guard {
    /// Fails if the thread may not call the function with the arguments on its stack.
    fn check(state: State) -> Result<()>;
}

/// Any script may call the function: it gives no power over what is not the script's own.
pub(crate) struct Free;

impl Guard for Free {
    fn check(_state: State) -> Result<()> {
        Ok(())
    }
}

impl<A: Guard, B: Guard> Guard for (A, B) {
    fn check(state: State) -> Result<()> {
        A::check(state)?;
        B::check(state)
    }
}

/// A function of Rust that Lua can call, with its [`Guard`] in front. Made by
/// [`native!`](crate::native).
#[derive(Clone, Copy)]
pub(crate) struct NativeFunction(Shim);

impl NativeFunction {
    /// For [`native!`](crate::native) only.
    ///
    /// # Safety
    ///
    /// `shim` must check its guard first, and be sound to call for the trampoline.
    pub(crate) const unsafe fn from_shim(shim: Shim) -> Self {
        Self(shim)
    }

    pub(super) fn shim(self) -> Shim {
        self.0
    }
}

/// A function and its name, for [`State::set_functions`].
#[repr(transparent)]
pub(crate) struct Named(sys::lunatik_named_function);

impl Named {
    /// Names a function.
    pub(crate) const fn new(name: &'static CStr, function: NativeFunction) -> Self {
        Self(sys::lunatik_named_function {
            name: name.as_ptr().cast(),
            function: Some(function.0),
        })
    }
}

/// Runs `body` for the trampoline, if `G` lets it, and turns its error into what the trampoline
/// raises.
///
/// # Safety
///
/// To be called by the trampoline, with its state.
pub(crate) unsafe fn run<G: Guard>(state: *mut sys::lua_State, body: fn(State) -> Result) -> c_int {
    // SAFETY: The thread that called the trampoline executes the VM until this returns.
    let state = unsafe { State::from_raw(state) };
    match G::check(state).and_then(|()| body(state)) {
        Ok(results) => results,
        Err(error) => raise(state, error),
    }
}

/// Pushes the error, and says how the trampoline is to raise it.
fn raise(state: State, error: Error) -> c_int {
    let pushed = match &error {
        Error::Raised => return sys::LUNATIK_RAISE,
        Error::PushedMessage => return sys::LUNATIK_RAISE_WHERE,
        Error::Parked => return sys::LUNATIK_PARK,
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

/// Makes a [`NativeFunction`] of a `fn(State) -> lua::Result` and the [`Guard`] that says who may
/// call it: `native!(run, needs::Starts)`, `native!(time, Free)`.
#[macro_export]
macro_rules! native {
    ($body:path, $guard:ty) => {{
        /// # Safety
        ///
        /// To be called by the trampoline.
        unsafe extern "C" fn shim(state: *mut $crate::sys::lua::lua_State) -> ::core::ffi::c_int {
            // SAFETY: As the caller promises.
            unsafe { $crate::lua::run_native::<$guard>(state, $body) }
        }
        // SAFETY: It checks the guard before the body.
        unsafe { $crate::lua::NativeFunction::from_shim(shim) }
    }};
}
