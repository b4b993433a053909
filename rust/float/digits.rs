// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The decimal digits of a double, exactly rounded.

use core::mem::MaybeUninit;

use crate::num::flt2dec::{
    decode, //
    strategy::{dragon, grisu},
    Decoded,
    FullDecoded,
};

/// What a double is, without its sign.
pub(crate) enum Number {
    Nan,
    Infinity,
    Zero,
    Finite(Finite),
}

impl Number {
    /// The double with these bits.
    pub(crate) fn from_bits(bits: u64) -> Self {
        match decode(f64::from_bits(bits)).1 {
            FullDecoded::Nan => Self::Nan,
            FullDecoded::Infinite => Self::Infinity,
            FullDecoded::Zero => Self::Zero,
            FullDecoded::Finite(decoded) => Self::Finite(Finite(decoded)),
        }
    }
}

/// A double that is neither zero nor infinite.
pub(crate) struct Finite(Decoded);

/// Room for digits.
pub(crate) type Room<const SIZE: usize> = [MaybeUninit<u8>; SIZE];

/// No double has more significant digits than this; all that follow are zero.
pub(crate) const MOST: usize = 770;

impl Finite {
    /// The digits, at most as many as fit into `room` and none after the place `10^limit`, and the
    /// exponent: the number is `0.DIGITS * 10^exponent`.
    pub(crate) fn digits<'a>(
        &self,
        room: &'a mut [MaybeUninit<u8>],
        limit: i16,
    ) -> (&'a [u8], i32) {
        // First the fast algorithm, which reports when it cannot decide. Only the length of its
        // result is kept, so that its borrow of `room` ends before the slow one needs `room`.
        let known = match grisu::format_exact_opt(&self.0, room, limit) {
            Some((digits, exponent)) => Some((digits.len(), exponent)),
            None => None,
        };
        let (length, exponent) = match known {
            Some(known) => known,
            None => exactly(&self.0, room, limit),
        };
        let length = length.min(room.len());
        // SAFETY: `length` does not exceed the room, and the functions above have written these
        // bytes: they return them as initialised.
        let digits = unsafe { core::slice::from_raw_parts(room.as_ptr().cast::<u8>(), length) };
        (digits, i32::from(exponent))
    }

    /// An upper bound for the number of digits before the point.
    pub(crate) fn most_before_point(&self) -> usize {
        let bits = i32::from(self.0.exp).saturating_add(64).max(0) as usize;
        // The logarithm of 2 is less than 5/16.
        bits * 5 / 16 + 2
    }
}

/// The slow algorithm, which always succeeds. It is a function of its own, so that only its callers
/// pay for its large frame.
#[cold]
#[inline(never)]
fn exactly(number: &Decoded, room: &mut [MaybeUninit<u8>], limit: i16) -> (usize, i16) {
    let (digits, exponent) = dragon::format_exact(number, room, limit);
    (digits.len(), exponent)
}
