// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Processors.

use crate::sys::kernel_helpers as sys;

/// How many processors are online; at least 1.
pub(crate) fn online() -> u32 {
    // SAFETY: The function reads a counter, and may be called from any context.
    unsafe { sys::lunatik_num_online_cpus() }.max(1)
}

/// The processor that the caller is on. The caller may migrate to another one at any moment.
pub(crate) fn current() -> u32 {
    // SAFETY: The function may be called from any context.
    unsafe { sys::lunatik_current_cpu() }
}
