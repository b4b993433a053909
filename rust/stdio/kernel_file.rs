// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! An open file of the kernel, with the modes and errors of C.

use kernel::{
    bindings,
    str::CStr, //
};

use super::{
    device::Target,
    errno::Errno,
    mode::Mode, //
};
use crate::linux::{
    file::OwnedFile,
    path::Path,
    shared_file::SharedFile, //
};

/// An open file that nobody else has.
pub(super) struct KernelFile(OwnedFile);

impl KernelFile {
    /// Opens the file at `path`, seen from init's root.
    pub(super) fn open(path: &CStr, mode: Mode, permissions: u16) -> Result<Self, Errno> {
        // Without this check, an empty path would open the root itself.
        if path.is_empty() {
            return Err(Errno::ENOENT);
        }
        Self::open_below(&Path::init_root(), path, mode, permissions)
    }

    /// Opens a file that was looked up before. It exists, so it is not created.
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
        let file = OwnedFile::open(root, path, open_flags(mode), permissions)?;
        Ok(Self(file))
    }

    /// Reads at the file's position.
    pub(super) fn read(&mut self, data: &mut [u8]) -> Result<usize, Errno> {
        if self.0.is_directory() {
            return Err(Errno::EISDIR);
        }
        Ok(self.0.read(data)?)
    }

    /// Writes at the file's position, or at the end if it was opened so.
    pub(super) fn write(&mut self, data: &[u8]) -> Result<usize, Errno> {
        Ok(self.0.write(data)?)
    }

    /// Moves the file's position.
    pub(super) fn seek(&mut self, target: Target) -> Result<i64, Errno> {
        let (offset, whence) = match target {
            Target::Start(offset) => (offset, bindings::SEEK_SET),
            Target::Current(offset) => (offset, bindings::SEEK_CUR),
            Target::End(offset) => (offset, bindings::SEEK_END),
        };
        Ok(self.0.seek(offset, whence)?)
    }

    /// Gives the file away, to be shared with processes.
    pub(super) fn share(self) -> SharedFile {
        self.0.share()
    }

    /// Closes the file; it is really closed when this returns.
    pub(super) fn close(self) -> Result<(), Errno> {
        Ok(self.0.close()?)
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
