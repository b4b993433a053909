// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Frames.

use super::{error::WireError, flat, start};
use crate::codec::Sink;

/// Bytes of a header.
pub const HEADER: usize = 12;

/// The longest frame that carries a message between actors.
pub const MAX_MESSAGE: usize = HEADER + flat::MAX_BYTES;

/// The longest frame.
pub const MAX_FRAME: usize = HEADER + start::MAX_BYTES;

/// One frame in a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Its kind.
    pub kind: u16,
    /// Its number.
    pub number: u32,
    /// Its body.
    pub body: &'a [u8],
}

impl<'a> Frame<'a> {
    /// The header of a frame.
    pub fn header(kind: u16, number: u32, body: usize) -> [u8; HEADER] {
        let length = u32::try_from(body.saturating_add(HEADER)).unwrap_or(u32::MAX);
        let [l0, l1, l2, l3] = length.to_le_bytes();
        let [k0, k1] = kind.to_le_bytes();
        let [n0, n1, n2, n3] = number.to_le_bytes();
        [l0, l1, l2, l3, k0, k1, 0, 0, n0, n1, n2, n3]
    }

    /// Writes the frame.
    pub fn encode<S: Sink>(&self, mut sink: S) -> Result<(), S::Error> {
        sink.put(&Self::header(self.kind, self.number, self.body.len()))?;
        sink.put(self.body)
    }

    /// Fails if it has a body.
    pub(super) fn no_body(&self) -> Result<(), WireError> {
        match self.body {
            [] => Ok(()),
            _ => Err(WireError::Body),
        }
    }

    /// Fails if its number is not 0.
    pub(super) fn no_number(&self) -> Result<(), WireError> {
        match self.number {
            0 => Ok(()),
            number => Err(WireError::Number(number)),
        }
    }
}

/// Splits the first frame off a buffer, and returns it and the rest. Returns `None` if more bytes are needed.
pub fn split(buffer: &[u8]) -> Result<Option<(Frame<'_>, &[u8])>, WireError> {
    let Some((header, rest)) = buffer.split_first_chunk::<HEADER>() else {
        return Ok(None);
    };
    let [l0, l1, l2, l3, k0, k1, z0, z1, n0, n1, n2, n3] = *header;
    let length = u32::from_le_bytes([l0, l1, l2, l3]);
    // CAST: A usize has at least 32 bits wherever this runs.
    let body = match (length as usize).checked_sub(HEADER) {
        Some(body) if length as usize <= MAX_FRAME => body,
        _ => return Err(WireError::Length(length)),
    };
    if (z0, z1) != (0, 0) {
        return Err(WireError::Reserved);
    }
    let Some((body, rest)) = rest.split_at_checked(body) else {
        return Ok(None);
    };
    let frame = Frame {
        kind: u16::from_le_bytes([k0, k1]),
        number: u32::from_le_bytes([n0, n1, n2, n3]),
        body,
    };
    Ok(Some((frame, rest)))
}
