// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The VM of a runtime, which belongs to who owns the runtime.

use core::cell::UnsafeCell;
use kernel::prelude::*;

use super::super::{
    chain::Owner,
    vm::{Exposed, Vm}, //
};

/// The place of the VM in a runtime.
///
/// # Invariants
///
/// Only who has the [`Owner`] of the runtime reads or changes it, but for what says otherwise; and it is
/// changed by an exclusive reference to that alone.
pub(super) struct OwnedVm(UnsafeCell<Option<Pin<KBox<Vm>>>>);

// SAFETY: A VM belongs to no thread, and the type invariants say who uses it.
unsafe impl Send for OwnedVm {}
// SAFETY: As above.
unsafe impl Sync for OwnedVm {}

impl OwnedVm {
    /// No VM.
    pub(super) const fn none() -> Self {
        Self(UnsafeCell::new(None))
    }

    /// The VM, if there is one, for the thread that executes it or nobody else does.
    ///
    /// # Safety
    ///
    /// The caller must execute the runtime, or do so for the thread that does, until the result is not used
    /// any more.
    pub(super) unsafe fn executed(&self) -> Option<&Vm> {
        // SAFETY: The owner does not take it away while the runtime is executed.
        unsafe { (*self.0.get()).as_deref() }
    }

    /// The part of the VM that all CPUs may use, if there is a VM.
    ///
    /// # Safety
    ///
    /// The owner must keep the VM until the result is not used any more.
    pub(super) unsafe fn exposed(&self) -> Option<&Exposed> {
        // SAFETY: As the caller promises; the VM was there before anybody executed the runtime.
        unsafe { (*self.0.get()).as_deref().map(Vm::exposed) }
    }
}

impl Owner<'_> {
    /// The VM, if the runtime has not ended.
    pub(super) fn vm(&self) -> Option<&Vm> {
        // SAFETY: This is the owner, which is borrowed.
        unsafe { (*self.runtime().vm.0.get()).as_deref() }
    }

    /// Puts another VM there, or none, and returns the one that was there.
    pub(super) fn replace_vm(&mut self, vm: Option<Pin<KBox<Vm>>>) -> Option<Pin<KBox<Vm>>> {
        // Its timer uses the VM.
        self.runtime().watch.disarm();
        // SAFETY: This is the owner, which nobody else has a reference to.
        core::mem::replace(unsafe { &mut *self.runtime().vm.0.get() }, vm)
    }
}
