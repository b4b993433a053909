// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The folder of the script that a virtual machine executes.

use kernel::prelude::*;

use super::Vm;
use crate::{
    linux::account::Charge,
    lua::State, //
};

impl Vm {
    /// Notes the folder of the script that the VM of `state`, in which nothing has run yet, executes.
    pub(in super::super) fn set_directory(state: State, directory: &[u8]) -> Result {
        let charge = Charge::new(Vm::runtime_of(state).account(), directory.len())?;
        let mut copy = KVVec::new();
        copy.extend_from_slice(directory, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        let vm = Self::of(state);
        // SAFETY: The calling thread executes the VM, and nothing below comes back here.
        let former = unsafe { core::mem::replace(&mut *vm.directory.get(), (copy, charge)) };
        drop(former);
        Ok(())
    }

    /// The folder of the script that the VM of `state` executes, without a slash at its end; empty if
    /// it has none.
    ///
    /// The result must not be used beyond the native function that was called with `state`.
    pub(crate) fn directory<'a>(state: State) -> &'a [u8] {
        let vm = Self::of(state);
        // SAFETY: The calling thread executes the VM; the folder is set before any code that comes here.
        unsafe { &(*vm.directory.get()).0 }
    }
}
