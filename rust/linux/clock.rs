// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Clocks, in nanoseconds.

use kernel::bindings;

/// The time since the machine was started, without the time in suspend. May be called in any
/// context except NMI.
pub(crate) fn monotonic() -> i64 {
    // SAFETY: The function reads a clock, and may be called in any context except NMI.
    unsafe { bindings::ktime_get() }
}

/// As [`monotonic()`], but for any context, and a little less exact.
pub(crate) fn monotonic_in_nmi() -> u64 {
    // SAFETY: The function reads a clock without a lock, and may be called from any context.
    unsafe { bindings::ktime_get_mono_fast_ns() }
}

/// Whole seconds since 1970. May be called in any context.
pub(crate) fn real_seconds() -> i64 {
    // SAFETY: The function takes no pointer. It reads a word without a lock.
    unsafe { bindings::ktime_get_real_seconds() }
}

/// The time since 1970. May be called in any context except NMI.
pub(crate) fn real() -> i64 {
    // SAFETY: The offset is one that the function knows. As `monotonic()`, it tries again while the
    // clock is being set, which would be for ever in an NMI.
    unsafe { bindings::ktime_get_with_offset(bindings::tk_offsets_TK_OFFS_REAL) }
}
