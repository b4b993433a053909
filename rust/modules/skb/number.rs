// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Numbers in the bytes of a packet, in the machine's byte order.

use super::failure::{integer, Failure, Result, Wrong};
use crate::{binding::binary32, lua::State};

/// A kind of number.
pub(super) trait Number {
    /// Its bytes: 1, 2, 4 or 8.
    const SIZE: usize;

    /// Pushes a number, whose bytes are the low ones of `raw`.
    fn push(state: State, raw: u64);

    /// The number at index 3, whose bytes are the low ones of the result.
    fn take(state: State) -> Result<u64> {
        // CAST: The low bits count.
        Ok(integer(state, 3)? as u64)
    }
}

/// An integer without a sign.
pub(super) struct Unsigned<const SIZE: usize>;

impl<const SIZE: usize> Number for Unsigned<SIZE> {
    const SIZE: usize = SIZE;

    fn push(state: State, raw: u64) {
        // CAST: It has 32 bits at most.
        state.push_integer(raw as i64);
    }
}

/// An integer with a sign.
pub(super) struct Signed<const SIZE: usize>;

impl<const SIZE: usize> Number for Signed<SIZE> {
    const SIZE: usize = SIZE;

    fn push(state: State, raw: u64) {
        // CAST: The low bits are the number.
        state.push_integer(match SIZE {
            1 => (raw as i8).into(),
            2 => (raw as i16).into(),
            4 => (raw as i32).into(),
            _ => raw as i64,
        });
    }
}

/// A single float.
pub(super) struct Single;

impl Number for Single {
    const SIZE: usize = 4;

    fn push(state: State, raw: u64) {
        // CAST: The low bits are the number.
        state.push_float_bits(binary32::widen(raw as u32));
    }

    fn take(state: State) -> Result<u64> {
        Ok(binary32::narrow(Double::take(state)?).into())
    }
}

/// A double float.
pub(super) struct Double;

impl Number for Double {
    const SIZE: usize = 8;

    fn push(state: State, raw: u64) {
        state.push_float_bits(raw);
    }

    fn take(state: State) -> Result<u64> {
        state
            .to_float_bits(3)
            .ok_or(Failure::Argument(3, Wrong::Type("number")))
    }
}

/// The number that the bytes are; there are 1, 2, 4 or 8.
pub(super) fn load(bytes: &[u8]) -> u64 {
    match *bytes {
        [a] => a.into(),
        [a, b] => u16::from_ne_bytes([a, b]).into(),
        [a, b, c, d] => u32::from_ne_bytes([a, b, c, d]).into(),
        [a, b, c, d, e, f, g, h] => u64::from_ne_bytes([a, b, c, d, e, f, g, h]),
        _ => 0,
    }
}

/// Writes the low bytes of a number to all of `to`, which has 1, 2, 4 or 8.
pub(super) fn store(number: u64, to: &mut [u8]) {
    match to {
        [a] => *a = number as u8,
        [a, b] => [*a, *b] = (number as u16).to_ne_bytes(),
        [a, b, c, d] => [*a, *b, *c, *d] = (number as u32).to_ne_bytes(),
        [a, b, c, d, e, f, g, h] => {
            [*a, *b, *c, *d, *e, *f, *g, *h] = number.to_ne_bytes();
        }
        _ => {}
    }
}
