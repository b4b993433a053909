// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The credentials with which the module uses files.
//!
//! C header: [`include/linux/cred.h`](srctree/include/linux/cred.h)

use core::marker::PhantomData;

use crate::sys::kernel_helpers as sys;

/// While it lives, the current thread uses files with the kernel's own credentials. Dropped on the
/// same thread, the last one first.
///
/// A script's code runs in whatever process calls its device, and on kernel threads when its stack
/// is deep. What it may do must not depend on that: permissions alone say it.
pub(crate) struct KernelCredentials {
    former: *const kernel::bindings::cred,
    /// Belongs to the thread.
    _not_send: PhantomData<*mut ()>,
}

impl KernelCredentials {
    /// Takes the kernel's credentials. For a context that may sleep.
    pub(crate) fn take() -> Self {
        Self {
            // SAFETY: The value is given back once, when it is dropped, on the same thread: it is
            // not `Send`, and guards are dropped in the reverse order of their making.
            former: unsafe { sys::lunatik_take_kernel_credentials() },
            _not_send: PhantomData,
        }
    }
}

impl Drop for KernelCredentials {
    fn drop(&mut self) {
        // SAFETY: As said in `take`.
        unsafe { sys::lunatik_restore_credentials(self.former) };
    }
}
