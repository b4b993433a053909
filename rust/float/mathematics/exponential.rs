// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The exponential function, in fixed point. This takes fewer steps than software operations on
//! doubles, and its last place is almost always correct. The library's function is less exact: its
//! `exp(1)` is wrong by one unit.

use super::product_high;
use crate::parse::nearest;

/// The logarithm of e to the base 2, in units of 2^-63, and the 64 bits that follow.
const LOG2_E: u64 = 0xb8aa3b295c17f0bb;
const LOG2_E_REST: u64 = 0xbe87fed0691d3e88;

/// The natural logarithm of 2, in units of 2^-64.
const LN_2: u64 = 0xb17217f7d1cf79ab;

/// One, as this many times 2^-62.
const ONE: u64 = 1 << 62;

/// How many terms of the series count: 0.694^19 / 19! is less than 2^-64.
const TERMS: u64 = 18;

/// e to the power of `number`.
pub(super) fn exp(number: f64) -> f64 {
    let bits = number.to_bits();
    let stored = (bits >> 52 & 0x7ff) as u32;
    let negative = bits >> 63 == 1;
    match stored {
        0x7ff if bits << 12 != 0 => return number,
        // Less than 2^-54 from 1.
        0..=967 => return f64::from_bits(1023 << 52),
        // At least 2^10: too large or too small for a double, infinity included.
        1033.. => return f64::from_bits(if negative { 0 } else { 0x7ff << 52 }),
        _ => (),
    }
    // number = mantissa * 2^(stored - 1075); from it, number / ln 2 with 64 bits after the point.
    let mantissa = u128::from(bits & ((1 << 52) - 1) | 1 << 52);
    let product = mantissa * u128::from(LOG2_E) + (mantissa * u128::from(LOG2_E_REST) >> 64);
    let size = (product >> (1074 - stored)) as i128;
    let power = if negative { -size } else { size };
    // e^number = 2^whole * e^rest, and the series of the latter.
    let whole = (power >> 64) as i64;
    let rest = product_high(power as u64, LN_2);
    let mut sum = ONE;
    for term in (1..=TERMS).rev() {
        sum = ONE + product_high(sum, rest) / term;
    }
    f64::from_bits(nearest(sum, whole - 62, true))
}
