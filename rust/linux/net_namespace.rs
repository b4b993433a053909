// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Network namespaces.

use core::ptr::NonNull;
use kernel::bindings;

use crate::sys::kernel_helpers as sys;

/// A counted reference to a network namespace.
///
/// # Invariants
///
/// This owns one reference to the namespace that it points to.
pub(crate) struct NetNamespace(NonNull<bindings::net>);

// SAFETY: A namespace belongs to no thread; its reference count is atomic.
unsafe impl Send for NetNamespace {}
// SAFETY: As above.
unsafe impl Sync for NetNamespace {}

impl NetNamespace {
    /// That of the calling process. `None` for a process that is ending.
    pub(crate) fn of_current() -> Option<Self> {
        // SAFETY: The function uses `current`, which lives while it runs.
        // INVARIANT: The result is a reference that the caller owns.
        NonNull::new(unsafe { sys::lunatik_net_of_current() }).map(Self)
    }

    /// The namespace. It lives as long as `self`.
    pub(super) fn as_raw(&self) -> *mut bindings::net {
        self.0.as_ptr()
    }
}

impl Clone for NetNamespace {
    fn clone(&self) -> Self {
        // SAFETY: By the type invariant the namespace lives.
        unsafe { sys::lunatik_net_get(self.0.as_ptr()) };
        // INVARIANT: The reference was just taken.
        Self(self.0)
    }
}

impl Drop for NetNamespace {
    fn drop(&mut self) {
        // SAFETY: By the type invariant this owns the reference.
        unsafe { sys::lunatik_net_put(self.0.as_ptr()) }
    }
}
