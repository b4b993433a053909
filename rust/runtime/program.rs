// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Where the text of a script comes from.

use core::{
    ffi::c_void,
    ptr, //
};
use kernel::{
    error::to_result,
    prelude::*, //
};

use crate::{
    linux::c_text::CText,
    sys::kernel_helpers as sys, //
};

/// Where scripts are looked up by name.
pub(crate) const DIRECTORY: &str = "/lib/modules/lua";

/// The longest script, in bytes.
pub(crate) const MAX_SCRIPT: usize = 16 << 20;

/// The path of the script `name`.
pub(crate) fn path(name: &[u8]) -> Result<CText> {
    CText::of(&[DIRECTORY.as_bytes(), b"/", name, b".lua"])
}

/// The text of a script, or where to find it.
pub(crate) enum Program<'a> {
    /// The file of this name in [`DIRECTORY`].
    Named(&'a [u8]),
    /// The file with this path.
    File(&'a CStr),
    /// A text, with the chunk name that Lua shall use.
    Text { text: &'a [u8], chunk: &'a [u8] },
}

/// A script's text that was read from a file.
///
/// # Invariants
///
/// `data` is null and `size` 0, or `data` was allocated by `kvmalloc()` with `size` bytes or more,
/// and is ours.
struct FileText {
    data: *mut c_void,
    size: usize,
}

impl FileText {
    fn read(path: &CStr) -> Result<Self> {
        let mut text = Self {
            data: ptr::null_mut(),
            size: 0,
        };
        // INVARIANT: The function gives us a buffer of that size, or fails and changes nothing.
        // SAFETY: The path is a string and the other pointers are valid for writes.
        to_result(unsafe {
            sys::lunatik_read_file(
                path.as_char_ptr(),
                MAX_SCRIPT,
                &mut text.data,
                &mut text.size,
            )
        })?;
        Ok(text)
    }

    fn bytes(&self) -> &[u8] {
        if self.data.is_null() {
            return &[];
        }
        // SAFETY: By the type invariant.
        unsafe { core::slice::from_raw_parts(self.data.cast(), self.size) }
    }
}

impl Drop for FileText {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the buffer is ours, or null.
        unsafe { sys::lunatik_kvfree(self.data) };
    }
}

impl Program<'_> {
    /// Calls `with` with the text and its chunk name.
    ///
    /// Fails with `ENOENT` where there is no such file, and as reading it fails.
    pub(crate) fn with_text<T>(&self, with: impl FnOnce(&[u8], &CStr) -> T) -> Result<T> {
        match *self {
            Self::Text { text, chunk } => {
                let chunk = CText::of(&[chunk])?;
                Ok(with(text, &chunk))
            }
            Self::Named(name) => Program::File(&path(name)?).with_text(with),
            Self::File(path) => {
                let chunk = CText::of(&[b"@", path.to_bytes()])?;
                let text = FileText::read(path)?;
                Ok(with(text.bytes(), &chunk))
            }
        }
    }
}
