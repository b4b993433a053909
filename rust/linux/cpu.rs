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

/// The first processor that is online among those from the number `from` on.
pub(crate) fn next_online(from: u32) -> Option<u32> {
    // SAFETY: The function reads a mask.
    let cpu = unsafe { sys::lunatik_next_online_cpu(from) };
    (cpu < possible()).then_some(cpu)
}

/// One more than the highest number that a processor may have.
pub(crate) fn possible() -> u32 {
    // SAFETY: The function reads a number that does not change.
    unsafe { sys::lunatik_cpu_ids() }
}
