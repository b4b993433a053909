// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A set of permissions.
//!
//! An entry without values is unrestricted. A child's set begins as a copy of its parent's, to
//! which nothing can be added. What the child pledges goes into a *layer* of its own, and in each
//! layer of an entry one value must match. So a child can narrow with any number of values, and
//! none of them takes it beyond its parent.

use core::fmt;

use kernel::{
    alloc::AllocError,
    prelude::*, //
};

use super::{
    glob,
    name::{self, Permission, Values, BASES},
    spec::{Bytes, Origin, Spec, SpecError}, //
};

/// The most values of one entry.
pub const MAX_VALUES: usize = 32;

/// The most bytes of all names and values of a set.
pub const MAX_TEXT: usize = 16 << 10;

/// The most entries of a set.
pub const MAX_ENTRIES: usize = 64;

/// What can still be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seal {
    /// Everything.
    Open,
    /// Permissions can be rejected and narrowed.
    Grants,
    /// Nothing.
    Full,
}

pub(super) struct Value {
    pub(super) layer: u32,
    pub(super) text: KVec<u8>,
}

pub(super) struct Entry {
    pub(super) name: KVec<u8>,
    /// Ordered by their layers.
    pub(super) values: KVec<Value>,
    pub(super) rejected: bool,
}

/// A set of permissions.
pub struct Set {
    pub(super) entries: KVec<Entry>,
    pub(super) seal: Seal,
    /// The layer to which new values are added.
    layer: u32,
    /// The permissions that are granted without restriction; follows from `entries`.
    free: u32,
}

/// The answer to a check, as far as it is known without a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Any value is allowed.
    Allowed,
    /// The value decides.
    Limited,
    /// Every value is denied.
    Denied,
}

/// Why a set was not changed.
#[derive(Debug)]
pub enum PledgeError<'a> {
    /// The spec is wrong.
    Spec(SpecError<'a>),
    /// The permission with this name was rejected before.
    Rejected(&'a [u8]),
    /// The permission with this name has the most values that are allowed.
    TooManyValues(&'a [u8]),
    /// The set has the most entries that are allowed.
    TooManyEntries,
    /// Names and values have the most bytes that are allowed.
    TooLong,
    /// There is no memory.
    NoMemory,
}

impl<'a> From<SpecError<'a>> for PledgeError<'a> {
    fn from(error: SpecError<'a>) -> Self {
        Self::Spec(error)
    }
}

impl From<AllocError> for PledgeError<'_> {
    fn from(_: AllocError) -> Self {
        Self::NoMemory
    }
}

impl fmt::Display for PledgeError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Spec(error) => error.fmt(f),
            Self::Rejected(name) => write!(f, "permission \"{}\" was rejected", Bytes(name)),
            Self::TooManyValues(name) => write!(
                f,
                "permission \"{}\" has {MAX_VALUES} values already",
                Bytes(name)
            ),
            Self::TooManyEntries => {
                write!(f, "there are {MAX_ENTRIES} different permissions already")
            }
            Self::TooLong => write!(f, "the permissions have more than {MAX_TEXT} bytes"),
            Self::NoMemory => f.write_str("not enough memory"),
        }
    }
}

/// Makes the paths of directories canonical.
pub trait Resolve {
    /// The directory without symbolic links and `..`, or `None` if there is no such directory.
    fn directory(&mut self, path: &[u8]) -> Option<&[u8]>;
}

fn copy(bytes: &[u8]) -> Result<KVec<u8>, AllocError> {
    let mut copy = KVec::new();
    copy.extend_from_slice(bytes, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
    Ok(copy)
}

fn copy_values(values: &[Value]) -> Result<KVec<Value>, AllocError> {
    let mut copies = KVec::new();
    for value in values {
        let copy = Value {
            layer: value.layer,
            text: copy(&value.text)?,
        };
        copies.push(copy, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
    }
    Ok(copies)
}

fn length_of(values: &[Value]) -> usize {
    let lengths = values.iter().map(|value| value.text.len());
    lengths.fold(0, usize::saturating_add)
}

/// Adds a value to the top layer of `values`, unless it is there.
fn add<'a>(
    values: &mut KVec<Value>,
    layer: u32,
    name: &'a [u8],
    text: &[u8],
) -> Result<(), PledgeError<'a>> {
    if values
        .iter()
        .any(|value| value.layer == layer && *value.text == *text)
    {
        return Ok(());
    }
    if values.len() >= MAX_VALUES {
        return Err(PledgeError::TooManyValues(name));
    }
    let text = copy(text)?;
    values.push(Value { layer, text }, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
    Ok(())
}

impl Set {
    /// Whether a script may still add any permission to the set.
    pub fn is_open(&self) -> bool {
        self.seal == Seal::Open
    }

    /// A set without permissions, to which everything can be added.
    pub fn nothing() -> Self {
        Self {
            entries: KVec::new(),
            seal: Seal::Open,
            layer: 0,
            free: 0,
        }
    }

    /// A set with all permissions.
    pub fn everything() -> Result<Self, AllocError> {
        let mut set = Self::nothing();
        for base in BASES {
            set.insert(base.name.as_bytes(), KVec::new(), false)?;
        }
        set.update();
        Ok(set)
    }

    /// The set of a runtime that is started with exactly these specs. It is sealed.
    ///
    /// Fails with the first wrong spec, as [`pledge`](Self::pledge) does.
    pub fn of_command_line<'a>(
        specs: impl Iterator<Item = &'a [u8]>,
    ) -> Result<Self, PledgeError<'a>> {
        let mut set = Self::nothing();
        for spec in specs {
            set.pledge(spec, Origin::CommandLine)?;
        }
        set.seal = Seal::Full;
        Ok(set)
    }

    /// A copy.
    pub fn try_clone(&self) -> Result<Self, AllocError> {
        let mut copied = Self {
            entries: KVec::new(),
            seal: self.seal,
            layer: self.layer,
            free: self.free,
        };
        for entry in self.entries.iter() {
            copied.insert(&entry.name, copy_values(&entry.values)?, entry.rejected)?;
        }
        Ok(copied)
    }

    /// The set of a child: a copy to which nothing can be added.
    pub fn inherit(&self) -> Result<Self, AllocError> {
        let mut set = self.try_clone()?;
        set.seal = Seal::Grants;
        if self.has_top_layer() {
            set.layer = self.layer.saturating_add(1);
        }
        Ok(set)
    }

    /// Whether a child's set would be equal to this one.
    pub fn inherits_itself(&self) -> bool {
        self.seal == Seal::Grants && !self.has_top_layer()
    }

    /// Whether something was granted or narrowed in the current layer.
    fn has_top_layer(&self) -> bool {
        let top = |entry: &Entry| {
            let last = entry.values.last();
            last.is_some_and(|value| value.layer == self.layer)
        };
        self.entries.iter().any(top)
    }

    /// Applies the spec `text`. Returns false if a seal prevents that.
    ///
    /// An error changes nothing.
    pub fn pledge<'a>(&mut self, text: &'a [u8], origin: Origin) -> Result<bool, PledgeError<'a>> {
        let spec = Spec::parse(text, origin)?;
        if spec.seals() {
            self.seal = Seal::Full;
            return Ok(true);
        }
        if self.seal == Seal::Full {
            return Ok(false);
        }
        self.check_room(text.len())?;
        let done = if spec.rejects {
            self.reject(spec.name)?;
            true
        } else if spec.is_all() {
            for base in BASES.iter().filter(|base| base.in_all) {
                self.grant(base.name.as_bytes(), None)?;
            }
            true
        } else {
            if self.exact(spec.name).is_some_and(|entry| entry.rejected) {
                return Err(PledgeError::Rejected(spec.name));
            }
            let base = spec.base()?;
            let value = spec.value.filter(|_| base.values != Values::Ignored);
            match self.seal {
                Seal::Open => self.grant(spec.name, value)?,
                _ => self.narrow(spec.name, value)?,
            }
        };
        self.update();
        Ok(done)
    }

    /// The bytes of memory that the set takes, roughly.
    pub fn memory(&self) -> usize {
        let taken = |entry: &Entry| {
            let values = entry.values.len().saturating_mul(size_of::<Value>() + 32);
            values
                .saturating_add(length_of(&entry.values))
                .saturating_add(entry.name.len())
                .saturating_add(size_of::<Entry>() + 32)
        };
        self.entries
            .iter()
            .map(taken)
            .fold(0, usize::saturating_add)
    }

    /// Fails if this many more bytes exceed the limit.
    fn check_room(&self, more: usize) -> Result<(), PledgeError<'static>> {
        let values = |entry: &Entry| length_of(&entry.values);
        let entries = self.entries.iter();
        let sizes = entries.map(|entry| values(entry).saturating_add(entry.name.len()));
        if sizes.fold(more, usize::saturating_add) > MAX_TEXT {
            return Err(PledgeError::TooLong);
        }
        Ok(())
    }

    fn insert(
        &mut self,
        name: &[u8],
        values: KVec<Value>,
        rejected: bool,
    ) -> Result<(), AllocError> {
        let entry = Entry {
            name: copy(name)?,
            values,
            rejected,
        };
        self.entries.push(entry, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)
    }

    /// Calls [`insert`](Self::insert) if there is room.
    fn insert_bounded<'a>(
        &mut self,
        name: &'a [u8],
        values: KVec<Value>,
        rejected: bool,
    ) -> Result<(), PledgeError<'a>> {
        if self.entries.len() >= MAX_ENTRIES {
            return Err(PledgeError::TooManyEntries);
        }
        Ok(self.insert(name, values, rejected)?)
    }

    fn reject<'a>(&mut self, name: &'a [u8]) -> Result<(), PledgeError<'a>> {
        let found = self.entries.iter_mut().find(|entry| *entry.name == *name);
        match found {
            Some(entry) => {
                entry.rejected = true;
                entry.values = KVec::new();
                Ok(())
            }
            None => self.insert_bounded(name, KVec::new(), true),
        }
    }

    fn grant<'a>(&mut self, name: &'a [u8], value: Option<&[u8]>) -> Result<bool, PledgeError<'a>> {
        let layer = self.layer;
        let found = self.entries.iter_mut().find(|entry| *entry.name == *name);
        match (found, value) {
            (Some(entry), Some(value)) => add(&mut entry.values, layer, name, value)?,
            (Some(_), None) => {}
            (None, value) => {
                let mut values = KVec::new();
                if let Some(value) = value {
                    add(&mut values, layer, name, value)?;
                }
                self.insert_bounded(name, values, false)?;
            }
        }
        Ok(true)
    }

    /// Narrows a permission that is already granted. Returns false if it is not granted.
    fn narrow<'a>(
        &mut self,
        name: &'a [u8],
        value: Option<&[u8]>,
    ) -> Result<bool, PledgeError<'a>> {
        let layer = self.layer;
        let Some(picked) = self.pick(name) else {
            return Ok(false);
        };
        let Some(value) = value else {
            return Ok(true);
        };
        if *picked.name != *name {
            // The new entry has precedence over that of the base, so it takes over its values.
            self.check_room(length_of(&picked.values).saturating_add(value.len()))?;
            let mut values = copy_values(&picked.values)?;
            add(&mut values, layer, name, value)?;
            self.insert_bounded(name, values, false)?;
            return Ok(true);
        }
        match self.entries.iter_mut().find(|entry| *entry.name == *name) {
            Some(entry) => add(&mut entry.values, layer, name, value).map(|()| true),
            None => Ok(false),
        }
    }

    fn exact(&self, name: &[u8]) -> Option<&Entry> {
        self.entries.iter().find(|entry| *entry.name == *name)
    }

    /// The entry that decides about `name`, if it is granted at all.
    fn pick(&self, name: &[u8]) -> Option<&Entry> {
        let picked = match self.exact(name) {
            Some(entry) => entry,
            None => self.exact(name::split(name).0)?,
        };
        (!picked.rejected).then_some(picked)
    }

    fn update(&mut self) {
        let mut free = 0;
        for permission in Permission::ALL {
            let picked = self.pick(permission.name().as_bytes());
            if picked.is_some_and(|entry| entry.values.is_empty()) {
                free |= permission.bit();
            }
        }
        self.free = free;
    }

    /// Whether nothing can be changed any more and precompiled code is refused. True for a sealed
    /// set, and for a child's set.
    pub fn is_sealed(&self) -> bool {
        self.seal != Seal::Open
    }

    /// Whether the code may run while the kernel is locked down: the set is sealed and permits no
    /// access to files, programs, devices and packets.
    pub fn suits_lockdown(&self) -> bool {
        const POWERS: [Permission; 6] = [
            Permission::FsRead,
            Permission::FsWrite,
            Permission::Exec,
            Permission::Device,
            Permission::Netfilter,
            Permission::NetfilterModify,
        ];
        let is_denied = |&power: &Permission| matches!(self.decide(power), Decision::Denied);
        self.is_sealed() && POWERS.iter().all(is_denied)
    }

    /// The answer as far as it is known without a value.
    pub fn decide(&self, permission: Permission) -> Decision {
        if self.free & permission.bit() != 0 {
            return Decision::Allowed;
        }
        match self.pick(permission.name().as_bytes()) {
            Some(_) => Decision::Limited,
            None => Decision::Denied,
        }
    }

    /// Whether `matches` is true for at least one value in every layer of the permission.
    fn all_layers(&self, permission: Permission, mut matches: impl FnMut(&[u8]) -> bool) -> bool {
        if self.free & permission.bit() != 0 {
            return true;
        }
        let Some(entry) = self.pick(permission.name().as_bytes()) else {
            return false;
        };
        let mut layers = entry.values.chunk_by(|a, b| a.layer == b.layer);
        layers.all(|layer| layer.iter().any(|value| matches(&value.text)))
    }

    /// Whether a permission whose values are patterns of names, or have no meaning, is granted.
    ///
    /// Without a name, any grant suffices.
    pub fn allows(&self, permission: Permission, name: Option<&[u8]>) -> bool {
        self.all_layers(permission, |pattern| {
            name.is_none_or(|name| glob::matches(pattern, name))
        })
    }

    /// Whether a permission whose values are patterns of paths is granted for `path`, which is
    /// canonical.
    pub fn allows_path(
        &self,
        permission: Permission,
        path: &[u8],
        resolve: &mut impl Resolve,
    ) -> bool {
        self.all_layers(permission, |pattern| {
            if !matches!(pattern, [b'/' | b'.', ..]) {
                return false;
            }
            let (directory, rest) = glob::split_directory(pattern).unwrap_or((b"/", pattern));
            let Some(directory) = resolve.directory(directory) else {
                return false;
            };
            glob::below(path, directory).is_some_and(|name| glob::matches(rest, name))
        })
    }
}
