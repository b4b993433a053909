// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Whole files in memory.

use core::{
    ffi::c_void,
    ptr, //
};
use kernel::{
    error::to_result,
    prelude::*,
    sync::Arc, //
};

use super::account::{kmalloc_size, Account, Charge};
use crate::sys::kernel_helpers as sys;

/// The bytes of a file.
///
/// # Invariants
///
/// `data` is null and `size` 0, or `data` was allocated by `kvmalloc()` with `size` bytes or more,
/// and belongs to this value.
pub(crate) struct FileBytes {
    data: *mut c_void,
    size: usize,
    /// What they count.
    charge: Charge,
}

/// Counts a buffer before it is allocated.
///
/// # Safety
///
/// `charge` is a [`Charge`] that nobody else uses.
unsafe extern "C" fn count(charge: *mut c_void, size: usize) -> bool {
    // SAFETY: As the caller promises.
    let charge = unsafe { &mut *charge.cast::<Charge>() };
    charge.set(kmalloc_size(size)).is_ok()
}

impl FileBytes {
    /// Reads the file at `path`, unless it has more than `most` bytes. The bytes count against
    /// `account`.
    pub(crate) fn read(path: &CStr, most: usize, account: &Arc<Account>) -> Result<Self> {
        let mut bytes = Self {
            data: ptr::null_mut(),
            size: 0,
            charge: Charge::to(account),
        };
        // INVARIANT: The function gives us a buffer of that size, or fails and changes nothing.
        // SAFETY: The path is a string, the other pointers are valid for writes, and `count()` gets
        // the charge.
        to_result(unsafe {
            sys::lunatik_read_file(
                path.as_char_ptr(),
                most,
                Some(count),
                ptr::from_mut(&mut bytes.charge).cast(),
                &mut bytes.data,
                &mut bytes.size,
            )
        })?;
        Ok(bytes)
    }

    /// The bytes.
    pub(crate) fn as_slice(&self) -> &[u8] {
        if self.data.is_null() {
            return &[];
        }
        // SAFETY: By the type invariant.
        unsafe { core::slice::from_raw_parts(self.data.cast(), self.size) }
    }
}

impl Drop for FileBytes {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the buffer is ours, or null.
        unsafe { sys::lunatik_kvfree(self.data) };
    }
}
