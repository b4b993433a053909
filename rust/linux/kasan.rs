// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Tells KASAN which parts of the module's own memory may be accessed.
//!
//! KASAN reports a use of poisoned memory as a `use-after-scope`. In kernels without the generic
//! mode of KASAN, these functions do nothing.
//!
//! C header: [`include/linux/kasan.h`](srctree/include/linux/kasan.h)

use crate::sys::kernel_helpers as sys;

/// The number of bytes that share one state in KASAN.
pub(crate) const GRANULE: usize = 8;

/// Tells KASAN to report any access to these bytes from now on. `size` is a multiple of
/// [`GRANULE`].
///
/// # Safety
///
/// The caller owns the bytes, and `block` is aligned to [`GRANULE`].
#[inline]
pub(crate) unsafe fn poison(block: *mut u8, size: usize) {
    if cfg!(CONFIG_KASAN_GENERIC) {
        // SAFETY: As the caller promises.
        unsafe { sys::lunatik_kasan_poison(block.cast(), size) };
    }
}

/// Tells KASAN that the bytes may be accessed again. The rest of the last granule becomes
/// accessible, too.
///
/// # Safety
///
/// As for [`poison()`].
#[inline]
pub(crate) unsafe fn unpoison(block: *mut u8, size: usize) {
    if cfg!(CONFIG_KASAN_GENERIC) {
        // SAFETY: As the caller promises.
        unsafe { sys::lunatik_kasan_unpoison(block.cast(), size) };
    }
}
