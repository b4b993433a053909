// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What Lua code may do: each thread of Lua, the main one and every coroutine, has a reference to a
//! [`Set`] in its extra space, where no script gets at it.
//!
//! A coroutine begins with its creator's. A set that was given to a thread never changes: `pledge`
//! replaces the reference. Only who executes the VM reads or replaces it, finalizers included, so
//! there is no lock. For other CPUs, which show it, the runtime has a reference of its own to the
//! main thread's set, see [`Runtime::permissions`](super::instance::Runtime::permissions).

use core::{
    cell::Cell,
    ops::Deref,
    ptr, //
};
use kernel::{
    ffi::{c_char, c_int},
    prelude::*,
    str::CStrExt,
    sync::{
        atomic::{Atomic, Relaxed},
        Arc,
        SetOnce, //
    },
};

use super::{
    interruptible,
    vm::Vm, //
};
use crate::{
    linux::account::Charge,
    lua::{self, Error, State},
    permission::{Origin, Permission, PledgeError, Set},
    sys::lua as sys, //
};

/// The most sets that the threads of one VM have pledged and still have.
const MAX_LIVE: u32 = 256;

/// A set that threads have.
///
/// The set comes first: `stdio/hooks.rs` finds it at the address of this.
#[repr(C)]
pub(crate) struct Held {
    set: Set,
    /// Where this one is counted, if a thread has pledged it.
    live: Option<Arc<Atomic<u32>>>,
    /// What child runtimes get, once there was one; sets do not change.
    ///
    /// That one has none itself, but inherits itself. So no chain of them comes about.
    inherited: SetOnce<Arc<Held>>,
    _charge: Charge,
}

impl Held {
    /// Holds the set that a runtime begins with.
    pub(crate) fn new(set: Set) -> Result<Arc<Self>> {
        let held = Self {
            set,
            live: None,
            inherited: SetOnce::new(),
            _charge: Charge::none(),
        };
        Ok(Arc::new(held, GFP_KERNEL_ACCOUNT)?)
    }

    /// What a child of a thread with this set begins with.
    pub(crate) fn inherited(self: &Arc<Self>) -> Result<Arc<Self>> {
        if self.set.inherits_itself() {
            return Ok(self.clone());
        }
        if let Some(inherited) = self.inherited.as_ref() {
            return Ok(inherited.clone());
        }
        let inherited = Self::new(self.set.inherit()?)?;
        // Another thread may have been faster.
        self.inherited.populate(inherited.clone());
        Ok(inherited)
    }
}

impl Deref for Held {
    type Target = Set;

    fn deref(&self) -> &Set {
        &self.set
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(live) = &self.live {
            live.fetch_sub(1, Relaxed);
        }
    }
}

/// What a thread has in its extra space: a pointer made by [`Arc::into_raw`].
type Slot = *mut *const Held;

/// # Safety
///
/// `state` must be alive.
unsafe fn slot(state: *mut sys::lua_State) -> Slot {
    // SAFETY: As the caller promises.
    unsafe { sys::lunatik_permissions(state).cast() }
}

/// The reference of a VM's main thread, which has the pointer only: this outlives it.
///
/// # Invariants
///
/// `own` is null, or made by [`Arc::into_raw`], and then owned.
pub(super) struct MainPermissions {
    own: Cell<*const Held>,
    /// How many sets the threads of the VM have pledged and still have.
    live: Arc<Atomic<u32>>,
}

impl MainPermissions {
    pub(super) fn new() -> Result<Self> {
        // INVARIANT: It is null.
        Ok(Self {
            own: Cell::new(ptr::null()),
            live: Arc::new(Atomic::new(0), GFP_KERNEL_ACCOUNT)?,
        })
    }

    /// Gives the main thread its permissions in place of those that it has.
    ///
    /// # Safety
    ///
    /// `main` must be the main thread, to be freed before this is dropped, and the calling thread
    /// must be the one that executes its VM.
    pub(super) unsafe fn give(&self, main: *mut sys::lua_State, permissions: Arc<Held>) {
        // INVARIANT: As it must be.
        let pointer = Arc::into_raw(permissions);
        // SAFETY: As the caller promises.
        unsafe { slot(main).write(pointer) };
        let former = self.own.replace(pointer);
        // SAFETY: By the type invariant it is ours, and the thread has another one now.
        unsafe { release(former) };
    }
}

impl Drop for MainPermissions {
    fn drop(&mut self) {
        // SAFETY: By the type invariant it is ours; the main thread is gone.
        unsafe { release(self.own.get()) };
    }
}

/// # Safety
///
/// `pointer` must be null, or made by [`Arc::into_raw`] and not be used again.
unsafe fn release(pointer: *const Held) {
    if !pointer.is_null() {
        // SAFETY: As the caller promises.
        drop(unsafe { Arc::from_raw(pointer) });
    }
}

/// Gives a new coroutine the permissions of its creator.
///
/// # Safety
///
/// To be called by Lua for a `thread` that has none yet.
#[no_mangle]
unsafe extern "C" fn lunatik_thread_made(
    creator: *mut sys::lua_State,
    thread: *mut sys::lua_State,
) {
    // SAFETY: Both are alive, and the creator has a reference.
    unsafe {
        let permissions = core::mem::ManuallyDrop::new(Arc::from_raw(slot(creator).read()));
        slot(thread).write(Arc::into_raw(Arc::clone(&permissions)));
    }
}

/// Takes the permissions of a coroutine back.
///
/// # Safety
///
/// To be called by Lua for a `thread` that is freed, and was made.
#[no_mangle]
unsafe extern "C" fn lunatik_thread_freed(thread: *mut sys::lua_State) {
    // SAFETY: It is alive and has a reference, which is not used again.
    drop(unsafe { Arc::from_raw(slot(thread).read()) });
    // SAFETY: It is alive still.
    unsafe { interruptible::thread_freed(thread) };
}

/// The permissions of the running thread.
pub(crate) fn of(state: State) -> Arc<Held> {
    // SAFETY: The state is alive and has a reference; this is another one.
    unsafe {
        let permissions = core::mem::ManuallyDrop::new(Arc::from_raw(slot(state.as_raw()).read()));
        Arc::clone(&permissions)
    }
}

/// Calls `with` with the permissions of the running thread. It must not call Lua.
pub(crate) fn with<T>(state: State, with: impl FnOnce(&Set) -> T) -> T {
    // SAFETY: The state is alive and has a reference, which is only replaced by this thread of
    // execution, not within `with`.
    with(unsafe { &(*slot(state.as_raw()).read()).set })
}

/// Whether the thread `state` has a permission of `lua/port/permission.c`, for a value if it is not
/// null.
///
/// # Safety
///
/// To be called by Lua, for the thread that runs. The value must end with a zero.
#[no_mangle]
unsafe extern "C" fn lunatik_permitted(
    state: *mut sys::lua_State,
    permission: c_int,
    value: *const c_char,
) -> c_int {
    let permission = match permission as u32 {
        sys::LUNATIK_PERMISSION_ENV => Permission::Env,
        _ => Permission::Load,
    };
    // SAFETY: As the caller promises.
    let (state, value) = unsafe {
        let value = (!value.is_null()).then(|| CStr::from_char_ptr(value).to_bytes());
        (State::from_raw(state), value)
    };
    with(state, |set| set.allows(permission, value)).into()
}

/// `permission "name" denied`, with the value that was asked for.
pub(crate) fn denied(permission: Permission, value: Option<&[u8]>) -> Error {
    let name = permission.name();
    match value {
        Some(value) => {
            let value = kernel::str::BStr::from_bytes(value);
            Error::message(fmt!("permission \"{name}\" denied for '{value}'"))
        }
        None => Error::message(fmt!("permission \"{name}\" denied")),
    }
}

impl Vm {
    /// Fails unless the running thread has a permission, for `value` if one is given: the name of
    /// a runtime for [`Permission::Runner`]. Any grant will do where none is.
    ///
    /// Not for paths, which are compared when they are opened.
    pub(crate) fn permit<'a>(
        state: State,
        permission: Permission,
        value: impl Into<Option<&'a [u8]>>,
    ) -> lua::Result<()> {
        let value = value.into();
        if with(state, |set| set.allows(permission, value)) {
            return Ok(());
        }
        Err(denied(permission, value))
    }

    /// Whether one more set may be pledged; if not, collecting garbage may help.
    pub(crate) fn may_pledge(state: State) -> bool {
        Self::permissions_of_main(state).live.load(Relaxed) < MAX_LIVE
    }

    /// Does what `spec` says to the permissions of the running thread. Returns whether seals let
    /// it.
    pub(crate) fn pledge(state: State, spec: &[u8]) -> lua::Result<bool> {
        let runtime = Self::runtime_of(state);
        let Some(set) = runtime.memcg().charge(|| pledged(state, spec))? else {
            return Ok(false);
        };
        if let Some(main) = Self::main_permissions(state) {
            Self::runtime_of(state).set_permissions(set.clone());
            // SAFETY: It is the main thread, and this is called by the code that it runs.
            unsafe { main.give(state.as_raw(), set) };
        } else {
            // SAFETY: The coroutine is alive, and its reference is replaced by another one.
            unsafe { release(slot(state.as_raw()).replace(Arc::into_raw(set))) };
        }
        Ok(true)
    }
}

/// The permissions of the running thread when it has pledged `spec`; none if it is sealed.
fn pledged(state: State, spec: &[u8]) -> lua::Result<Option<Arc<Held>>> {
    let mut set = with(state, Set::try_clone)?;
    let done = set
        .pledge(spec, Origin::Script)
        .map_err(|error| match error {
            PledgeError::NoMemory => Error::NoMemory,
            error => Error::long_message(state, format_args!("{error}")),
        })?;
    if !done {
        return Ok(None);
    }
    let charge = Charge::new(
        Vm::runtime_of(state).account(),
        size_of::<Held>().saturating_add(set.memory()),
    )?;
    let live = &Vm::permissions_of_main(state).live;
    live.fetch_add(1, Relaxed);
    let held = Held {
        set,
        live: Some(live.clone()),
        inherited: SetOnce::new(),
        _charge: charge,
    };
    Ok(Some(Arc::new(held, GFP_KERNEL_ACCOUNT)?))
}
