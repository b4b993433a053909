// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The logarithm to the base 10, within one unit in the last place of the C library's.
//!
//! glibc's is up to 1.6 units from the exact value, so that not even the exact one is always that
//! near. It multiplies the natural logarithm, which is correct to a few hundredths of a unit, by a
//! constant and adds a multiple of log10(2). The same is done here, with a natural logarithm in
//! fixed point. If that logarithm lies close to the middle of two doubles, glibc may have taken
//! either. If the two results are then two units apart, the double between them is within one unit
//! of both.

use super::product_high;
use crate::parse::nearest;

/// 1 / ln 10.
const INVERSE_LN_10: f64 = f64::from_bits(0x3fdbcb7b1526e50e);

/// The logarithm of 2 to the base 10, in two parts: one with so few digits that its products with
/// exponents are exact, and the rest.
const LOG10_2: f64 = f64::from_bits(0x3fd34413509f6000);
const LOG10_2_REST: f64 = f64::from_bits(0x3d59fef311f12b36);

/// One, as this many times 2^-62.
const ONE: u64 = 1 << 62;

/// How many terms of the series count: 9^-20 / 41 is less than 2^-64.
const TERMS: u64 = 20;

/// The number of bits of a natural logarithm below those of a double. And how far from the middle
/// of two doubles it may lie so that glibc may take either, in units of the lowest bit: a sixteenth
/// of a double's last place.
const REST: u32 = 11;
const UNSURE: u64 = 1 << (REST - 4);

/// The logarithm to the base 10 of a number above zero and below infinity.
pub(super) fn log10(number: f64) -> f64 {
    let bits = number.to_bits();
    let stored = (bits >> 52) as i32;
    let fraction = bits & ((1 << 52) - 1);
    // number = mantissa * 2^(power - 52), from 2^power up to twice that.
    let (mantissa, power) = if stored == 0 {
        let zeros = fraction.leading_zeros() - 11;
        (fraction << zeros, -1022 - zeros as i32)
    } else {
        (fraction | 1 << 52, stored - 1023)
    };
    // The logarithm and the multiple of log10(2) have the same sign, so that nothing cancels out.
    let negative = power < 0;
    let (one, multiple) = if negative {
        (1 << 53, power + 1)
    } else {
        (1 << 52, power)
    };
    let multiple = f64::from(multiple);
    let scale = |size: u64| {
        let sign = u64::from(negative) << 63;
        let natural = f64::from_bits(size | sign);
        (multiple * LOG10_2_REST + INVERSE_LN_10 * natural) + multiple * LOG10_2
    };
    if mantissa == one {
        return scale(0);
    }
    let (natural, exponent) = natural_logarithm(mantissa, one);
    let rest = natural & ((1 << REST) - 1);
    let lower = nearest(natural - rest, exponent, false);
    let half = 1 << (REST - 1);
    let (near, far) = if rest < half {
        (lower, lower + 1)
    } else {
        (lower + 1, lower)
    };
    let result = scale(near);
    if rest.abs_diff(half) > UNSURE {
        return result;
    }
    let (result, other) = (result.to_bits(), scale(far).to_bits());
    if result.abs_diff(other) == 2 {
        f64::from_bits(result.min(other) + 1)
    } else {
        f64::from_bits(result)
    }
}

/// The size of ln(mantissa / one), which must not be 0, as a number with its highest bit set and
/// the power of two to multiply it with. `one` is at most twice or half `mantissa`, and both are
/// below 2^54. The relative error is at most 2^-58.
fn natural_logarithm(mantissa: u64, one: u64) -> (u64, i64) {
    // 2 artanh(s) = 2 s (1 + s^2 / 3 + s^4 / 5 + ...) for s = (m - 1) / (m + 1), 1/3 at most.
    let (above, below) = (mantissa.abs_diff(one), mantissa + one);
    let (above_zeros, below_zeros) = (above.leading_zeros(), below.leading_zeros());
    let quotient = divide(above << above_zeros, below << below_zeros);
    let small = above_zeros.saturating_sub(below_zeros + 1);
    let quotient_fraction = quotient.checked_shr(small).unwrap_or(0);
    let square = product_high(quotient_fraction, quotient_fraction);
    let mut sum = 0;
    for term in (0..=TERMS).rev() {
        sum = ONE / (2 * term + 1) + product_high(sum, square);
    }
    let product = u128::from(quotient) * u128::from(sum);
    let zeros = product.leading_zeros();
    let high = (product << zeros >> 64) as u64;
    let shift = i64::from(below_zeros) - i64::from(above_zeros) - i64::from(zeros);
    (high, shift - 60)
}

/// `a * 2^63 / b`, for numbers whose highest bits are set.
fn divide(a: u64, b: u64) -> u64 {
    let (mut rest, mut quotient) = (a >> 1, 0);
    for _ in 0..64 {
        let carry = rest >> 63 == 1;
        rest <<= 1;
        quotient <<= 1;
        if carry || rest >= b {
            rest = rest.wrapping_sub(b);
            quotient |= 1;
        }
    }
    quotient
}
