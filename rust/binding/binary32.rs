// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Converts between the bits of single and of double floats, which kernel code has no instructions
//! for. Pure code: it takes nothing of the kernel.

/// The bits of a double's fraction.
const FRACTION: u32 = 52;
/// How many more bits the fraction of a double has.
const MORE: u32 = 29;
/// What the exponent of a double is higher by.
const BIAS: u64 = 1023 - 127;
/// The exponent of infinities and NaNs.
const SPECIAL: u64 = 0x7ff;

/// The double with the value of a single float.
pub(crate) fn widen(single: u32) -> u64 {
    let bits = u64::from(single);
    let sign = (bits & 0x8000_0000) << 32;
    let exponent = bits >> 23 & 0xff;
    let fraction = bits & 0x7f_ffff;
    let (exponent, fraction) = match (exponent, fraction) {
        (0xff, _) => (SPECIAL, fraction),
        (0, 0) => (0, 0),
        (0, _) => {
            // As a double it is normal: its highest bit becomes the hidden one.
            let shift = fraction.leading_zeros() - (u64::BITS - 24);
            ((BIAS + 1) - u64::from(shift), fraction << shift & 0x7f_ffff)
        }
        _ => (exponent + BIAS, fraction),
    };
    sign | exponent << FRACTION | fraction << MORE
}

/// The single float that is nearest to a double; of two that are equally near the even one.
pub(crate) fn narrow(double: u64) -> u32 {
    // CAST: The sign, which is the highest bit of each.
    let sign = (double >> 32) as u32 & 0x8000_0000;
    let exponent = double >> FRACTION & SPECIAL;
    let fraction = double & ((1 << FRACTION) - 1);
    if exponent == SPECIAL {
        // A NaN stays one, and becomes quiet.
        let quiet = if fraction == 0 { 0 } else { 1 << 22 };
        // CAST: What is left has 23 bits.
        return sign | 0x7f80_0000 | quiet | (fraction >> MORE) as u32;
    }
    let (shift, significand) = if exponent > BIAS {
        (MORE, (exponent - BIAS) << FRACTION | fraction)
    } else {
        // A subnormal single: its hidden bit is an ordinary one. A subnormal double is nothing.
        let hidden = if exponent == 0 { 0 } else { 1 << FRACTION };
        // CAST: It is less than a thousand.
        (MORE + (BIAS - exponent) as u32 + 1, hidden | fraction)
    };
    let Some(kept) = significand.checked_shr(shift) else {
        return sign;
    };
    let lost = significand & ((1 << shift) - 1);
    let half = 1 << (shift - 1);
    let up = lost > half || lost == half && kept & 1 == 1;
    // A carry goes into the exponent, as it should.
    let rounded = kept + u64::from(up);
    // CAST: It is at most that of an infinity.
    sign | rounded.min(0x7f80_0000) as u32
}
