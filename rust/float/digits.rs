// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The decimal digits of a double, exactly rounded; halves are rounded to even digits.

mod exact;
mod fast;

use core::mem::MaybeUninit;

const FRACTION: u32 = 52;
const INFINITE: u64 = 0x7ff;

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
        let fraction = bits & ((1 << FRACTION) - 1);
        match (bits >> FRACTION & INFINITE, fraction) {
            (INFINITE, 0) => Self::Infinity,
            (INFINITE, _) => Self::Nan,
            (0, 0) => Self::Zero,
            (0, _) => Self::Finite(Finite {
                mantissa: fraction,
                exponent: -1074,
            }),
            (stored, _) => Self::Finite(Finite {
                mantissa: fraction | 1 << FRACTION,
                exponent: stored as i32 - 1075,
            }),
        }
    }
}

/// A double that is neither zero nor infinite: `mantissa * 2^exponent`.
#[derive(Clone, Copy)]
pub(crate) struct Finite {
    mantissa: u64,
    exponent: i32,
}

/// Room for digits.
pub(crate) type Room<const SIZE: usize> = [MaybeUninit<u8>; SIZE];

/// No double has more significant digits than this; all that follow are zero.
pub(crate) const MOST: usize = 770;

impl Finite {
    /// The digits, at most as many as fit into `room` and none after the place `10^limit`, and the
    /// exponent: the number is `0.DIGITS * 10^exponent`. Zeros at the end may be missing.
    pub(crate) fn digits<'a>(self, room: &'a mut [MaybeUninit<u8>], limit: i16) -> (&'a [u8], i32) {
        // Only the length of the result is kept, so that its borrow of `room` ends here.
        let known = fast::digits(self, room, limit.into());
        let (length, point) = match known {
            Some(known) => known,
            None => exact::digits(self, room, limit.into()),
        };
        let length = length.min(room.len());
        // SAFETY: `length` does not exceed the room, and the functions above have written this many
        // bytes at its start.
        let digits = unsafe { core::slice::from_raw_parts(room.as_ptr().cast::<u8>(), length) };
        (digits, point)
    }

    /// An upper bound for the number of digits before the point.
    pub(crate) fn most_before_point(self) -> usize {
        let bits = self.exponent.saturating_add(64).max(0) as usize;
        // The logarithm of 2 is less than 5/16.
        bits * 5 / 16 + 2
    }
}
