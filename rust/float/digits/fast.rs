// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Up to 18 digits, by one multiplication by a power of ten that is known to 128 bits. If this does
//! not suffice for rounding, there is no result.

use core::mem::MaybeUninit;

use super::Finite;
use crate::fast_float::table::{
    POWER_OF_FIVE_128, //
    SMALLEST_POWER_OF_FIVE,
};

/// The most digits. Ten times a number with so many digits fits into 64 bits.
const MOST: i32 = 18;

/// Writes digits to `room`, none after the place `10^limit`. Returns the number of digits and the
/// place of the point: the number is `0.DIGITS * 10^point`.
pub(super) fn digits(
    number: Finite,
    room: &mut [MaybeUninit<u8>],
    limit: i32,
) -> Option<(usize, i32)> {
    let zeros = number.mantissa.leading_zeros();
    // The number is `mantissa * 2^(exponent - 64)`, from half of `2^exponent` up to all of it.
    let mantissa = number.mantissa << zeros;
    let exponent = number.exponent + 64 - zeros as i32;
    // The place of the point, or one less: the first digit of a power of two and that of its double
    // are at most one place apart.
    let place = floor_log10_of_power_of_2(exponent - 1) + 1;
    if place + 1 < limit {
        // Less than a tenth of a unit of the last place.
        return Some((0, limit));
    }
    for point in [place, place + 1] {
        let room_for = i32::try_from(room.len()).unwrap_or(i32::MAX);
        let count = room_for.min(point - limit);
        if !(1..=MOST).contains(&count) {
            return None;
        }
        let scaled = Scaled::new(mantissa, exponent, count - point)?;
        let most = 10u64.pow(count as u32);
        if scaled.whole < most {
            let rounded = scaled.rounded()?;
            let (rounded, point) = if rounded == most {
                (rounded / 10, point + 1)
            } else {
                (rounded, point)
            };
            write(rounded, room.get_mut(..count as usize)?);
            return Some((count as usize, point));
        }
    }
    None
}

/// A number times a power of ten: `whole + rest / (2 * half)`.
struct Scaled {
    whole: u64,
    rest: u128,
    half: u128,
    /// Whether nothing is missing. Otherwise the rest lies between `rest - 1` and `rest + 2`.
    exact: bool,
    /// Whether the rest is larger than `rest`, if nothing else is missing.
    more: bool,
}

impl Scaled {
    /// `mantissa * 2^(exponent - 64) * 10^power`. The highest bit of `mantissa` is set.
    fn new(mantissa: u64, exponent: i32, power: i32) -> Option<Self> {
        let index = usize::try_from(power - SMALLEST_POWER_OF_FIVE).ok()?;
        let (high, low) = *POWER_OF_FIVE_128.get(index)?;
        // `mantissa * five` without its lowest 64 bits. The error of `five` is at most 1, so that
        // of the product is less than 2^64, which is 1 in `product`.
        let lowest = u128::from(mantissa) * u128::from(low);
        let product = u128::from(mantissa) * u128::from(high) + (lowest >> 64);
        let shift = 127 - exponent - floor_log2_of_power_of_10(power);
        if !(64..128).contains(&shift) {
            return None;
        }
        Some(Self {
            whole: (product >> shift) as u64,
            rest: product & ((1 << shift) - 1),
            half: 1 << (shift - 1),
            // `5^55` is the last power that fits into 128 bits.
            exact: (0..=55).contains(&power),
            more: lowest as u64 != 0,
        })
    }

    /// The nearest integer, ties to even; none if the known bits do not decide it.
    fn rounded(&self) -> Option<u64> {
        let up = if self.exact {
            let odd = self.whole & 1 == 1;
            self.rest > self.half || self.rest == self.half && (self.more || odd)
        } else if self.rest + 2 <= self.half {
            false
        } else if self.rest > self.half {
            true
        } else {
            return None;
        };
        Some(self.whole + u64::from(up))
    }
}

/// Writes a number with as many digits as `room` holds.
fn write(mut number: u64, room: &mut [MaybeUninit<u8>]) {
    for place in room.iter_mut().rev() {
        place.write(b'0' + (number % 10) as u8);
        number /= 10;
    }
}

/// The largest power of ten that is not above `2^exponent`; exact for all exponents of doubles.
const fn floor_log10_of_power_of_2(exponent: i32) -> i32 {
    (exponent * 78913) >> 18
}

/// The largest power of two that is not above `10^exponent`; exact for all powers in the table.
const fn floor_log2_of_power_of_10(exponent: i32) -> i32 {
    (exponent * 217706) >> 16
}
