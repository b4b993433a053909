// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Names in directories: removing and renaming files.
//!
//! No function here waits for the lease that a network client has on a file: such a lease is an
//! error. All functions sleep.
//!
//! C header: [`include/linux/namei.h`](srctree/include/linux/namei.h)

use core::ptr::{self, NonNull};

use kernel::{
    bindings,
    error::{from_err_ptr, to_result},
    prelude::*,
    str::{CStr, CStrExt}, //
};

use super::path::Path;
use crate::sys::kernel_helpers as sys;

/// A path's text, copied for the kernel's functions.
///
/// # Invariants
///
/// The pointer is valid and ours to release.
struct Name(*mut bindings::filename);

impl Name {
    fn new(path: &CStr) -> Result<Self> {
        // SAFETY: The text ends with a zero.
        let name = unsafe { bindings::getname_kernel(path.as_char_ptr()) };
        // INVARIANT: The function returned no error, so it made a name for us.
        from_err_ptr(name).map(Self)
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        // SAFETY: By the type invariant it is ours, and it is not used again.
        unsafe { bindings::putname(self.0) };
    }
}

/// The directory of the file that a path names, and the name of the file there.
///
/// # Invariants
///
/// `last` is a part of the text of `_name`, and a zero or a slash follows it.
pub(crate) struct Parent {
    directory: Path,
    last: bindings::qstr,
    _name: Name,
}

impl Parent {
    /// Follows `path` from `root` up to its last component. With `plain`, it does not follow links
    /// of `/proc` that lead into another process's view of the file system. `EINVAL` if the last
    /// component is not a name.
    pub(crate) fn find(root: &Path, path: &CStr, plain: bool) -> Result<Self> {
        let name = Name::new(path)?;
        let mut directory = bindings::path::default();
        let mut last = bindings::qstr::default();
        // SAFETY: The name and the root are held, and the others are ours to write.
        to_result(unsafe {
            sys::lunatik_path_parent_lookup(name.0, plain, &mut directory, &mut last, root.as_raw())
        })?;
        // INVARIANT: The function found the last component in the name.
        Ok(Self {
            // SAFETY: The function took a reference to the directory, which the result now owns.
            directory: unsafe { Path::from_raw(directory) },
            last,
            _name: name,
        })
    }

    /// The directory.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The name in it.
    pub(crate) fn name(&self) -> &[u8] {
        // SAFETY: By the type invariants the text is alive and never changes. Its length is
        // correct.
        unsafe {
            let length = self.last.__bindgen_anon_1.__bindgen_anon_1.len as usize;
            core::slice::from_raw_parts(self.last.name, length)
        }
    }

    /// The name as a C string, unless the path ended with a slash.
    pub(crate) fn c_name(&self) -> Option<&CStr> {
        // SAFETY: By the type invariants the text is alive. It ends with a zero: the check above
        // excludes the slash.
        (!self.wants_directory()).then(|| unsafe { CStr::from_char_ptr(self.last.name.cast()) })
    }

    /// Whether the path ended with a slash, so that it can name only a directory.
    pub(crate) fn wants_directory(&self) -> bool {
        // SAFETY: By the type invariants the byte behind the name can be read.
        unsafe { sys::lunatik_has_trailing_slash(&self.last) }
    }

    fn idmap(&self) -> *mut bindings::mnt_idmap {
        // SAFETY: The path holds its mount.
        unsafe { sys::lunatik_mnt_idmap(self.directory.as_raw().mnt) }
    }

    /// The inode of the directory, which lives as long as `self`.
    fn inode(&self) -> *mut bindings::inode {
        // SAFETY: The path holds its directory, and a held directory keeps its inode.
        unsafe { (*self.directory.as_raw().dentry).d_inode }
    }
}

/// The right to write to the mounted file system of a directory.
///
/// # Invariants
///
/// We hold it.
pub(crate) struct WriteAccess<'a> {
    parent: &'a Parent,
}

impl<'a> WriteAccess<'a> {
    /// Requests write access. Fails for a file system that is mounted read-only.
    pub(crate) fn new(parent: &'a Parent) -> Result<Self> {
        // SAFETY: The path holds its mount.
        to_result(unsafe { bindings::mnt_want_write(parent.directory.as_raw().mnt) })?;
        // INVARIANT: It was granted.
        Ok(Self { parent })
    }
}

impl Drop for WriteAccess<'_> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant we hold the access that we give back.
        unsafe { bindings::mnt_drop_write(self.parent.directory.as_raw().mnt) };
    }
}

/// A file or directory that is about to be removed. Its directory is locked as long as this lives.
///
/// # Invariants
///
/// We own a reference to the entry, which exists, and the lock of its directory, `parent`.
pub(crate) struct Victim<'a> {
    entry: NonNull<bindings::dentry>,
    parent: &'a Parent,
}

impl<'a> Victim<'a> {
    /// Looks up the name of `parent`, and locks the directory.
    pub(crate) fn find(access: &'a WriteAccess<'_>) -> Result<Self> {
        let parent = access.parent;
        let mut last = parent.last;
        // SAFETY: `parent` keeps the mount, the directory and the name. The function writes to the
        // copy of the structure that points to the name.
        let entry = from_err_ptr(unsafe {
            sys::lunatik_start_removing(parent.idmap(), parent.directory.as_raw().dentry, &mut last)
        })?;
        // INVARIANT: The function locked the directory and took a reference to the entry; it
        // returns only entries that exist.
        Ok(Self {
            entry: NonNull::new(entry).ok_or(ENOENT)?,
            parent,
        })
    }

    /// Whether it is a directory.
    pub(crate) fn is_directory(&self) -> bool {
        // SAFETY: By the type invariants the entry is alive.
        unsafe { sys::lunatik_dentry_is_directory(self.entry.as_ptr()) }
    }

    /// The inode of the victim. It outlives the removal.
    pub(crate) fn inode(&self) -> Inode {
        // SAFETY: By the type invariants the entry exists, so it has an inode. The lock keeps the
        // entry, and so the inode, until the reference is taken.
        let inode = unsafe {
            let inode = (*self.entry.as_ptr()).d_inode;
            bindings::ihold(inode);
            inode
        };
        // INVARIANT: The reference was just taken.
        Inode(inode)
    }

    /// Asks the security modules whether it may be removed. The hook for directories is not
    /// exported; this one asks for the same permission.
    fn check(&self) -> Result {
        let directory = self.parent.directory.as_raw();
        // SAFETY: The parent keeps its path, and by the type invariants the entry is alive.
        to_result(unsafe {
            sys::lunatik_security_path_unlink(directory, self.entry.as_ptr()) //
        })
    }

    /// Removes what is not a directory.
    pub(crate) fn unlink(self) -> Result {
        self.check()?;
        let (idmap, directory) = (self.parent.idmap(), self.parent.inode());
        // SAFETY: The parent keeps its mount and inode. By the type invariants the directory is
        // locked, and the entry is in it.
        to_result(unsafe {
            bindings::vfs_unlink(idmap, directory, self.entry.as_ptr(), ptr::null_mut())
        })
    }

    /// Removes an empty directory.
    pub(crate) fn remove_directory(self) -> Result {
        self.check()?;
        let (idmap, directory) = (self.parent.idmap(), self.parent.inode());
        // SAFETY: As in `unlink()`.
        to_result(unsafe {
            bindings::vfs_rmdir(idmap, directory, self.entry.as_ptr(), ptr::null_mut())
        })
    }
}

impl Drop for Victim<'_> {
    fn drop(&mut self) {
        // SAFETY: By the type invariants the lock and the reference are ours; neither is used
        // again.
        unsafe { bindings::end_dirop(self.entry.as_ptr()) };
    }
}

/// A reference to an inode.
///
/// # Invariants
///
/// We own it.
pub(crate) struct Inode(*mut bindings::inode);

impl Drop for Inode {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the reference is ours, and it is not used again.
        unsafe { bindings::iput(self.0) };
    }
}

/// A rename under way. Both directories are locked as long as this lives.
///
/// # Invariants
///
/// The directories in `data` are those of `old` and `new`, on one mount, and locked. We own
/// references to the entries.
pub(crate) struct Renaming<'a> {
    data: bindings::renamedata,
    old: &'a Parent,
    new: &'a Parent,
    // Given back after the locks.
    _access: WriteAccess<'a>,
}

impl<'a> Renaming<'a> {
    /// Looks both names up, and locks the directories. `EXDEV` if they are on two mounts.
    pub(crate) fn start(old: &'a Parent, new: &'a Parent) -> Result<Self> {
        if old.directory.as_raw().mnt != new.directory.as_raw().mnt {
            return Err(EXDEV);
        }
        let access = WriteAccess::new(old)?;
        let mut data = bindings::renamedata {
            mnt_idmap: old.idmap(),
            old_parent: old.directory.as_raw().dentry,
            new_parent: new.directory.as_raw().dentry,
            ..Default::default()
        };
        let (mut old_name, mut new_name) = (old.last, new.last);
        // SAFETY: `old` and `new` keep the mount, the directories and the names. The function
        // writes to the copies of the structures that point to the names.
        to_result(unsafe {
            sys::lunatik_start_renaming(&mut data, &mut old_name, &mut new_name)
            //
        })?;
        // INVARIANT: The function locked the directories and took the references.
        Ok(Self {
            data,
            old,
            new,
            _access: access,
        })
    }

    /// Whether the entry to be renamed is a directory.
    pub(crate) fn is_directory(&self) -> bool {
        // SAFETY: By the type invariants the entry is alive.
        unsafe { sys::lunatik_dentry_is_directory(self.data.old_dentry) }
    }

    /// Asks the security modules, and renames.
    pub(crate) fn finish(mut self) -> Result {
        // SAFETY: By the type invariants the entries are alive; the parents keep their paths.
        to_result(unsafe {
            sys::lunatik_security_path_rename(
                self.old.directory.as_raw(),
                self.data.old_dentry,
                self.new.directory.as_raw(),
                self.data.new_dentry,
            )
        })?;
        // SAFETY: By the type invariants the locks that the function requires are held.
        to_result(unsafe { bindings::vfs_rename(&mut self.data) })
    }
}

impl Drop for Renaming<'_> {
    fn drop(&mut self) {
        // SAFETY: By the type invariants locks and references are ours; none is used again.
        unsafe { sys::lunatik_end_renaming(&mut self.data) };
    }
}
