// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The header of a frame.

use super::{error::AbiError, MAX_FRAME};

/// Bytes in a header.
pub const HEADER_LENGTH: usize = 12;

/// The header before each body. All numbers are little endian, in this order, without padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// Bytes in the whole frame, the header included.
    pub length: u32,
    /// The kind of request or reply.
    pub kind: u16,
    /// Zero; no flag is defined yet.
    pub flags: u16,
    /// The number of the request that this is, or belongs to.
    pub request: u32,
}

impl FrameHeader {
    /// Reads a header. Checks only the length, because any other error can be answered.
    pub fn parse(bytes: &[u8; HEADER_LENGTH]) -> Result<Self, AbiError> {
        let [l0, l1, l2, l3, k0, k1, f0, f1, r0, r1, r2, r3] = *bytes;
        let header = Self {
            length: u32::from_le_bytes([l0, l1, l2, l3]),
            kind: u16::from_le_bytes([k0, k1]),
            flags: u16::from_le_bytes([f0, f1]),
            request: u32::from_le_bytes([r0, r1, r2, r3]),
        };
        if (HEADER_LENGTH..=MAX_FRAME).contains(&header.frame_length()) {
            Ok(header)
        } else {
            Err(AbiError::FrameLength(header.length))
        }
    }

    /// The bytes of the header.
    pub fn to_bytes(self) -> [u8; HEADER_LENGTH] {
        let [l0, l1, l2, l3] = self.length.to_le_bytes();
        let [k0, k1] = self.kind.to_le_bytes();
        let [f0, f1] = self.flags.to_le_bytes();
        let [r0, r1, r2, r3] = self.request.to_le_bytes();
        [l0, l1, l2, l3, k0, k1, f0, f1, r0, r1, r2, r3]
    }

    /// Bytes in the whole frame.
    pub const fn frame_length(&self) -> usize {
        // CAST: a usize has at least 32 bits wherever this runs.
        self.length as usize
    }

    /// Refuses flags, of which none is defined yet.
    pub const fn check_flags(&self) -> Result<(), AbiError> {
        match self.flags {
            0 => Ok(()),
            flags => Err(AbiError::UnknownFlags(flags)),
        }
    }
}

/// One whole frame in a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Its header.
    pub header: FrameHeader,
    /// Its body.
    pub body: &'a [u8],
}

/// The first frame in `buffer`, which takes [`FrameHeader::frame_length`] bytes of it. Returns
/// `None` if more bytes are needed.
pub fn split_frame(buffer: &[u8]) -> Result<Option<Frame<'_>>, AbiError> {
    let Some(bytes) = buffer.first_chunk() else {
        return Ok(None);
    };
    let header = FrameHeader::parse(bytes)?;
    let body = buffer.get(HEADER_LENGTH..header.frame_length());
    Ok(body.map(|body| Frame { header, body }))
}
