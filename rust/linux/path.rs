// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Paths in the file system, held by a reference.
//!
//! C header: [`include/linux/path.h`](srctree/include/linux/path.h)

use kernel::{
    bindings,
    error::{from_err_ptr, to_result},
    ffi::c_int,
    prelude::*,
    str::{CStr, CStrExt}, //
};

use crate::sys::kernel_helpers as sys;

/// A `struct path`.
///
/// # Invariants
///
/// We own a reference to it.
pub(crate) struct Path(bindings::path);

impl Path {
    /// The root directory of the init process.
    pub(crate) fn init_root() -> Self {
        let mut path = bindings::path::default();
        // SAFETY: Init's file system state exists from early boot on and is never freed.
        unsafe { sys::lunatik_get_init_root(&mut path) };
        // INVARIANT: The function takes a reference.
        Self(path)
    }

    /// Follows `name` to its end from this root. With `plain`, it does not follow links of `/proc`
    /// that lead into another process's view of the file system.
    pub(crate) fn look_up(&self, name: &CStr, plain: bool) -> Result<Self> {
        let mut found = bindings::path::default();
        // SAFETY: By the type invariant the root is held, and the text ends with a zero.
        to_result(unsafe {
            sys::lunatik_path_lookup(&self.0, name.as_char_ptr(), plain, &mut found)
        })?;
        // INVARIANT: The function took a reference.
        Ok(Self(found))
    }

    /// Writes the canonical text to the end of `buffer`, with a final zero. Returns where it
    /// starts.
    pub(crate) fn text(&self, buffer: &mut [u8]) -> Result<usize> {
        let base = buffer.as_mut_ptr();
        let length = c_int::try_from(buffer.len()).unwrap_or(c_int::MAX);
        // SAFETY: By the type invariant the path is held, and the buffer is at least that long.
        let text = from_err_ptr(unsafe { sys::lunatik_path_text(&self.0, base.cast(), length) })?;
        Ok(text.addr().saturating_sub(base.addr()))
    }

    /// Takes over a reference.
    ///
    /// # Safety
    ///
    /// The caller owns a reference to `path`, and gives it away.
    pub(crate) unsafe fn from_raw(path: bindings::path) -> Self {
        // INVARIANT: By this function's contract.
        Self(path)
    }

    /// The C structure, whose references are held as long as `self` lives.
    pub(crate) fn as_raw(&self) -> &bindings::path {
        &self.0
    }
}

impl Drop for Path {
    fn drop(&mut self) {
        // SAFETY: By the type invariant we own a reference, and it is not used again.
        unsafe { bindings::path_put(&self.0) };
    }
}
