// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Clocks, in nanoseconds.

use kernel::bindings;

/// The time since the machine was started, without what it was suspended. In any context but NMI.
pub(crate) fn monotonic() -> i64 {
    // SAFETY: The function reads a clock, and may be called from any context but NMI.
    unsafe { bindings::ktime_get() }
}

/// The time since 1970. In any context but NMI.
pub(crate) fn real() -> i64 {
    // SAFETY: As above.
    unsafe { bindings::ktime_get_with_offset(bindings::tk_offsets_TK_OFFS_REAL) }
}
