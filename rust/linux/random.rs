// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The kernel's random numbers, and hashes that depend on a random key, so that a script cannot
//! predict them.

use kernel::bindings;

use crate::sys::kernel_helpers as sys;

/// Fills `bytes`. In any context.
pub(crate) fn fill(bytes: &mut [u8]) {
    // SAFETY: The slice is ours to write, and as long as it says.
    unsafe { bindings::get_random_bytes(bytes.as_mut_ptr().cast(), bytes.len()) };
}

/// 32 random bits. In any context.
pub(crate) fn bits32() -> u32 {
    // SAFETY: The function takes no pointer, and may be called from any context.
    unsafe { bindings::get_random_u32() }
}

/// 64 random bits. In any context.
pub(crate) fn bits64() -> u64 {
    // SAFETY: As above.
    unsafe { bindings::get_random_u64() }
}

/// The HalfSipHash of `bytes` with `key`. In any context.
pub(crate) fn keyed_hash(bytes: &[u8], [first, second]: [u64; 2]) -> u32 {
    // SAFETY: The slice is ours to read, and as long as it says.
    unsafe { sys::lunatik_hsiphash(bytes.as_ptr().cast(), bytes.len(), first, second) }
}
