// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Removing and renaming by path.
//!
//! Nothing here waits for the lease that a network client has on a file: that is an error.
//!
//! C header: [`include/linux/namei.h`](srctree/include/linux/namei.h)

use core::ptr;

use kernel::{
    bindings,
    error::from_err_ptr,
    str::{CStr, CStrExt}, //
};

use super::{
    access::{Access, AccessError},
    errno::Errno,
    kernel_file::KernelFile,
    mode::Mode, //
};
use crate::{
    linux::{
        credentials::KernelCredentials,
        path::Path, //
    },
    sys::kernel_helpers as sys, //
};

/// A path's text, copied for the kernel's functions.
///
/// # Invariants
///
/// The pointer is valid and ours to release.
struct Name(*mut bindings::filename);

impl Name {
    fn new(path: &CStr) -> Result<Self, Errno> {
        // SAFETY: The text ends with a zero.
        let name = unsafe { bindings::getname_kernel(path.as_char_ptr()) };
        // INVARIANT: The function returned no error, so it made a name for us.
        from_err_ptr(name).map(Self).map_err(from_error)
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        // SAFETY: By the type invariant it is ours, and it is not used again.
        unsafe { bindings::putname(self.0) };
    }
}

/// Which links are followed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Links {
    /// All.
    All,
    /// Not those of `/proc` that lead to what another process sees.
    Plain,
}

/// The directory that holds what a path names, and its name there.
///
/// # Invariants
///
/// `last` points into `_name`.
pub(super) struct Parent {
    directory: Path,
    last: bindings::qstr,
    _name: Name,
}

impl Parent {
    /// Follows `path` up to its last component. `EINVAL` if that is not a name.
    pub(super) fn find(path: &CStr, links: Links) -> Result<Self, Errno> {
        if path.is_empty() {
            return Err(Errno::ENOENT);
        }
        let root = Path::init_root();
        let name = Name::new(path)?;
        let _credentials = KernelCredentials::take();
        let mut directory = bindings::path::default();
        let mut last = bindings::qstr::default();
        // SAFETY: All pointers are valid until the end of the call.
        let status = unsafe {
            sys::lunatik_path_parent_lookup(
                name.0,
                links == Links::Plain,
                &mut directory,
                &mut last,
                root.as_raw(),
            )
        };
        Errno::check(status as isize)?;
        // INVARIANT: The function took a reference to the directory, and found the last component
        // in the name.
        // SAFETY: The reference is ours, and given to the new value.
        let directory = unsafe { Path::from_raw(directory) };
        Ok(Self {
            directory,
            last,
            _name: name,
        })
    }

    /// The directory.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The name in it.
    pub(super) fn name(&self) -> &[u8] {
        // SAFETY: By the type invariants the name is alive; it is as long as it says.
        unsafe {
            let length = self.last.__bindgen_anon_1.__bindgen_anon_1.len as usize;
            core::slice::from_raw_parts(self.last.name, length)
        }
    }

    /// Makes a file of this name, which must not be there yet, not even as a link, and opens it.
    pub(super) fn create(&self, mode: Mode, permissions: u16) -> Result<KernelFile, Errno> {
        if self.wants_directory() {
            return Err(Errno::EISDIR);
        }
        let mode = Mode {
            create: true,
            exclusive: true,
            ..mode
        };
        // SAFETY: By the type invariants the name is alive. It ends with a zero: not with a slash,
        // as was just seen.
        let name = unsafe { CStr::from_char_ptr(self.last.name.cast()) };
        KernelFile::open_below(&self.directory, name, mode, permissions)
    }

    /// Whether the path ended with a slash, so that only a directory will do.
    fn wants_directory(&self) -> bool {
        // SAFETY: By the type invariants the name is alive; it ends with a zero.
        unsafe { sys::lunatik_has_trailing_slash(&self.last) }
    }

    fn idmap(&self) -> *mut bindings::mnt_idmap {
        // SAFETY: By the type invariants the mount is alive.
        unsafe { sys::lunatik_mnt_idmap(self.directory.as_raw().mnt) }
    }

    /// The inode of the directory.
    fn inode(&self) -> *mut bindings::inode {
        // SAFETY: By the type invariants the directory is alive, so it has its inode.
        unsafe { (*self.directory.as_raw().dentry).d_inode }
    }
}

/// The right to write to a mounted file system.
///
/// # Invariants
///
/// We hold it, for a mount that outlives `'a`.
struct WriteAccess<'a> {
    parent: &'a Parent,
}

impl<'a> WriteAccess<'a> {
    fn new(parent: &'a Parent) -> Result<Self, Errno> {
        // SAFETY: The mount is alive as long as `parent` is.
        let status = unsafe { bindings::mnt_want_write(parent.directory.as_raw().mnt) };
        Errno::check(status as isize)?;
        // INVARIANT: It was granted.
        Ok(Self { parent })
    }
}

impl Drop for WriteAccess<'_> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant we hold what we give back.
        unsafe { bindings::mnt_drop_write(self.parent.directory.as_raw().mnt) };
    }
}

/// Something that is about to be removed.
///
/// # Invariants
///
/// We own a reference to the entry, which exists; its directory is locked.
struct Victim(*mut bindings::dentry);

impl Victim {
    fn find(parent: &Parent) -> Result<Self, Errno> {
        let mut last = parent.last;
        // SAFETY: The directory and the name are alive as long as `parent` is.
        let entry = unsafe {
            sys::lunatik_start_removing(parent.idmap(), parent.directory.as_raw().dentry, &mut last)
        };
        // INVARIANT: The function locked the directory and took a reference to the entry; it
        // returns none that does not exist.
        from_err_ptr(entry).map(Self).map_err(from_error)
    }

    fn is_directory(&self) -> bool {
        // SAFETY: By the type invariant the entry is alive.
        unsafe { sys::lunatik_dentry_is_directory(self.0) }
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        // SAFETY: By the type invariants the lock and the reference are ours; neither is used
        // again.
        unsafe { bindings::end_dirop(self.0) };
    }
}

/// A reference to an inode.
///
/// # Invariants
///
/// We own it.
struct Inode(*mut bindings::inode);

impl Inode {
    fn of(victim: &Victim) -> Self {
        // SAFETY: By its invariants the victim exists, so it has an inode, which the lock keeps.
        let inode = unsafe {
            let inode = (*victim.0).d_inode;
            bindings::ihold(inode);
            inode
        };
        // INVARIANT: The reference was just taken.
        Self(inode)
    }
}

impl Drop for Inode {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the reference is ours, and it is not used again.
        unsafe { bindings::iput(self.0) };
    }
}

/// Removes a file, or an empty directory, as C's `remove` does, if `access` allows it.
pub(super) fn remove(path: &CStr, access: &Access<'_>) -> Result<(), AccessError> {
    let parent = match (access.parent(path), Last::of(path.to_bytes())) {
        // As `unlink` and then `rmdir` would say.
        (Err(AccessError::Errno(Errno::EINVAL)), Last::Root) => return Err(Errno::EBUSY.into()),
        (Err(AccessError::Errno(Errno::EINVAL)), Last::DotDot) => {
            return Err(Errno::ENOTEMPTY.into())
        }
        (parent, _) => parent?,
    };
    match unlink(&parent) {
        Err(Errno::EISDIR) => Ok(remove_directory(&parent)?),
        result => Ok(result?),
    }
}

fn unlink(parent: &Parent) -> Result<(), Errno> {
    let _credentials = KernelCredentials::take();
    let _access = WriteAccess::new(parent)?;
    let victim = Victim::find(parent)?;
    if victim.is_directory() {
        return Err(Errno::EISDIR);
    }
    if parent.wants_directory() {
        return Err(Errno::ENOTDIR);
    }
    // Emptying a large file takes long: that is for after the directory was unlocked.
    let inode = Inode::of(&victim);
    let result = unlink_victim(parent, &victim);
    drop(victim);
    drop(inode);
    result
}

fn unlink_victim(parent: &Parent, victim: &Victim) -> Result<(), Errno> {
    // SAFETY: Parent and victim are alive.
    let status = unsafe { sys::lunatik_security_path_unlink(parent.directory.as_raw(), victim.0) };
    Errno::check(status as isize)?;
    // SAFETY: As above, and by the victim's invariants the directory is locked.
    let status =
        unsafe { bindings::vfs_unlink(parent.idmap(), parent.inode(), victim.0, ptr::null_mut()) };
    Errno::check(status as isize).map(|_| ())
}

fn remove_directory(parent: &Parent) -> Result<(), Errno> {
    let _credentials = KernelCredentials::take();
    let _access = WriteAccess::new(parent)?;
    let victim = Victim::find(parent)?;
    // The hook for directories is not exported; this one asks for the same permission.
    // SAFETY: Parent and victim are alive.
    let status = unsafe { sys::lunatik_security_path_unlink(parent.directory.as_raw(), victim.0) };
    Errno::check(status as isize)?;
    // SAFETY: As above, and by the victim's invariants the directory is locked.
    let status =
        unsafe { bindings::vfs_rmdir(parent.idmap(), parent.inode(), victim.0, ptr::null_mut()) };
    Errno::check(status as isize).map(|_| ())
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
    Ok(rename_found(&old, &new)?)
}

fn rename_found(old: &Parent, new: &Parent) -> Result<(), Errno> {
    let _credentials = KernelCredentials::take();
    if old.directory.as_raw().mnt != new.directory.as_raw().mnt {
        return Err(Errno::EXDEV);
    }
    let _access = WriteAccess::new(old)?;
    let mut renaming = Renaming::start(old, new)?;
    renaming.check(old, new)?;
    renaming.finish()
}

/// A rename under way.
///
/// # Invariants
///
/// The directories in it are locked, and we own references to the entries.
struct Renaming(bindings::renamedata);

impl Renaming {
    fn start(old: &Parent, new: &Parent) -> Result<Self, Errno> {
        let mut renaming = bindings::renamedata {
            mnt_idmap: old.idmap(),
            old_parent: old.directory.as_raw().dentry,
            new_parent: new.directory.as_raw().dentry,
            ..Default::default()
        };
        let (mut old_name, mut new_name) = (old.last, new.last);
        // SAFETY: Directories and names are alive as long as `old` and `new` are.
        let status =
            unsafe { sys::lunatik_start_renaming(&mut renaming, &mut old_name, &mut new_name) };
        Errno::check(status as isize)?;
        // INVARIANT: The function locked the directories and took the references.
        Ok(Self(renaming))
    }

    fn check(&self, old: &Parent, new: &Parent) -> Result<(), Errno> {
        // SAFETY: By the type invariants the entry is alive.
        let is_directory = unsafe { sys::lunatik_dentry_is_directory(self.0.old_dentry) };
        if !is_directory && (old.wants_directory() || new.wants_directory()) {
            return Err(Errno::ENOTDIR);
        }
        // SAFETY: By the type invariants the entries are alive, and so are the parents.
        let status = unsafe {
            sys::lunatik_security_path_rename(
                old.directory.as_raw(),
                self.0.old_dentry,
                new.directory.as_raw(),
                self.0.new_dentry,
            )
        };
        Errno::check(status as isize).map(|_| ())
    }

    fn finish(&mut self) -> Result<(), Errno> {
        // SAFETY: By the type invariants all is locked as the function wants it.
        let status = unsafe { bindings::vfs_rename(&mut self.0) };
        Errno::check(status as isize).map(|_| ())
    }
}

impl Drop for Renaming {
    fn drop(&mut self) {
        // SAFETY: By the type invariants locks and references are ours; none is used again.
        unsafe { sys::lunatik_end_renaming(&mut self.0) };
    }
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

/// The kernel crate's error as C sees it.
pub(super) fn from_error(error: kernel::error::Error) -> Errno {
    Errno::from_kernel(error.to_errno() as isize)
}
