// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The credentials with which the module uses files.
//!
//! C header: [`include/linux/cred.h`](srctree/include/linux/cred.h)

use crate::sys::kernel_helpers as sys;

/// Runs `use_files`, during which the current thread uses files with the kernel's own credentials.
///
/// A script's code runs in any process that calls its device, and on kernel threads when its stack
/// is deep. Its access to files must not depend on that, but only on its permissions.
pub(crate) fn as_kernel<T>(use_files: impl FnOnce() -> T) -> T {
    // SAFETY: The former credentials are given back below, by the same thread. All that takes
    // others within `use_files` has given them back by then, for it returns before this does.
    let former = unsafe { sys::lunatik_take_kernel_credentials() };
    let result = use_files();
    // SAFETY: They are those that were just taken from this thread, which has kept them alive.
    unsafe { sys::lunatik_restore_credentials(former) };
    result
}
