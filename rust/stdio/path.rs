// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Removing and renaming by path.

use kernel::str::CStr;

use super::{
    access::{Access, AccessError},
    errno::Errno,
    kernel_file::KernelFile,
    mode::Mode, //
};
use crate::linux::{
    credentials::as_kernel,
    namei::{
        Parent,
        Renaming,
        Victim,
        WriteAccess, //
    },
    path::Path, //
};

/// Which links are followed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Links {
    /// All.
    All,
    /// All but those of `/proc` that lead into another process's view of the file system.
    Plain,
}

/// Follows `path` from init's root up to its last component. `EINVAL` if that is not a name.
pub(super) fn parent(path: &CStr, links: Links) -> Result<Parent, Errno> {
    if path.is_empty() {
        return Err(Errno::ENOENT);
    }
    let root = Path::init_root();
    Ok(as_kernel(|| {
        Parent::find(&root, path, links == Links::Plain)
    })?)
}

/// Creates the file that `parent` names, and opens it. The name must not exist yet, not even as a
/// link.
pub(super) fn create(parent: &Parent, mode: Mode, permissions: u16) -> Result<KernelFile, Errno> {
    let name = parent.c_name().ok_or(Errno::EISDIR)?;
    let mode = Mode {
        create: true,
        exclusive: true,
        ..mode
    };
    KernelFile::open_below(parent.directory(), name, mode, permissions)
}

/// Removes a file, or an empty directory, as C's `remove` does, if `access` allows it.
pub(super) fn remove(path: &CStr, access: &Access<'_>) -> Result<(), AccessError> {
    let parent = match (access.parent(path), Last::of(path.to_bytes())) {
        // The error that `unlink` followed by `rmdir` would give.
        (Err(AccessError::Errno(Errno::EINVAL)), Last::Root) => return Err(Errno::EBUSY.into()),
        (Err(AccessError::Errno(Errno::EINVAL)), Last::DotDot) => {
            return Err(Errno::ENOTEMPTY.into())
        }
        (parent, _) => parent?,
    };
    match as_kernel(|| unlink(&parent)) {
        Err(Errno::EISDIR) => Ok(as_kernel(|| remove_directory(&parent))?),
        result => Ok(result?),
    }
}

fn unlink(parent: &Parent) -> Result<(), Errno> {
    let access = WriteAccess::new(parent)?;
    let victim = Victim::find(&access)?;
    if victim.is_directory() {
        return Err(Errno::EISDIR);
    }
    if parent.wants_directory() {
        return Err(Errno::ENOTDIR);
    }
    // Freeing the blocks of a large file takes long, so that happens after the directory is
    // unlocked.
    let inode = victim.inode();
    let result = victim.unlink();
    drop(inode);
    Ok(result?)
}

fn remove_directory(parent: &Parent) -> Result<(), Errno> {
    let access = WriteAccess::new(parent)?;
    let victim = Victim::find(&access)?;
    Ok(victim.remove_directory()?)
}

/// Renames a file or directory, as C's `rename` does, if `access` allows both.
pub(super) fn rename(from: &CStr, to: &CStr, access: &Access<'_>) -> Result<(), AccessError> {
    let find = |path: &CStr| match (access.parent(path), Last::of(path.to_bytes())) {
        (Err(AccessError::Errno(Errno::EINVAL)), Last::Root | Last::Dot | Last::DotDot) => {
            Err(Errno::EBUSY.into())
        }
        (parent, _) => parent,
    };
    let (old, new) = (find(from)?, find(to).map_err(AccessError::of_second)?);
    Ok(as_kernel(|| rename_found(&old, &new))?)
}

fn rename_found(old: &Parent, new: &Parent) -> Result<(), Errno> {
    let renaming = Renaming::start(old, new)?;
    if !renaming.is_directory() && (old.wants_directory() || new.wants_directory()) {
        return Err(Errno::ENOTDIR);
    }
    Ok(renaming.finish()?)
}

/// What a path ends with.
enum Last {
    Name,
    Dot,
    DotDot,
    /// Nothing: it is the root directory.
    Root,
}

impl Last {
    fn of(path: &[u8]) -> Self {
        let mut names = path.split(|byte| *byte == b'/').rev();
        match names.find(|name| !name.is_empty()) {
            None => Self::Root,
            Some(b".") => Self::Dot,
            Some(b"..") => Self::DotDot,
            Some(_) => Self::Name,
        }
    }
}

impl From<kernel::error::Error> for Errno {
    fn from(error: kernel::error::Error) -> Self {
        Self::from_kernel(error.to_errno() as isize)
    }
}
