// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The size of the machine's memory, and how much of it is available, in bytes.

use crate::sys::kernel_helpers as sys;

/// What the machine has.
pub(crate) fn total() -> u64 {
    // SAFETY: The function takes no pointer; it reads a counter.
    unsafe { sys::lunatik_total_ram() }
}

/// The memory that can be allocated now without swapping, by the kernel's own estimate.
pub(crate) fn available() -> u64 {
    // SAFETY: The function takes no pointer. It adds up counters of all zones and nodes, which it
    // reads without a lock.
    unsafe { sys::lunatik_available_ram() }
}

/// The bytes that `kmalloc()` takes for a block of `size` bytes.
pub(crate) fn kmalloc_size(size: usize) -> usize {
    // SAFETY: The function takes no pointer. It looks the size up in tables that are made at boot.
    unsafe { kernel::bindings::kmalloc_size_roundup(size) }
}
