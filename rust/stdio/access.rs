// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Permission to use paths.
//!
//! If only some paths are allowed, the file that a path leads to is looked up first and held. Its
//! canonical path is compared, and then exactly this file is used. So a rename or a new link in
//! between cannot lead to another file.
//!
//! C header: [`include/linux/namei.h`](srctree/include/linux/namei.h)

use kernel::{
    prelude::*,
    str::CStr,
    sync::Arc, //
};

use super::{
    errno::Errno,
    kernel_file::KernelFile,
    mode::Mode,
    path::{self, Links}, //
};
use crate::{
    linux::{
        account::{Account, CountedBytes},
        c_text::CText,
        credentials::as_kernel,
        namei::Parent,
        path::Path,
        shared_file::SharedFile, //
    },
    permission::{Decision, Permission, Resolve, Set}, //
};

/// The kernel's limit for the length of a path, with its final zero.
const MAX_PATH: usize = 4096;

/// How often the lookup of a file is repeated while other threads create and remove it.
const ATTEMPTS: usize = 8;

/// Why a path could not be used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum AccessError {
    /// There is no permission.
    Denied(Permission),
    /// The permission is missing for the second of two paths.
    SecondDenied(Permission),
    /// The kernel says no.
    Errno(Errno),
}

impl From<Errno> for AccessError {
    fn from(error: Errno) -> Self {
        Self::Errno(error)
    }
}

impl AccessError {
    /// The same error for the second of two paths.
    pub(super) fn of_second(self) -> Self {
        match self {
            Self::Denied(permission) => Self::SecondDenied(permission),
            error => error,
        }
    }
}

/// Follows `path` from init's root to its end, plain symbolic links included.
fn find(path: &CStr) -> Result<Path, Errno> {
    if path.is_empty() {
        return Err(Errno::ENOENT);
    }
    let root = Path::init_root();
    Ok(as_kernel(|| root.look_up(path, true))?)
}

/// The text of a canonical path.
struct Text {
    buffer: KVec<u8>,
    start: usize,
    length: usize,
}

impl Text {
    fn new() -> Result<Self, Errno> {
        Ok(Self {
            buffer: KVec::from_elem(0, MAX_PATH, GFP_KERNEL | __GFP_NOWARN)
                .map_err(|_| Errno::ENOMEM)?,
            start: 0,
            length: 0,
        })
    }

    /// Takes the canonical path of `path`.
    fn set(&mut self, path: &Path) -> Result<(), Errno> {
        self.start = path.text(&mut self.buffer)?;
        // The final zero does not count.
        self.length = MAX_PATH.saturating_sub(self.start).saturating_sub(1);
        Ok(())
    }

    fn bytes(&self) -> &[u8] {
        let end = self.start.saturating_add(self.length);
        self.buffer.get(self.start..end).unwrap_or_default()
    }

    /// Adds the name of a file in this directory.
    fn with_name(&self, name: &[u8]) -> Result<KVec<u8>, Errno> {
        let mut whole = KVec::new();
        let directory = match self.bytes() {
            b"/" => b"",
            bytes => bytes,
        };
        for part in [directory, b"/", name] {
            whole
                .extend_from_slice(part, GFP_KERNEL | __GFP_NOWARN)
                .map_err(|_| Errno::ENOMEM)?;
        }
        Ok(whole)
    }
}

/// Finds the canonical paths of the directories in patterns.
struct Directories(Text);

impl Resolve for Directories {
    fn directory(&mut self, path: &[u8]) -> Option<&[u8]> {
        let path = CText::of(&[path]).ok()?;
        let found = find(&path).ok()?;
        self.0.set(&found).ok()?;
        Some(self.0.bytes())
    }
}

/// The paths that a thread of Lua may use.
pub(super) struct Access<'a>(pub(super) &'a Set);

impl Access<'_> {
    /// Opens a file.
    pub(super) fn open(
        &self,
        path: &CStr,
        mode: Mode,
        bits: u16,
    ) -> Result<KernelFile, AccessError> {
        let permissions = needed(mode);
        if self.decide(permissions)? {
            return Ok(KernelFile::open(path, mode, bits)?);
        }
        for _ in 0..ATTEMPTS {
            match find(path) {
                Ok(found) => {
                    let mut text = Text::new()?;
                    text.set(&found)?;
                    self.check(permissions, text.bytes())?;
                    return Ok(KernelFile::open_found(&found, mode)?);
                }
                Err(Errno::ENOENT) => match self.create(permissions, path, mode, bits) {
                    // Another thread has created it, or it is a dangling link.
                    Err(AccessError::Errno(Errno::EEXIST)) => (),
                    result => return result,
                },
                Err(error) => return Err(unresolved(permissions, error)),
            }
        }
        Err(unresolved(permissions, Errno::EEXIST))
    }

    /// Creates a file that does not exist, if the caller wants that.
    fn create(
        &self,
        permissions: &[Permission],
        path: &CStr,
        mode: Mode,
        bits: u16,
    ) -> Result<KernelFile, AccessError> {
        let parent = path::parent(path, Links::Plain);
        let parent = parent.map_err(|error| unresolved(permissions, error))?;
        self.check_in(permissions, &parent)?;
        if !mode.create {
            return Err(Errno::ENOENT.into());
        }
        Ok(path::create(&parent, mode, bits)?)
    }

    /// Finds the directory of a file that is to be created, renamed or removed there.
    pub(super) fn parent(&self, path: &CStr) -> Result<Parent, AccessError> {
        let permissions = &[Permission::FsWrite];
        if self.decide(permissions)? {
            return Ok(path::parent(path, Links::All)?);
        }
        let parent = path::parent(path, Links::Plain);
        let parent = parent.map_err(|error| unresolved(permissions, error))?;
        self.check_in(permissions, &parent)?;
        Ok(parent)
    }

    /// Fails unless files may be created anywhere: the names of temporary files cannot be
    /// predicted.
    pub(super) fn may_make_temporary(&self) -> Result<(), AccessError> {
        match self.0.decide(Permission::FsWrite) {
            Decision::Allowed => Ok(()),
            _ => Err(AccessError::Denied(Permission::FsWrite)),
        }
    }

    /// Decides as far as possible without the path: returns whether all paths are allowed, and
    /// fails if none are.
    fn decide(&self, permissions: &[Permission]) -> Result<bool, AccessError> {
        let mut all = true;
        for &permission in permissions {
            match self.0.decide(permission) {
                Decision::Allowed => (),
                Decision::Limited => all = false,
                Decision::Denied => return Err(AccessError::Denied(permission)),
            }
        }
        Ok(all)
    }

    /// Fails unless each of `permissions` is given for the path with this canonical text.
    fn check(&self, permissions: &[Permission], path: &[u8]) -> Result<(), AccessError> {
        let mut directories = Directories(Text::new()?);
        let missing = permissions
            .iter()
            .find(|permission| !self.0.allows_path(**permission, path, &mut directories));
        missing.map_or(Ok(()), |missing| Err(AccessError::Denied(*missing)))
    }

    /// As [`check`](Self::check) for what `parent` names; a link is not followed.
    fn check_in(&self, permissions: &[Permission], parent: &Parent) -> Result<(), AccessError> {
        let mut text = Text::new()?;
        text.set(parent.directory())?;
        self.check(permissions, &text.with_name(parent.name())?)
    }
}

/// The permissions that opening a file in `mode` needs.
fn needed(mode: Mode) -> &'static [Permission] {
    match (mode.read, mode.write) {
        (true, true) => &[Permission::FsRead, Permission::FsWrite],
        (false, true) => &[Permission::FsWrite],
        _ => &[Permission::FsRead],
    }
}

/// The error for a path that could not be followed: its target is unknown, so it is denied.
fn unresolved(permissions: &[Permission], error: Errno) -> AccessError {
    match (error, permissions.first()) {
        (Errno::ENOMEM | Errno::EINTR, _) | (_, None) => error.into(),
        (_, Some(permission)) => AccessError::Denied(*permission),
    }
}

/// Why a file could not be read.
pub(crate) enum ReadError {
    /// There is no permission.
    Denied,
    /// The kernel says no.
    Errno(kernel::error::Error),
}

impl From<AccessError> for ReadError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Errno(Errno(number)) => {
                Self::Errno(kernel::error::Error::from_errno(number.wrapping_neg()))
            }
            _ => Self::Denied,
        }
    }
}

/// Opens the file that `path` leads to in a mode of `fopen`, if `set` permits that, to share it with processes. Fails
/// with `EINVAL` if there is no such mode.
pub(crate) fn open_shared(set: &Set, path: &CStr, mode: &[u8]) -> Result<SharedFile, ReadError> {
    const BITS: u16 = 0o666;

    let mode = Mode::parse(mode).ok_or(AccessError::Errno(Errno::EINVAL))?;
    Ok(Access(set).open(path, mode, BITS)?.share())
}

/// Reads the whole file that `path` leads to, if `set` permits that. The file may have up to
/// `limit` bytes; they count against `account`.
pub(crate) fn read_file(
    set: &Set,
    path: &CStr,
    limit: usize,
    account: &Arc<Account>,
) -> Result<CountedBytes, ReadError> {
    const READ: Mode = Mode {
        read: true,
        write: false,
        append: false,
        create: false,
        truncate: false,
        exclusive: false,
    };

    let mut file = Access(set).open(path, READ, 0)?;
    let mut text = CountedBytes::new(account);
    let mut part =
        KVVec::from_elem(0, MAX_PATH, GFP_KERNEL | __GFP_NOWARN).map_err(|_| Errno::ENOMEM);
    loop {
        let part = part.as_mut().map_err(|error| AccessError::from(*error))?;
        let count = file.read(part).map_err(AccessError::from)?;
        if count == 0 {
            return Ok(text);
        }
        if text.len().saturating_add(count) > limit {
            return Err(ReadError::Errno(EFBIG));
        }
        text.add(part.get(..count).unwrap_or_default())
            .map_err(|_| AccessError::from(Errno::ENOMEM))?;
    }
}
