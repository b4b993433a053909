// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The VM of a runtime. It belongs to the owner of the runtime.

use core::{cell::UnsafeCell, mem::ManuallyDrop};
use kernel::prelude::*;

use super::super::{
    chain::Owner,
    vm::{Exposed, Vm}, //
};

/// The place of the VM in a runtime.
///
/// # Invariants
///
/// Only the holder of the runtime's [`Owner`] reads or changes it, except in functions that say
/// otherwise. It is changed only through an exclusive reference to that [`Owner`].
pub(super) struct OwnedVm(UnsafeCell<ManuallyDrop<Option<Pin<KBox<Vm>>>>>);

// SAFETY: A VM belongs to no thread, and the type invariants say who uses it.
unsafe impl Send for OwnedVm {}
// SAFETY: As above.
unsafe impl Sync for OwnedVm {}

impl Drop for OwnedVm {
    fn drop(&mut self) {
        drop_vm(self.0.get_mut().take());
    }
}

/// Drops a VM: nothing else drops the VM of a runtime. Not inlined, because the check of the stack
/// knows this function by its name.
#[inline(never)]
pub(super) fn drop_vm(vm: Option<Pin<KBox<Vm>>>) {
    drop(vm);
}

impl OwnedVm {
    /// No VM.
    pub(super) const fn none() -> Self {
        Self(UnsafeCell::new(ManuallyDrop::new(None)))
    }

    /// The VM, if there is one. For the thread that executes it, or if no thread does.
    ///
    /// # Safety
    ///
    /// The caller must execute the runtime, or do so for the thread that does, until the result is
    /// not used any more.
    pub(super) unsafe fn executed(&self) -> Option<&Vm> {
        // SAFETY: The owner does not take the VM away while the runtime is executed.
        unsafe { (*self.0.get()).as_deref() }
    }

    /// The part of the VM that all CPUs may use, if there is a VM.
    ///
    /// # Safety
    ///
    /// The owner must keep the VM until the result is not used any more.
    pub(super) unsafe fn exposed(&self) -> Option<&Exposed> {
        // SAFETY: As the caller promises; the VM was there before any thread executed the runtime.
        unsafe { (*self.0.get()).as_deref().map(Vm::exposed) }
    }
}

impl Owner<'_> {
    /// The VM, if the runtime has not ended.
    pub(super) fn vm(&self) -> Option<&Vm> {
        // SAFETY: The caller has the owner, which is borrowed here.
        unsafe { (*self.runtime().vm.0.get()).as_deref() }
    }

    /// Gives the runtime its VM.
    pub(super) fn set_vm(&mut self, vm: Pin<KBox<Vm>>) {
        drop_vm(self.take_vm());
        // SAFETY: The caller has the owner, and nobody else has a reference to that.
        unsafe { *self.runtime().vm.0.get() = ManuallyDrop::new(Some(vm)) };
    }

    /// Takes the VM. The caller drops it with [`drop_vm`].
    pub(super) fn take_vm(&mut self) -> Option<Pin<KBox<Vm>>> {
        // Its timer uses the VM.
        self.runtime().watch.disarm();
        // SAFETY: As above.
        unsafe { (*self.runtime().vm.0.get()).take() }
    }
}
