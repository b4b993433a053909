// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The main state of a VM, as its owner has it.

use core::{
    ffi::{c_int, c_void},
    ptr, //
};
use kernel::{
    prelude::*,
    sync::atomic::{Atomic, Relaxed}, //
};

use super::State;
use crate::sys::lua as sys;

/// What an interrupt ends.
#[derive(Clone, Copy)]
pub(crate) enum Interrupt {
    /// All code but closing methods and finalizers.
    Code,
    /// All code.
    All,
    /// As `Code`, because a limit of CPU time was exceeded.
    OverLimit,
}

/// The main state of a VM. Any CPU may interrupt what runs in it.
///
/// # Invariants
///
/// The pointer is null, or a main state that is alive.
pub(crate) struct MainState(Atomic<*mut sys::lua_State>);

impl MainState {
    /// No state yet.
    pub(crate) const fn none() -> Self {
        // INVARIANT: It is null.
        Self(Atomic::new(ptr::null_mut()))
    }

    /// Makes the state, without any library. To be called once.
    ///
    /// # Safety
    ///
    /// `allocate` must do what Lua asks of an allocator, with `user_data`, until
    /// [`close`](Self::close) returns, which must be called before this is dropped.
    pub(crate) unsafe fn open(
        &self,
        allocate: sys::lua_Alloc,
        user_data: *mut c_void,
        seed: u32,
    ) -> Result {
        // SAFETY: As the caller promises.
        let state = unsafe { sys::lunatik_newstate(allocate, user_data, seed) };
        if state.is_null() {
            return Err(ENOMEM);
        }
        // INVARIANT: It was just made.
        self.0.store(state, Relaxed);
        Ok(())
    }

    /// Closes the state, if there is one.
    ///
    /// # Safety
    ///
    /// Nobody else may use this any more, except the allocator.
    pub(crate) unsafe fn close(&self) {
        let state = self.as_raw();
        if !state.is_null() {
            // SAFETY: By the type invariant it is alive; the caller vouches for the rest.
            unsafe { sys::lunatik_close(state) };
        }
    }

    /// The pointer; null before there is a state.
    pub(crate) fn as_raw(&self) -> *mut sys::lua_State {
        self.0.load(Relaxed)
    }

    /// Whether `state` is this one, and not a coroutine.
    pub(crate) fn is(&self, state: State) -> bool {
        ptr::eq(self.as_raw(), state.as_raw())
    }

    /// Ends the Lua code that runs in the VM, uncatchably. From any CPU.
    pub(crate) fn interrupt(&self, interrupt: Interrupt) {
        match interrupt {
            Interrupt::Code => self.set_interrupt(sys::LUNATIK_INTERRUPT as c_int),
            Interrupt::All => self.set_interrupt(sys::LUNATIK_INTERRUPT_ALL as c_int),
            Interrupt::OverLimit => {
                let state = self.as_raw();
                if !state.is_null() {
                    // SAFETY: By the type invariant it is alive; the function stores flags.
                    unsafe { sys::lunatik_over_limit(state) };
                }
            }
        }
    }

    /// Takes an interrupt back. From any CPU.
    pub(crate) fn clear_interrupt(&self) {
        self.set_interrupt(0);
    }

    fn set_interrupt(&self, bits: c_int) {
        let state = self.as_raw();
        if !state.is_null() {
            // SAFETY: By the type invariant it is alive; the function stores flags.
            unsafe { sys::lunatik_interrupt(state, bits) };
        }
    }

    /// Makes the Lua code that runs in the VM give way to other threads. From any CPU.
    pub(crate) fn look_up(&self) {
        let state = self.as_raw();
        if !state.is_null() {
            // SAFETY: By the type invariant it is alive; the function stores a flag.
            unsafe { sys::lunatik_look_up(state) };
        }
    }

    /// Whether the Lua code that runs is being ended.
    pub(crate) fn is_ended(&self) -> bool {
        let state = self.as_raw();
        // SAFETY: By the type invariant it is alive; the function reads flags.
        !state.is_null() && unsafe { sys::lunatik_is_ended(state) != 0 }
    }
}
