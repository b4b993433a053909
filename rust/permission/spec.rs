// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The grammar of what `pledge` and the command line take: `["~"] base [":" sub] ["=" value]`.

use core::fmt;

use super::name::{self, Base, Values};

/// The longest name, in bytes.
pub const MAX_NAME: usize = 255;

/// The longest value, in bytes.
pub const MAX_VALUE: usize = 1023;

/// The name that stands for all permissions, on the command line.
pub(super) const ALL: &[u8] = b"all";

/// The name that seals a set.
pub(super) const SEAL: &[u8] = b"seal";

/// The origin of a spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A script.
    Script,
    /// The client that starts a script.
    CommandLine,
}

/// A spec, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec<'a> {
    /// Whether it begins with `~`.
    pub rejects: bool,
    /// The full name. Only its length has been checked.
    pub name: &'a [u8],
    /// What follows `=`; not empty.
    pub value: Option<&'a [u8]>,
}

/// What is wrong with a spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpecError<'a> {
    /// The name has more than [`MAX_NAME`] bytes; the whole spec.
    NameTooLong(&'a [u8]),
    /// The value has more than [`MAX_VALUE`] bytes.
    ValueTooLong,
    /// Nothing follows `=`; the whole spec.
    ValueEmpty(&'a [u8]),
    /// A script names `all`, which only the command line may do.
    All,
    /// The command line limits `all`, which is not allowed; the whole spec.
    AllOnly(&'a [u8]),
    /// There is no such permission.
    Unknown(&'a [u8]),
    /// There is no such part of the permission.
    UnknownSub(&'static str, &'a [u8]),
    /// A pattern of paths that begins with a wildcard.
    Unanchored(&'a [u8]),
}

/// Bytes for a message. If there are more than a correct spec has, only the first ones are shown.
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

/// The number of bytes that are shown.
const MAX_SHOWN: usize = MAX_NAME + MAX_VALUE + 2;

impl fmt::Display for Bytes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.0.get(..MAX_SHOWN).unwrap_or(self.0);
        for chunk in shown.utf8_chunks() {
            f.write_str(chunk.valid())?;
            if !chunk.invalid().is_empty() {
                f.write_str("\u{fffd}")?;
            }
        }
        if shown.len() < self.0.len() {
            f.write_str("...")?;
        }
        Ok(())
    }
}

impl fmt::Display for SpecError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NameTooLong(spec) => write!(f, "permission name too long: '{}'", Bytes(spec)),
            Self::ValueTooLong => f.write_str("permission value too long"),
            Self::ValueEmpty(spec) => write!(f, "permission value is empty: '{}'", Bytes(spec)),
            Self::All => f.write_str("permission \"all\" cannot be requested from scripts"),
            Self::AllOnly(spec) => write!(
                f,
                "permission \"all\" can only be granted as a whole, not as '{}'",
                Bytes(spec)
            ),
            Self::Unknown(name) => write!(f, "unknown permission: '{}'", Bytes(name)),
            Self::UnknownSub(base, sub) => {
                write!(f, "unknown {base} subpermission: '{}'", Bytes(sub))
            }
            Self::Unanchored(value) => write!(
                f,
                "fs pledge pattern must be an absolute path, not an unanchored wildcard: '{}'",
                Bytes(value)
            ),
        }
    }
}

impl<'a> Spec<'a> {
    /// Takes a spec apart. Names of grants are left to [`Spec::base`].
    pub fn parse(text: &'a [u8], origin: Origin) -> Result<Self, SpecError<'a>> {
        let (rejects, rest) = match text.strip_prefix(b"~") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        // A script may pass megabytes, so this reads only as many bytes as a name may have.
        let mut start = rest.iter().take(MAX_NAME.saturating_add(1));
        let equals = start.position(|&byte| byte == b'=');
        let (name, value) =
            match equals.and_then(|at| Some((rest.get(..at)?, rest.get(at.checked_add(1)?..)?))) {
                Some((name, value)) => (name, Some(value)),
                None => (rest, None),
            };
        if name.len() > MAX_NAME {
            return Err(SpecError::NameTooLong(text));
        }
        if value.is_some_and(|value| value.len() > MAX_VALUE) {
            return Err(SpecError::ValueTooLong);
        }
        if value.is_some_and(<[u8]>::is_empty) {
            return Err(SpecError::ValueEmpty(text));
        }
        if name::split(name).0 == ALL {
            if origin == Origin::Script {
                return Err(SpecError::All);
            }
            if rejects || value.is_some() || name != ALL {
                return Err(SpecError::AllOnly(text));
            }
        }
        Ok(Self {
            rejects,
            name,
            value,
        })
    }

    /// Whether the spec is `seal`.
    pub fn seals(&self) -> bool {
        !self.rejects && self.name == SEAL
    }

    /// Whether the spec grants `all`.
    pub fn is_all(&self) -> bool {
        self.name == ALL
    }

    /// The base of the granted permission. Fails for a name or a value that no grant may have.
    pub fn base(&self) -> Result<&'static Base, SpecError<'a>> {
        let (base, sub) = name::split(self.name);
        let found = name::find(base).ok_or(SpecError::Unknown(self.name))?;
        if let Some(sub) = sub {
            if !found.subs.iter().any(|known| known.as_bytes() == sub) {
                return Err(SpecError::UnknownSub(found.name, sub));
            }
        }
        match self.value {
            Some(value) if found.values == Values::Paths && value.starts_with(b"*") => {
                Err(SpecError::Unanchored(value))
            }
            Some(value) if found.values == Values::Paths && value.starts_with(b"?") => {
                Err(SpecError::Unanchored(value))
            }
            _ => Ok(found),
        }
    }

    /// Checks everything that can be checked without a set.
    pub fn check(text: &'a [u8], origin: Origin) -> Result<(), SpecError<'a>> {
        let spec = Self::parse(text, origin)?;
        if !spec.rejects && !spec.seals() && !spec.is_all() {
            spec.base()?;
        }
        Ok(())
    }
}
