// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The errors of frames.

use super::name::NameError;
use crate::codec::DecodeError;

/// The error numbers that replies carry, as Linux numbers them.
pub mod errno {
    /// No such script.
    pub const ENOENT: i32 = 2;
    /// Not running.
    pub const ESRCH: i32 = 3;
    /// Interrupted by [`Request::Cancel`](super::super::Request::Cancel).
    pub const EINTR: i32 = 4;
    /// Memory ran out.
    pub const ENOMEM: i32 = 12;
    /// Not permitted.
    pub const EACCES: i32 = 13;
    /// Already running.
    pub const EEXIST: i32 = 17;
    /// A field is missing or wrong.
    pub const EINVAL: i32 = 22;
    /// No such kind of request.
    pub const ENOSYS: i32 = 38;
    /// Not a frame at all.
    pub const EPROTO: i32 = 71;
    /// Several runtimes have that name.
    pub const ENOTUNIQ: i32 = 76;
    /// A frame or a field is too long.
    pub const EMSGSIZE: i32 = 90;
    /// No such version of the protocol.
    pub const EPROTONOSUPPORT: i32 = 93;
    /// Unknown flags.
    pub const EOPNOTSUPP: i32 = 95;
}

/// Why a frame is wrong.
///
/// After an error in the header ([`AbiError::FrameLength`]) the stream is lost. After any other
/// error, the next frame can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AbiError {
    /// The length in the header is less than a header's or more than allowed.
    FrameLength(u32),
    /// No such kind of frame.
    UnknownKind(u16),
    /// Unknown flags.
    UnknownFlags(u16),
    /// The body is not a message.
    Codec(DecodeError),
    /// The body is a message, but does not consist of one table whose keys are names.
    NotFields,
    /// A field that this kind of frame does not have.
    UnknownField,
    /// The field occurs twice.
    DuplicateField(&'static str),
    /// A required field is missing.
    MissingField(&'static str),
    /// The field's value has the wrong type.
    FieldType(&'static str),
    /// The field's value is too big, too small or too long.
    FieldRange(&'static str),
    /// Two fields exclude each other.
    Conflict(&'static str, &'static str),
    /// The name of a script is not allowed.
    Name(NameError),
}

impl AbiError {
    /// The error number to answer with.
    pub const fn errno(self) -> i32 {
        match self {
            Self::FrameLength(_) | Self::Codec(_) | Self::NotFields => errno::EPROTO,
            Self::UnknownKind(_) => errno::ENOSYS,
            Self::UnknownFlags(_) => errno::EOPNOTSUPP,
            Self::UnknownField
            | Self::DuplicateField(_)
            | Self::MissingField(_)
            | Self::FieldType(_)
            | Self::FieldRange(_)
            | Self::Conflict(..)
            | Self::Name(_) => errno::EINVAL,
        }
    }

    /// Whether the following bytes cannot be trusted to be a frame.
    pub const fn loses_stream(self) -> bool {
        matches!(self, Self::FrameLength(_))
    }
}

impl From<DecodeError> for AbiError {
    fn from(error: DecodeError) -> Self {
        Self::Codec(error)
    }
}

impl From<NameError> for AbiError {
    fn from(error: NameError) -> Self {
        Self::Name(error)
    }
}

impl core::fmt::Display for AbiError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::FrameLength(length) => write!(f, "a frame of {length} bytes is not allowed"),
            Self::UnknownKind(kind) => write!(f, "unknown kind of frame {kind:#06x}"),
            Self::UnknownFlags(flags) => write!(f, "unknown flags {flags:#06x}"),
            Self::Codec(error) => write!(f, "malformed frame: {error}"),
            Self::NotFields => f.write_str("malformed frame: not a table of fields"),
            Self::UnknownField => f.write_str("unknown field"),
            Self::DuplicateField(name) => write!(f, "field '{name}' is there twice"),
            Self::MissingField(name) => write!(f, "field '{name}' is missing"),
            Self::FieldType(name) => write!(f, "field '{name}' has the wrong type"),
            Self::FieldRange(name) => write!(f, "field '{name}' is out of range"),
            Self::Conflict(one, other) => {
                write!(f, "fields '{one}' and '{other}' exclude each other")
            }
            Self::Name(error) => error.fmt(f),
        }
    }
}
