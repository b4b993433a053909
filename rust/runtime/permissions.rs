// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What Lua code may do: each thread of Lua, the main one and every coroutine, has a reference to a
//! [`Set`] in its extra space, which no script can reach.
//!
//! A coroutine begins with the set of its creator. A set never changes once a thread has it:
//! `pledge` replaces the reference; see `lua/thread.rs`. So that other CPUs can show the main
//! thread's set, the runtime has a reference of its own to it, see
//! [`Runtime::permissions`](super::instance::Runtime::permissions).

use core::ops::Deref;
use kernel::{
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        Arc,
        SetOnce, //
    },
};

use super::vm::Vm;
use crate::{
    linux::account::Charge,
    lua::{self, Error, State},
    permission::{Origin, Permission, PledgeError, Set}, //
};

/// The most sets that the threads of one VM have pledged and still have.
const MAX_LIVE: u32 = 256;

/// A set that threads have.
///
/// The set comes first: `stdio/hooks.rs` finds it at the address of the struct.
#[repr(C)]
pub(crate) struct Held {
    set: Set,
    /// The counter that counts this set, if a thread has pledged it.
    live: Option<Arc<Atomic<u32>>>,
    /// The set that child runtimes get, made for the first child and kept, because sets do not
    /// change.
    ///
    /// An inherited set has none of its own: it passes itself on. So no chain of sets comes about.
    inherited: SetOnce<Arc<Held>>,
    _charge: Charge,
}

impl Held {
    /// Wraps the set that a runtime begins with.
    pub(crate) fn new(set: Set) -> Result<Arc<Self>> {
        let held = Self {
            set,
            live: None,
            inherited: SetOnce::new(),
            _charge: Charge::none(),
        };
        Ok(Arc::new(held, GFP_KERNEL_ACCOUNT)?)
    }

    /// The set that a child of a thread with this set begins with.
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

/// How many sets the threads of a VM have pledged and still have.
pub(super) struct Pledged(Arc<Atomic<u32>>);

impl Pledged {
    /// None.
    pub(super) fn new() -> Result<Self> {
        Ok(Self(Arc::new(Atomic::new(0), GFP_KERNEL_ACCOUNT)?))
    }
}

/// The permissions of the running thread.
pub(crate) fn of(state: State) -> Arc<Held> {
    state.permissions::<Vm>()
}

/// Calls `with` with the permissions of the running thread, which cannot pledge meanwhile.
pub(crate) fn with<T>(state: State, with: impl FnOnce(&Set) -> T) -> T {
    state.with_permissions::<Vm, T>(|held| with(held))
}

/// `permission "name" denied`, with the value that the script asked for.
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
    /// Fails unless the running thread has a permission, for `value` if one is given: the name of a
    /// runtime for [`Permission::Runner`]. Without a value, any grant of the permission is enough.
    ///
    /// Not for paths: they are compared when they are opened.
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

    /// The main thread of the VM of `state`.
    pub(crate) fn main_thread(state: State) -> State {
        Self::of(&state).state()
    }

    /// Whether one more set may be pledged; if not, collecting garbage may help.
    pub(crate) fn may_pledge(state: State) -> bool {
        Self::of(&state).pledged.0.load(Relaxed) < MAX_LIVE
    }

    /// Applies `spec` to the permissions of `thread`, a thread of the VM of `state`, whose code runs.
    /// Returns whether the seals allow that.
    pub(crate) fn pledge(state: State, thread: State, spec: &[u8]) -> lua::Result<bool> {
        let runtime = Self::runtime_of(state);
        let Some(set) = runtime.memcg().charge(|| pledged(state, thread, spec))? else {
            return Ok(false);
        };
        thread.set_permissions::<Vm>(set.clone())?;
        if Self::of(&state).exposed().main().is(thread) {
            runtime.set_permissions(set);
        }
        Ok(true)
    }
}

/// The permissions that `thread` would have after pledging `spec`; none if it is sealed.
fn pledged(state: State, thread: State, spec: &[u8]) -> lua::Result<Option<Arc<Held>>> {
    let mut set = with(thread, Set::try_clone)?;
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
    let live = &Vm::of(&state).pledged.0;
    live.fetch_add(1, Relaxed);
    let held = Held {
        set,
        live: Some(live.clone()),
        inherited: SetOnce::new(),
        _charge: charge,
    };
    Ok(Some(Arc::new(held, GFP_KERNEL_ACCOUNT)?))
}
