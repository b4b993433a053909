// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! An open file of the kernel.
//!
//! C header: [`include/linux/fs.h`](srctree/include/linux/fs.h)

use core::ptr::NonNull;

use kernel::{
    bindings,
    error::from_err_ptr,
    str::{CStr, CStrExt}, //
};

use super::{
    device::Target,
    errno::Errno,
    mode::Mode,
    path::from_error, //
};
use crate::{
    linux::{
        credentials::KernelCredentials,
        path::Path, //
    },
    sys::kernel_helpers as sys, //
};

/// An open file that nobody else has.
///
/// # Invariants
///
/// We own the only reference to the file.
pub(super) struct KernelFile(NonNull<bindings::file>);

impl KernelFile {
    /// Opens what `path` names, from init's root.
    pub(super) fn open(path: &CStr, mode: Mode, permissions: u16) -> Result<Self, Errno> {
        // Without this the root itself would be opened.
        if path.is_empty() {
            return Err(Errno::ENOENT);
        }
        Self::open_below(&Path::init_root(), path, mode, permissions)
    }

    /// Opens what was looked up before. It is there, so it is not created.
    pub(super) fn open_found(found: &Path, mode: Mode) -> Result<Self, Errno> {
        if mode.exclusive {
            return Err(Errno::EEXIST);
        }
        let mode = Mode {
            create: false,
            ..mode
        };
        // An empty path is the root itself.
        Self::open_below(found, c"", mode, 0)
    }

    /// Opens what `path` names, from `root`.
    pub(super) fn open_below(
        root: &Path,
        path: &CStr,
        mode: Mode,
        permissions: u16,
    ) -> Result<Self, Errno> {
        // SAFETY: The root is held, the name ends with a zero, and both outlive the call.
        let file = unsafe {
            sys::lunatik_open_file(
                root.as_raw(),
                path.as_char_ptr(),
                open_flags(mode),
                permissions,
            )
        };
        let file = from_err_ptr(file).map_err(from_error)?;
        // INVARIANT: The function returns the first reference to a new file.
        NonNull::new(file).map(Self).ok_or(Errno::EIO)
    }

    /// Reads at the file's position.
    pub(super) fn read(&mut self, data: &mut [u8]) -> Result<usize, Errno> {
        // SAFETY: By the type invariant the file is open.
        if unsafe { sys::lunatik_file_is_directory(self.as_ptr()) } {
            return Err(Errno::EISDIR);
        }
        self.transfer(bindings::ITER_DEST, data.as_mut_ptr(), data.len())
    }

    /// Writes at the file's position, or at the end if it was opened so.
    pub(super) fn write(&mut self, data: &[u8]) -> Result<usize, Errno> {
        self.transfer(bindings::ITER_SOURCE, data.as_ptr().cast_mut(), data.len())
    }

    /// Reads to or writes from a buffer, which is only read from in the second case.
    ///
    /// Not `kernel_read`, which refuses `/dev/null` and its like and complains in the log. Files
    /// that can be read into user memory only are an error here, too, but a silent one.
    fn transfer(&mut self, direction: u32, data: *mut u8, length: usize) -> Result<usize, Errno> {
        let _credentials = KernelCredentials::take();
        let vector = bindings::kvec {
            iov_base: data.cast(),
            iov_len: length,
        };
        let mut iter = bindings::iov_iter::default();
        // SAFETY: The callers' buffers are as long as said and outlive this function, as does the
        // vector. By the type invariant the file is open, and its position is used by us alone.
        Errno::check(unsafe {
            bindings::iov_iter_kvec(&mut iter, direction, &vector, 1, length);
            let position = sys::lunatik_file_position(self.as_ptr());
            match direction {
                bindings::ITER_DEST => {
                    bindings::vfs_iter_read(self.as_ptr(), &mut iter, position, 0)
                }
                _ => bindings::vfs_iter_write(self.as_ptr(), &mut iter, position, 0),
            }
        })
    }

    /// Moves the file's position.
    pub(super) fn seek(&mut self, target: Target) -> Result<i64, Errno> {
        let (offset, whence) = match target {
            Target::Start(offset) => (offset, bindings::SEEK_SET),
            Target::Current(offset) => (offset, bindings::SEEK_CUR),
            Target::End(offset) => (offset, bindings::SEEK_END),
        };
        let _credentials = KernelCredentials::take();
        // SAFETY: By the type invariant the file is open.
        let position = unsafe { bindings::vfs_llseek(self.as_ptr(), offset, whence as i32) };
        // CAST: Both have 64 bits.
        Errno::check(position as isize).map(|position| position as i64)
    }

    /// Closes the file; it is really closed when this returns, which closing on a kernel thread
    /// would otherwise leave for later: a script may open an exclusive device again at once.
    pub(super) fn close(self) -> Result<(), Errno> {
        let _credentials = KernelCredentials::take();
        let file = core::mem::ManuallyDrop::new(self);
        // SAFETY: By the type invariant we own a reference, and it is not used again. Of the two
        // there are now, `filp_close` drops the first.
        let status = unsafe {
            sys::lunatik_get_file(file.as_ptr());
            bindings::filp_close(file.as_ptr(), core::ptr::null_mut())
        };
        // SAFETY: This is the last. Our threads hold no lock of a file system here and take no part
        // in unmounting.
        unsafe { bindings::__fput_sync(file.as_ptr()) };
        Errno::check(status as isize).map(|_| ())
    }

    fn as_ptr(&self) -> *mut bindings::file {
        self.0.as_ptr()
    }
}

impl Drop for KernelFile {
    fn drop(&mut self) {
        // INVARIANT: `self` is not used after this, so its reference may be given away.
        // Nobody is there to be told of an error.
        let _ = Self(self.0).close();
    }
}

/// The flags of open(2) for `mode`.
fn open_flags(mode: Mode) -> i32 {
    let mut flags = match (mode.read, mode.write) {
        (true, true) => bindings::O_RDWR,
        (false, true) => bindings::O_WRONLY,
        _ => bindings::O_RDONLY,
    };
    for (wanted, flag) in [
        (mode.create, bindings::O_CREAT),
        (mode.truncate, bindings::O_TRUNC),
        (mode.append, bindings::O_APPEND),
        (mode.exclusive, bindings::O_EXCL),
        (
            true,
            bindings::O_LARGEFILE | bindings::O_NONBLOCK | bindings::O_NOCTTY,
        ),
    ] {
        if wanted {
            flags |= flag;
        }
    }
    // CAST: The flags are small.
    flags as i32
}
