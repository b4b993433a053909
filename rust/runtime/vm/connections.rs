// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What connects a virtual machine to others.

use core::cell::Cell;
use kernel::{
    prelude::*,
    sync::Arc, //
};

use super::{
    super::buffer::Family,
    Vm, //
};
use crate::{
    channel::{mailbox::Limits, worker::Worker},
    lua::State,
    sys::lua as sys, //
};

impl Vm {
    /// The family of runtimes that the VM of `state` belongs to.
    pub(crate) fn family(state: State) -> Result<Arc<Family>> {
        // SAFETY: Each state's user data is its VM, which lives while the state does; the calling
        // thread executes it, and nothing below comes back here.
        let family = unsafe {
            let vm = &*sys::lunatik_userdata(state.as_raw()).cast::<Self>();
            &mut *vm.family.get()
        };
        if let Some(family) = family {
            return Ok(family.clone());
        }
        Ok(family.insert(Family::new()?).clone())
    }

    /// Has the VM of `state`, in which nothing has run yet, belong to `family`.
    pub(crate) fn join_family(state: State, family: Arc<Family>) {
        // SAFETY: Each state's user data is its VM, which lives while the state does; the calling
        // thread executes it, and nothing below comes back here.
        let former = unsafe {
            let vm = &*sys::lunatik_userdata(state.as_raw()).cast::<Self>();
            (*vm.family.get()).replace(family)
        };
        drop(former);
    }

    /// What connects the VM of `state` to its parent, if it is a worker's.
    pub(crate) fn worker(state: State) -> Option<Arc<Worker>> {
        // SAFETY: Each state's user data is its VM, which lives while the state does; the calling
        // thread executes it, and nothing below comes back here.
        unsafe {
            let vm = &*sys::lunatik_userdata(state.as_raw()).cast::<Self>();
            (*vm.worker.get()).clone()
        }
    }

    /// Connects the VM of `state`, in which nothing has run yet, to its parent.
    pub(crate) fn set_worker(state: State, worker: Arc<Worker>) {
        // SAFETY: Each state's user data is its VM, which lives while the state does; the calling
        // thread executes it, and nothing below comes back here.
        let former = unsafe {
            let vm = &*sys::lunatik_userdata(state.as_raw()).cast::<Self>();
            (*vm.worker.get()).replace(worker)
        };
        drop(former);
    }

    /// Notes the folder of the script that the VM of `state`, in which nothing has run yet, executes.
    pub(in super::super) fn set_directory(state: State, directory: &[u8]) -> Result {
        let mut copy = KVVec::new();
        copy.extend_from_slice(directory, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        // SAFETY: Each state's user data is its VM, which lives while the state does; the calling
        // thread executes it, and nothing below comes back here.
        let former = unsafe {
            let vm = &*sys::lunatik_userdata(state.as_raw()).cast::<Self>();
            core::mem::replace(&mut *vm.directory.get(), copy)
        };
        drop(former);
        Ok(())
    }

    /// The folder of the script that the VM of `state` executes, without a slash at its end; empty if
    /// it has none.
    ///
    /// The result must not be used beyond the native function that was called with `state`.
    pub(crate) fn directory<'a>(state: State) -> &'a [u8] {
        // SAFETY: Each state's user data is its VM, which lives while the state does, and which the
        // calling thread executes; the folder is set before any code that comes here.
        unsafe {
            let vm = &*sys::lunatik_userdata(state.as_raw()).cast::<Self>();
            &*vm.directory.get()
        }
    }

    /// What the mailboxes of the workers that the code of `state` makes may hold.
    ///
    /// The result must not be used beyond the native function that was called with `state`.
    pub(crate) fn mailbox_limits<'a>(state: State) -> &'a Cell<Limits> {
        // SAFETY: Each state's user data is its VM, which lives while the state does, and which the
        // calling thread executes.
        let vm = unsafe { &*sys::lunatik_userdata(state.as_raw()).cast::<Self>() };
        &vm.mailbox_limits
    }
}
