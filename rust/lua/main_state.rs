// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The main state of a VM, as its owner sees it.

use core::{
    ffi::c_int,
    marker::PhantomPinned,
    ptr, //
};
use kernel::{
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        Arc, //
    },
};

use super::{
    machine::{allocate, Machine},
    state::State,
    states,
    thread, //
};
use crate::sys::lua as sys;

/// The code that an interrupt ends.
#[derive(Clone, Copy)]
pub(crate) enum Interrupt {
    /// All code except closing methods and finalizers.
    Code,
    /// All code.
    All,
    /// As `Code`, because a limit of CPU time was exceeded.
    OverLimit,
}

/// The main state of a VM. Any CPU may interrupt the code that runs in it.
///
/// # Invariants
///
/// The pointer is null, or a main state that is alive, and that is counted.
pub(crate) struct MainState {
    state: Atomic<*mut sys::lua_State>,
    /// C comes to the VM around this while it closes the state.
    _pin: PhantomPinned,
}

impl MainState {
    /// No state yet.
    pub(crate) const fn none() -> Self {
        // INVARIANT: It is null.
        Self {
            state: Atomic::new(ptr::null_mut()),
            _pin: PhantomPinned,
        }
    }

    /// Makes the main state of `machine`, without any library, whose thread has `permissions`. `EBUSY` if
    /// it has one.
    pub(crate) fn open<M: Machine>(
        machine: Pin<&M>,
        seed: u32,
        permissions: Arc<M::Permissions>,
    ) -> Result {
        let machine = machine.get_ref();
        if !machine.main().as_raw().is_null() {
            return Err(EBUSY);
        }
        states::count()?;
        let user_data = ptr::from_ref(machine).cast_mut().cast();
        // SAFETY: The machine does not move, and is dropped, for it is pinned; `drop()` of this closes
        // the state before what the allocator needs goes, as `Machine` promises.
        let state = unsafe { sys::lunatik_newstate(Some(allocate::<M>), user_data, seed) };
        if state.is_null() {
            states::uncount();
            return Err(ENOMEM);
        }
        // SAFETY: It was just made for an `M`, and its thread has no permissions.
        unsafe { thread::give_permissions::<M>(state, permissions) };
        // INVARIANT: It was just made, and counted above.
        machine.main().state.store(state, Relaxed);
        Ok(())
    }

    /// The state. The reference to the machine that this is a part of shows that the caller executes it.
    ///
    /// `None` before there is one.
    pub(crate) fn of<M: Machine>(machine: &M) -> Option<State> {
        let state = machine.main().as_raw();
        // SAFETY: By the type invariant it is alive, and the caller executes it, as `Machine` promises.
        (!state.is_null()).then(|| unsafe { State::from_raw(state) })
    }

    /// Closes the state, if there is one.
    pub(crate) fn close(&mut self) {
        let state = self.as_raw();
        if !state.is_null() {
            // SAFETY: By the type invariant it is alive. Nobody else has a reference to this or to the
            // machine around it, but the allocator.
            unsafe { sys::lunatik_close(state) };
            // INVARIANT: It is null.
            self.state.store(ptr::null_mut(), Relaxed);
            states::uncount();
        }
    }

    /// The pointer; null before there is a state.
    pub(crate) fn as_raw(&self) -> *mut sys::lua_State {
        self.state.load(Relaxed)
    }

    /// Whether `state` is this one, and not a coroutine.
    pub(crate) fn is(&self, state: State) -> bool {
        ptr::eq(self.as_raw(), state.as_raw())
    }

    /// Ends the Lua code that runs in the VM; the code cannot catch this. Any CPU may call it.
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

    /// Cancels an interrupt. Any CPU may call it.
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

    /// Makes the Lua code that runs in the VM give way to other threads. Any CPU may call it.
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

impl Drop for MainState {
    fn drop(&mut self) {
        self.close();
    }
}
