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

use super::surroundings::{folder, Surroundings};
use crate::{
    linux::c_text::CText,
    sys::kernel_helpers as sys, //
};

/// Where scripts are looked up by name.
pub(crate) const DIRECTORY: &str = "/lib/modules/lua";

/// The longest script, in bytes.
pub(crate) const MAX_SCRIPT: usize = 16 << 20;

/// The end of the name of a file that a script's name may lack.
const SUFFIX: &[u8] = b".lua";

/// The path of the script `given`, with the suffix that its name may lack.
pub(crate) fn path(given: &[u8]) -> Result<CText> {
    let name = given.strip_suffix(SUFFIX).unwrap_or(given);
    CText::of(&[DIRECTORY.as_bytes(), b"/", name, SUFFIX])
}

/// The path of the script `given` as it is named, unless that is [`path`].
pub(crate) fn path_as_named(given: &[u8]) -> Result<Option<CText>> {
    if given.ends_with(SUFFIX) {
        return Ok(None);
    }
    CText::of(&[DIRECTORY.as_bytes(), b"/", given]).map(Some)
}

/// Whether `error` says that there is no such file.
pub(crate) fn is_absence(error: Error) -> bool {
    error == ENOENT || error == EISDIR || error == ENOTDIR
}

/// The text of a script, or where to find it.
pub(crate) enum Program<'a> {
    /// The file of this name in [`DIRECTORY`], as it was given: itself or, where there is none,
    /// with `.lua` at its end.
    Named(&'a [u8]),
    /// The file with this path.
    File(&'a CStr),
    /// A text, with the chunk name that Lua shall use, and its place.
    Text {
        text: &'a [u8],
        chunk: &'a [u8],
        place: Surroundings<'a>,
    },
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

    /// Calls `with` with the text and the chunk name of the file at `path`.
    fn with<T>(&self, path: &CStr, with: impl FnOnce(&[u8], &CStr) -> T) -> Result<T> {
        let chunk = CText::of(&[b"@", path.to_bytes()])?;
        Ok(with(self.bytes(), &chunk))
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
            Self::Text { text, chunk, .. } => {
                let chunk = CText::of(&[chunk])?;
                Ok(with(text, &chunk))
            }
            Self::Named(given) => {
                if let Some(named) = path_as_named(given)? {
                    match FileText::read(&named) {
                        Ok(text) => return text.with(&named, with),
                        Err(error) if is_absence(error) => (),
                        Err(error) => return Err(error),
                    }
                }
                Program::File(&path(given)?).with_text(with)
            }
            Self::File(path) => FileText::read(path)?.with(path, with),
        }
    }

    /// Calls `with` with the place of the script.
    pub(crate) fn with_place<T>(&self, with: impl FnOnce(&Surroundings<'_>) -> T) -> Result<T> {
        match *self {
            Self::Text { place, .. } => Ok(with(&place)),
            Self::Named(given) => {
                let path = path(given)?;
                Ok(with(&Surroundings {
                    directory: folder(path.to_bytes()),
                    script: given,
                }))
            }
            Self::File(path) => Ok(with(&Surroundings {
                directory: folder(path.to_bytes()),
                script: path.to_bytes(),
            })),
        }
    }
}
