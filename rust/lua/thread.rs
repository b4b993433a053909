// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What each thread of Lua, the main one and every coroutine, carries for the module: a reference to
//! what it may do, in its extra space, where no script gets at it; and one to its record, if others
//! may interrupt it.
//!
//! Only the thread that executes the VM reads or replaces them, finalizers included, so there is no
//! lock.

use core::{
    mem::ManuallyDrop,
    ptr, //
};
use kernel::{
    prelude::*,
    sync::Arc, //
};

use super::{
    machine::Machine,
    state::State, //
};
use crate::sys::lua as sys;

/// What others know of a thread that they may interrupt; a reference to it.
///
/// # Safety
///
/// `into_raw()` gives a pointer to a `Shared` that begins with C's `struct lunatik_interruptible` and
/// lives until what `from_raw()` makes of it is dropped.
pub(crate) unsafe trait Record: Sized {
    /// What it refers to.
    type Shared;

    /// Gives the reference up to who calls [`from_raw`](Self::from_raw).
    fn into_raw(self) -> *const Self::Shared;

    /// Takes a reference back.
    ///
    /// # Safety
    ///
    /// `shared` must come from [`into_raw`](Self::into_raw), and not be used like this again.
    unsafe fn from_raw(shared: *const Self::Shared) -> Self;

    /// The thread is about to be freed.
    fn thread_freed(self);
}

/// A thread for other CPUs, which can have it look up.
///
/// # Invariants
///
/// The pointer is null, or the thread is alive.
pub(crate) struct ThreadPointer(*mut sys::lua_State);

// SAFETY: Other CPUs only have the thread look up.
unsafe impl Send for ThreadPointer {}

impl ThreadPointer {
    /// The thread `state`.
    ///
    /// # Safety
    ///
    /// [`forget`](Self::forget) must be called before the thread is freed.
    pub(crate) unsafe fn of(state: State) -> Self {
        // INVARIANT: As the caller promises.
        Self(state.as_raw())
    }

    /// The thread is about to be freed.
    pub(crate) fn forget(&mut self) {
        // INVARIANT: It is null.
        self.0 = ptr::null_mut();
    }

    /// Whether the thread is still there.
    pub(crate) fn is_there(&self) -> bool {
        !self.0.is_null()
    }

    /// Has the code of the thread's VM look up, if the thread is still there. In any context.
    pub(crate) fn look_up(&self) {
        if self.is_there() {
            // SAFETY: By the type invariant the thread is alive, and so is its VM; the function stores a
            // flag.
            unsafe { sys::lunatik_look_up(self.0) };
        }
    }
}

/// Where a thread has a pointer made by [`Arc::into_raw`].
///
/// # Safety
///
/// `state` must be alive.
unsafe fn slot<P>(state: *mut sys::lua_State) -> *mut *const P {
    // SAFETY: As the caller promises.
    unsafe { sys::lunatik_permissions(state).cast() }
}

/// Gives a thread its permissions.
///
/// # Safety
///
/// `state` must be alive, a thread of an `M` that the caller executes, and have no permissions yet.
pub(super) unsafe fn give_permissions<M: Machine>(
    state: *mut sys::lua_State,
    permissions: Arc<M::Permissions>,
) {
    // SAFETY: As the caller promises.
    unsafe { slot::<M::Permissions>(state).write(Arc::into_raw(permissions)) };
}

impl State {
    /// What the thread may do.
    pub(crate) fn permissions<M: Machine>(self) -> Arc<M::Permissions> {
        // SAFETY: By the type invariant the state is alive. Each thread has a reference, which stays.
        let permissions = unsafe { Arc::from_raw(slot::<M::Permissions>(self.as_raw()).read()) };
        Arc::clone(&ManuallyDrop::new(permissions))
    }

    /// Calls `with` with what the thread may do. Permissions cannot be replaced meanwhile.
    pub(crate) fn with_permissions<M: Machine, R>(
        self,
        with: impl FnOnce(&M::Permissions) -> R,
    ) -> R {
        let asked = self.head().asked();
        asked.set(asked.get().wrapping_add(1));
        // SAFETY: By the type invariant the state is alive. Each thread has a reference, which
        // `set_permissions()` does not replace while it sees the count.
        let result = with(unsafe { &**slot::<M::Permissions>(self.as_raw()) });
        asked.set(asked.get().wrapping_sub(1));
        result
    }

    /// Replaces what the thread may do. `EBUSY` within [`with_permissions`](Self::with_permissions).
    pub(crate) fn set_permissions<M: Machine>(self, permissions: Arc<M::Permissions>) -> Result {
        if self.head().asked().get() != 0 {
            return Err(EBUSY);
        }
        // SAFETY: By the type invariant the state is alive. Each thread has a reference, which is ours
        // when it is replaced: nobody borrows it now.
        drop(unsafe {
            Arc::from_raw(slot::<M::Permissions>(self.as_raw()).replace(Arc::into_raw(permissions)))
        });
        Ok(())
    }

    /// What the record of the thread refers to, if it has one.
    pub(crate) fn record<M: Machine>(&self) -> Option<&<M::Record as Record>::Shared> {
        // SAFETY: By the type invariant the thread is alive while the state is borrowed; only
        // `set_record()` changes the pointer meanwhile, from null, and `Record` says where it leads.
        unsafe {
            (*sys::lunatik_interruptible(self.as_raw()))
                .cast::<<M::Record as Record>::Shared>()
                .as_ref()
        }
    }

    /// Gives the thread a record. `EBUSY` if it has one.
    pub(crate) fn set_record<M: Machine>(self, record: M::Record) -> Result {
        // SAFETY: By the type invariant.
        let slot = unsafe { sys::lunatik_interruptible(self.as_raw()) };
        // SAFETY: As above; only who executes the VM reads or changes the pointer.
        let record_of_c = unsafe { &mut *slot };
        if !record_of_c.is_null() {
            record.thread_freed();
            return Err(EBUSY);
        }
        *record_of_c = record.into_raw().cast_mut().cast();
        Ok(())
    }
}

/// Gives a new coroutine the permissions of its creator.
///
/// # Safety
///
/// Both must be alive, threads of an `M` that the caller executes, and `thread` have none yet.
pub(crate) unsafe fn made<M: Machine>(creator: *mut sys::lua_State, thread: *mut sys::lua_State) {
    // SAFETY: As the caller promises, until this returns.
    unsafe { give_permissions::<M>(thread, State::from_raw(creator).permissions::<M>()) };
}

/// Takes back what a thread has.
///
/// # Safety
///
/// It must be alive, about to be freed, and a thread of an `M` that the caller executes.
pub(crate) unsafe fn freed<M: Machine>(thread: *mut sys::lua_State) {
    // SAFETY: As the caller promises; it has a reference, which is not used again.
    drop(unsafe { Arc::from_raw(slot::<M::Permissions>(thread).read()) });
    // SAFETY: As the caller promises.
    let record = unsafe { ptr::replace(sys::lunatik_interruptible(thread), ptr::null_mut()) };
    if !record.is_null() {
        // SAFETY: `set_record()` put it there, and it is not there any more.
        unsafe { M::Record::from_raw(record.cast()) }.thread_freed();
    }
}
