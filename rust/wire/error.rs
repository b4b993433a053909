// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Why bytes are no frame.

use crate::codec::DecodeError;

/// Why bytes are no frame, or values are not flat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireError {
    /// The length of the frame is impossible.
    Length(u32),
    /// Nobody knows this kind of frame.
    Kind(u16),
    /// The two bytes that must be zero are not.
    Reserved,
    /// The number must be zero, or a positive error number.
    Number(u32),
    /// There is a body where none belongs.
    Body,
    /// The body is no message.
    Malformed(DecodeError),
    /// There is not exactly one value.
    Count,
    /// The value is nil.
    Nil,
    /// A table is in a table, or twice in the message.
    Nested,
    /// A table has no member.
    Empty,
    /// A table has more than [`MAX_MEMBERS`](super::MAX_MEMBERS) members.
    Members,
    /// A key is no string.
    Key,
    /// A string has more than [`MAX_STRING`](super::MAX_STRING) bytes.
    String,
    /// A handle is of no known kind, has a wrong index, or is one that only the other side sends.
    Handle,
    /// The values of the start are not those that they must be.
    Start,
}

impl WireError {
    /// One sentence fragment for a message to people.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Length(_) => "a frame of impossible length",
            Self::Kind(_) => "a frame of unknown kind",
            Self::Reserved => "a frame whose reserved bytes are not zero",
            Self::Number(_) => "a frame with a wrong number",
            Self::Body => "a frame with a body that does not belong there",
            Self::Malformed(_) => "a frame with malformed values",
            Self::Count => "a frame without exactly one value",
            Self::Nil => "nil cannot be sent to a process",
            Self::Nested => "a table in a table cannot be sent to a process",
            Self::Empty => "a table without members cannot be sent to a process",
            Self::Members => "a table of more than 20 members cannot be sent to a process",
            Self::Key => "a table with a key that is no string cannot be sent to a process",
            Self::String => "a string of more than 255 bytes cannot be sent to a process",
            Self::Handle => "a handle that cannot be sent here",
            Self::Start => "a malformed start",
        }
    }
}

impl From<DecodeError> for WireError {
    fn from(error: DecodeError) -> Self {
        Self::Malformed(error)
    }
}

impl core::fmt::Display for WireError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.text())
    }
}
