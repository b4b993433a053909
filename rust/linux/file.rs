// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Files that the kernel itself opens, with its own credentials.
//!
//! C header: [`include/linux/fs.h`](srctree/include/linux/fs.h)

use core::{mem::ManuallyDrop, ptr, ptr::NonNull};

use kernel::{
    bindings,
    error::{from_err_ptr, to_result},
    fs::File,
    prelude::*,
    str::{CStr, CStrExt},
    sync::aref::ARef, //
};

use super::{
    credentials::as_kernel,
    path::Path,
    shared_file::SharedFile, //
};
use crate::sys::kernel_helpers as sys;

/// An open file with a single owner. All functions sleep.
///
/// # Invariants
///
/// We own the only reference to the file.
pub(crate) struct OwnedFile(NonNull<bindings::file>);

impl OwnedFile {
    /// Opens the file at `path`, seen from `root`; an empty path is the root itself. `flags` are
    /// those of open(2).
    pub(crate) fn open(root: &Path, path: &CStr, flags: i32, permissions: u16) -> Result<Self> {
        // SAFETY: The root is held, the name ends with a zero, and both outlive the call.
        let file = from_err_ptr(unsafe {
            sys::lunatik_open_file(root.as_raw(), path.as_char_ptr(), flags, permissions)
        })?;
        // INVARIANT: The function returns the first reference to a new file.
        NonNull::new(file).map(Self).ok_or(EIO)
    }

    /// Whether this is a directory.
    pub(crate) fn is_directory(&self) -> bool {
        // SAFETY: By the type invariant the file is open.
        unsafe { sys::lunatik_file_is_directory(self.as_ptr()) }
    }

    /// Reads at the file's position. Returns how many bytes.
    pub(crate) fn read(&mut self, data: &mut [u8]) -> Result<usize> {
        self.transfer(bindings::ITER_DEST, data.as_mut_ptr(), data.len())
    }

    /// Writes at the file's position, or at the end if it was opened so. Returns how many bytes.
    pub(crate) fn write(&mut self, data: &[u8]) -> Result<usize> {
        self.transfer(bindings::ITER_SOURCE, data.as_ptr().cast_mut(), data.len())
    }

    /// Reads into a buffer, or writes from one. A write only reads the buffer.
    ///
    /// This does not use `kernel_read`, which refuses `/dev/null` and similar files with a warning
    /// in the log. Files that can be read only into user memory are an error here, too, but without
    /// a warning.
    fn transfer(&mut self, direction: u32, data: *mut u8, length: usize) -> Result<usize> {
        let vector = bindings::kvec {
            iov_base: data.cast(),
            iov_len: length,
        };
        let mut iter = bindings::iov_iter::default();
        // SAFETY: `read()` and `write()` give slices that are as long as said. They outlive this
        // function, as does the vector. By the type invariant the file is open, and as `self` is
        // borrowed mutably, nobody else uses its position.
        let count = as_kernel(|| unsafe {
            bindings::iov_iter_kvec(&mut iter, direction, &vector, 1, length);
            let position = sys::lunatik_file_position(self.as_ptr());
            match direction {
                bindings::ITER_DEST => {
                    bindings::vfs_iter_read(self.as_ptr(), &mut iter, position, 0)
                }
                _ => bindings::vfs_iter_write(self.as_ptr(), &mut iter, position, 0),
            }
        });
        to_count(count as i64).map(|count| count as usize)
    }

    /// Moves the file's position, and returns it; `whence` is as for lseek(2).
    pub(crate) fn seek(&mut self, offset: i64, whence: u32) -> Result<i64> {
        // SAFETY: By the type invariant the file is open. The function refuses an invalid `whence`.
        to_count(as_kernel(|| unsafe {
            bindings::vfs_llseek(self.as_ptr(), offset, whence as i32)
        }))
    }

    /// Closes the file, and returns when it is really closed. A kernel thread would otherwise defer
    /// that step. So a script may open an exclusive device again at once.
    pub(crate) fn close(self) -> Result {
        let file = ManuallyDrop::new(self);
        to_result(as_kernel(|| {
            // SAFETY: By the type invariant we own a reference, and it is not used again. There are
            // two references now; `filp_close` drops the first.
            let status = unsafe {
                sys::lunatik_get_file(file.as_ptr());
                bindings::filp_close(file.as_ptr(), ptr::null_mut())
            };
            // SAFETY: This is the last reference. The module's threads hold no lock of a file
            // system here and take no part in unmounting.
            unsafe { bindings::__fput_sync(file.as_ptr()) };
            status
        }))
    }

    /// Shares the file. Its reads and writes wait from now on, as those of other files of processes.
    pub(crate) fn share(self) -> SharedFile {
        let file = ManuallyDrop::new(self);
        // SAFETY: By the type invariant the file is open.
        unsafe { sys::lunatik_make_blocking(file.as_ptr()) };
        // SAFETY: By the type invariant we own a reference, which is given away here. `File` has the layout of the
        // structure. Nobody is within an `fdget_pos` section of the file, for it has no descriptor yet.
        SharedFile::new(unsafe { ARef::from_raw(file.0.cast::<File>()) })
    }

    fn as_ptr(&self) -> *mut bindings::file {
        self.0.as_ptr()
    }
}

impl Drop for OwnedFile {
    fn drop(&mut self) {
        // INVARIANT: `self` is not used after this, so its reference may be given away. There is no
        // caller to return an error to.
        let _ = Self(self.0).close();
    }
}

/// Separates a count from a negative error. `EIO` for a negative number that is no error number;
/// drivers may return one.
fn to_count(value: i64) -> Result<i64> {
    match i32::try_from(value) {
        _ if value >= 0 => Ok(value),
        Ok(number) if number >= -(bindings::MAX_ERRNO as i32) => Err(Error::from_errno(number)),
        _ => Err(EIO),
    }
}
