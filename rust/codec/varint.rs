// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Variable-length integers: little endian base 128, and zigzag for signed ones.

/// The longest encoding of a 64-bit number.
const MAX_LENGTH: usize = 10;

/// Why no number could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum VarintError {
    /// The bytes end within the number.
    Truncated,
    /// Longer than needed, or more than 64 bits.
    Overlong,
}

/// The encoding of one number.
pub(super) struct Varint {
    bytes: [u8; MAX_LENGTH],
    length: usize,
}

impl Varint {
    /// Encodes `value`.
    pub(super) fn new(value: u64) -> Self {
        let mut bytes = [0; MAX_LENGTH];
        let mut length: usize = 0;
        let mut rest = value;
        for byte in &mut bytes {
            // CAST: the mask leaves 7 bits.
            *byte = (rest & 0x7f) as u8;
            rest >>= 7;
            length = length.saturating_add(1);
            if rest == 0 {
                break;
            }
            *byte |= 0x80;
        }
        Self { bytes, length }
    }

    /// The encoded bytes.
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// Takes a number off the front of `input`.
pub(super) fn take(input: &mut &[u8]) -> Result<u64, VarintError> {
    let mut value: u64 = 0;
    let mut shift: u32 = 0;
    let mut rest = *input;
    loop {
        let (&byte, after) = rest.split_first().ok_or(VarintError::Truncated)?;
        rest = after;
        let bits = u64::from(byte & 0x7f);
        let last = byte & 0x80 == 0;
        // The tenth byte holds the 64th bit alone, and no encoding ends in a zero byte but 0 itself.
        if shift >= 63 && (bits > 1 || !last) || last && bits == 0 && shift > 0 {
            return Err(VarintError::Overlong);
        }
        // OVERFLOW: `shift` is at most 63 here, see above.
        value |= bits.wrapping_shl(shift);
        shift = shift.saturating_add(7);
        if last {
            *input = rest;
            return Ok(value);
        }
    }
}

/// Maps small numbers of either sign to small unsigned ones.
pub(super) const fn zigzag(value: i64) -> u64 {
    // CAST: both keep the 64 bits; the mapping is defined on them.
    ((value << 1) ^ (value >> 63)) as u64
}

/// The inverse of [`zigzag`].
pub(super) const fn unzigzag(value: u64) -> i64 {
    // CAST: both keep the 64 bits; the mapping is defined on them.
    (value >> 1) as i64 ^ ((value & 1) as i64).wrapping_neg()
}
