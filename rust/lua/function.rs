// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Rust functions that Lua calls.

use core::ffi::c_int;
use kernel::prelude::*;

use super::{
    error::{Error, Raised, Result},
    state::State, //
};
use crate::{
    linux::context::{Context, MaySleep},
    sys::lua as sys, //
};

/// The function that the trampoline calls.
type Shim = unsafe extern "C" fn(*mut sys::lua_State) -> c_int;

/// A condition that must hold before a Rust function is called.
///
/// Every function has one: only [`native!`](crate::native) makes a [`NativeFunction`], and it takes
/// a guard. So a function without a guard does not compile.
pub(crate) trait Guard {
    /// Whether it always holds.
    const IS_FREE: bool = false;

    /// Fails if the thread may not call the function with the arguments on its stack.
    fn check(state: State) -> Result<()>;
}

/// Any script may call the function: it gives the script no power over anything outside itself.
pub(crate) struct Free;

impl Guard for Free {
    const IS_FREE: bool = true;

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

/// From which contexts a function of Rust may be called.
///
/// Every function has one, as it has a [`Guard`], and there is no default. The function may call what
/// sleeps only with the proof that it gets from here.
pub(crate) trait Contexts {
    /// The function.
    type Body: Copy;

    /// Whether the function may be called in `context`.
    fn include(context: Context) -> bool;

    /// Calls the function.
    fn call(body: Self::Body, state: State) -> Result;
}

/// The function sleeps, or may, and so is for process context.
pub(crate) struct Sleeps;

impl Contexts for Sleeps {
    type Body = for<'a> fn(State, MaySleep<'a>) -> Result;

    fn include(context: Context) -> bool {
        context.may_sleep()
    }

    #[inline(always)]
    fn call(body: Self::Body, state: State) -> Result {
        body(state, MaySleep::of_thread())
    }
}

/// The function does not wait, but is for process context: it allocates memory as a process does, or
/// takes locks that others hold while they sleep.
pub(crate) struct Process;

impl Contexts for Process {
    type Body = fn(State) -> Result;

    fn include(context: Context) -> bool {
        context.may_sleep()
    }

    #[inline(always)]
    fn call(body: Self::Body, state: State) -> Result {
        body(state)
    }
}

/// The function may be called in process context and with bottom halves off.
pub(crate) struct Softirq;

impl Contexts for Softirq {
    type Body = fn(State) -> Result;

    fn include(context: Context) -> bool {
        context != Context::Hardirq
    }

    #[inline(always)]
    fn call(body: Self::Body, state: State) -> Result {
        body(state)
    }
}

/// The function may be called in any context: it takes no lock and allocates only by Lua.
pub(crate) struct Anywhere;

impl Contexts for Anywhere {
    type Body = fn(State) -> Result;

    fn include(_context: Context) -> bool {
        true
    }

    #[inline(always)]
    fn call(body: Self::Body, state: State) -> Result {
        body(state)
    }
}

/// A Rust function that Lua can call, which checks its [`Guard`] first. Made by
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

/// Runs `body` for the trampoline, if `C` and `G` let it, and turns its error into what the trampoline
/// raises.
///
/// # Safety
///
/// Only the trampoline may call this, with its state.
#[inline(always)]
pub(crate) unsafe fn run<G: Guard, C: Contexts>(
    state: *mut sys::lua_State,
    body: C::Body,
) -> c_int {
    // SAFETY: The thread that called the trampoline executes the VM until this returns.
    let state = unsafe { State::from_raw(state) };
    if !C::include(state.context()) {
        return sys::LUNATIK_RAISE_CONTEXT;
    }
    if !G::IS_FREE {
        if let Err(code) = admit::<G>(state) {
            return code;
        }
    }
    match C::call(body, state) {
        Ok(results) => results,
        Err(error) => raise(state, error),
    }
}

/// Asks the guard. An error is large, so this one is gone before the function runs.
#[inline(never)]
fn admit<G: Guard>(state: State) -> core::result::Result<(), c_int> {
    G::check(state).map_err(|error| raise(state, error))
}

/// Pushes the error, and returns the code that tells the trampoline how to raise it.
fn raise(state: State, error: Error) -> c_int {
    let pushed = match &error {
        Error::Raised => return sys::LUNATIK_RAISE,
        Error::PushedMessage => return sys::LUNATIK_RAISE_WHERE,
        Error::Parked => return sys::LUNATIK_PARK,
        Error::Suspended => return sys::LUNATIK_SUSPEND,
        Error::Atomic => return sys::LUNATIK_RAISE_CONTEXT,
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

/// Makes a [`NativeFunction`] of a function, the [`Guard`] that says who may call it, and the
/// [`Contexts`] from which: `native!(run, needs::Starts, Sleeps)`, `native!(time, Free, Anywhere)`.
///
/// The function is a `fn(State) -> lua::Result`; with [`Sleeps`] a
/// `fn(State, MaySleep<'_>) -> lua::Result`.
#[macro_export]
macro_rules! native {
    ($body:path, $guard:ty, $contexts:ty) => {{
        /// # Safety
        ///
        /// Only the trampoline may call this.
        unsafe extern "C" fn shim(state: *mut $crate::sys::lua::lua_State) -> ::core::ffi::c_int {
            // SAFETY: As the caller promises.
            unsafe { $crate::lua::run_native::<$guard, $contexts>(state, $body) }
        }
        // SAFETY: It checks the guard before the body.
        unsafe { $crate::lua::NativeFunction::from_shim(shim) }
    }};
}
