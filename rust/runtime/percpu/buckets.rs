// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The buckets of a histogram, and which of them a quantile lies in. Kernel code has no floating point
//! registers, so all this is exact integer arithmetic.
//!
//! The host tests in `tools/runtime-tests` compile this same file.

/// The number of buckets. The first is for 0, and the one after it for 1; each further one is for twice as
/// many values as the one before.
pub(crate) const BUCKETS: usize = 64;

/// The bucket of a value; `None` if it is negative.
#[inline]
pub(crate) fn bucket_of(value: i64) -> Option<usize> {
    let value = u64::try_from(value).ok()?;
    Some((u64::BITS - value.leading_zeros()) as usize)
}

/// The largest value of a bucket.
pub(crate) fn upper_bound(bucket: usize) -> i64 {
    let power = u32::try_from(bucket)
        .ok()
        .and_then(|bucket| 1u64.checked_shl(bucket));
    let bound = power.unwrap_or(0).wrapping_sub(1);
    i64::try_from(bound).unwrap_or(i64::MAX)
}

const FRACTION_BITS: u32 = 52;
const EXPONENT_BIAS: u64 = 1023;

/// A number from 0 to 1 in units of 2^-53.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fraction(u64);

impl Fraction {
    const ONE: Self = Self(1 << 53);

    /// The integer `value`, if it is 0 or 1.
    pub(crate) fn of_integer(value: i64) -> Option<Self> {
        match value {
            0 => Some(Self(0)),
            1 => Some(Self::ONE),
            _ => None,
        }
    }

    /// The float with these bits, if it is from 0 to 1. What is below the unit is cut off, unless that makes
    /// it 0. So the float next to a decimal fraction, which may be above it, counts as that fraction does.
    pub(crate) fn of_float(bits: u64) -> Option<Self> {
        let biased = (bits >> FRACTION_BITS) & 0x7ff;
        let fraction = bits & ((1 << FRACTION_BITS) - 1);
        let is_negative = bits >> 63 != 0;
        if biased == 0 && fraction == 0 {
            return Some(Self(0));
        }
        if is_negative || biased > EXPONENT_BIAS || (biased == EXPONENT_BIAS && fraction != 0) {
            return None;
        }
        // The value is mantissa * 2^(biased - 1023 - 52), so it has to be shifted by that and 53.
        let mantissa = fraction | 1 << FRACTION_BITS;
        let units = match biased {
            EXPONENT_BIAS => 1 << 53,
            _ => {
                let right = EXPONENT_BIAS - 1 - biased;
                mantissa.checked_shr(right as u32).unwrap_or(0)
            }
        };
        Some(Self(units.max(1)))
    }
}

/// The place of a quantile among `count` values in order: the least number of values that are a `fraction`
/// of them, and 1 at least.
pub(crate) fn rank(fraction: Fraction, count: u64) -> u64 {
    let product = u128::from(fraction.0) * u128::from(count);
    // OVERFLOW: The product is at most 2^117.
    let rank = (product + ((1 << 53) - 1)) >> 53;
    // CAST: It is at most `count`.
    (rank as u64).max(1)
}
