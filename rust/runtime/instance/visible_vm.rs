// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The VM of a runtime as other CPUs see it.

use core::ptr;

use super::super::vm::Exposed;

/// The pointer by which other threads find a VM to interrupt it. They use it with the lock of the
/// runtime's details held. Under the same lock it is replaced by [`none`](Self::none) before the VM
/// goes.
///
/// # Invariants
///
/// The pointer is null, or the VM lives as long as this.
pub(super) struct VisibleVm(*const Exposed);

// SAFETY: It leads to the part of the VM that all CPUs may use.
unsafe impl Send for VisibleVm {}

impl VisibleVm {
    /// Leads to no VM.
    pub(super) const fn none() -> Self {
        // INVARIANT: It is null.
        Self(ptr::null())
    }

    /// Leads to `vm`.
    ///
    /// # Safety
    ///
    /// The result must be dropped or replaced before `vm` is.
    pub(super) unsafe fn of(vm: &Exposed) -> Self {
        // INVARIANT: As the caller promises.
        Self(ptr::from_ref(vm))
    }

    /// The VM, if there is one.
    pub(super) fn get(&self) -> Option<&Exposed> {
        // SAFETY: By the type invariant it lives as long as this.
        unsafe { self.0.as_ref() }
    }
}
