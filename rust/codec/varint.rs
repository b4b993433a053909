// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Variable-length integers: little endian base 128, and zigzag for signed ones.

use super::sink::MAX_SHORT;

/// Why a number could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum VarintError {
    /// The bytes end within the number.
    Truncated,
    /// Longer than needed, or more than 64 bits.
    Overlong,
}

/// A tag and the encoding of a number as one unit: the bytes, zeros after them, and their number.
#[inline]
pub(super) fn tagged(tag: u8, value: u64) -> ([u8; MAX_SHORT], usize) {
    // Most numbers are small.
    if value < 0x80 {
        let block = u128::from(tag) | u128::from(value) << 8;
        return (block.to_le_bytes(), 2);
    }
    tagged_long(tag, value)
}

/// As [`tagged`], for a number of any length.
fn tagged_long(tag: u8, value: u64) -> ([u8; MAX_SHORT], usize) {
    let mut block = u128::from(tag);
    let mut length: usize = 1;
    let mut shift: u32 = 8;
    let mut rest = value;
    loop {
        let more = rest >= 0x80;
        let byte = rest & 0x7f | u64::from(more) << 7;
        // OVERFLOW: ten bytes follow the tag at most, so `shift` is at most 80.
        block |= u128::from(byte).wrapping_shl(shift);
        shift = shift.saturating_add(8);
        length = length.saturating_add(1);
        rest >>= 7;
        if !more {
            return (block.to_le_bytes(), length);
        }
    }
}

/// Removes a number from the front of `input` and returns it.
#[inline]
pub(super) fn take(input: &mut &[u8]) -> Result<u64, VarintError> {
    match input.split_first() {
        // Most numbers are small.
        Some((&byte, rest)) if byte < 0x80 => {
            *input = rest;
            Ok(u64::from(byte))
        }
        _ => take_long(input),
    }
}

/// Removes a number of any length from the front of `input` and returns it.
fn take_long(input: &mut &[u8]) -> Result<u64, VarintError> {
    let mut value: u64 = 0;
    let mut shift: u32 = 0;
    let mut rest = *input;
    loop {
        let (&byte, after) = rest.split_first().ok_or(VarintError::Truncated)?;
        rest = after;
        let bits = u64::from(byte & 0x7f);
        let last = byte & 0x80 == 0;
        // The tenth byte holds only the 64th bit, and no encoding except that of 0 ends in a zero
        // byte.
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
