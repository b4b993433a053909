// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The privileges of the calling process, and the machine's lockdown.

use kernel::{
    error::to_result,
    prelude::*, //
};

use crate::sys::kernel_helpers as sys;

/// Whether the calling process has `CAP_SYS_ADMIN`.
pub(crate) fn is_admin() -> bool {
    // SAFETY: The function asks about `current`, whose credentials live as long as it does.
    unsafe { sys::lunatik_capable_sys_admin() }
}

/// Fails if the kernel is locked down for integrity, so that no code may be brought into it.
pub(crate) fn check_integrity() -> Result {
    // SAFETY: The function takes no pointer. It asks the security modules about `current`.
    to_result(unsafe { sys::lunatik_locked_down_integrity() })
}

/// Fails if the lockdown forbids unsafe parameters of modules.
pub(crate) fn check_module_parameter() -> Result {
    // SAFETY: The function takes no pointer. It asks the security modules about `current`.
    to_result(unsafe { sys::lunatik_locked_down_module_parameter() })
}
