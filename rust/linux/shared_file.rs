// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Open files of processes, on their way to other processes.
//!
//! C header: [`include/linux/file.h`](srctree/include/linux/file.h)

use kernel::{
    bindings,
    error::to_result,
    fs::{file::LocalFile, File},
    prelude::*,
    sync::aref::ARef, //
};

use crate::sys::kernel_helpers as sys;

/// A reference to an open file.
#[derive(Clone)]
pub(crate) struct SharedFile(ARef<File>);

impl SharedFile {
    /// The file that the calling process has under this descriptor. Fails with `EBADF` if there is none.
    pub(crate) fn of_descriptor(descriptor: u32) -> Result<Self> {
        let file = LocalFile::fget(descriptor)?;
        // SAFETY: Nothing that this thread does here holds the position of a file: the module's own operations
        // are called without it, for its files have none.
        Ok(Self(unsafe { LocalFile::assume_no_fdget_pos(file) }))
    }

    /// Takes over a reference.
    pub(crate) fn new(file: ARef<File>) -> Self {
        Self(file)
    }

    /// Gives the calling process a descriptor of the file, which is closed when it executes another program. Fails
    /// with `EMFILE` if it has too many, or if a security module forbids it.
    pub(crate) fn install(&self) -> Result<u32> {
        // SAFETY: The reference keeps the file open. The function takes one of its own.
        let descriptor = unsafe { sys::lunatik_receive_file(self.0.as_ptr()) };
        to_result(descriptor)?;
        u32::try_from(descriptor).map_err(|_| EBADF)
    }

    /// Takes back a descriptor that [`install`](Self::install) has just given to the calling process.
    pub(crate) fn uninstall(descriptor: u32) {
        // SAFETY: The function closes a descriptor of the calling process, as close(2) does.
        unsafe { bindings::close_fd(descriptor) };
    }

    /// Whether it is a file of the same driver as `other`.
    pub(crate) fn is_like(&self, other: &LocalFile) -> bool {
        // SAFETY: The references keep the files open.
        unsafe { sys::lunatik_same_operations(self.0.as_ptr(), other.as_ptr()) }
    }
}
