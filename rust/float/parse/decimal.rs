// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Decimal numbers: finds the end of one, and lets the algorithms of fast-float2 round it.

use super::Text;
use crate::fast_float::{
    binary::compute_float, //
    common::AdjustedMantissa,
    number::parse_number,
    simple::parse_long_mantissa,
};

/// The bits of the number without sign that starts at `start`, and the place where it ends, if
/// there is one.
pub(super) fn number(start: Text<'_>) -> Option<(u64, Text<'_>)> {
    let mut end = start;
    let mut digits = end.span(|byte| byte.is_ascii_digit());
    if end.pass_if(|byte| byte == b'.') {
        digits += end.span(|byte| byte.is_ascii_digit());
    }
    if digits == 0 {
        return None;
    }
    end.pass_exponent(b'e');
    Some((rounded(end.since(start)), end))
}

/// The bits of the double nearest to the number that is the whole of `text`.
///
/// The crate's own function would always have the frame of its slow path.
fn rounded(text: &[u8]) -> u64 {
    let Some((number, _)) = parse_number(text) else {
        return 0;
    };
    if let Some(value) = number.try_fast_path::<f64>() {
        return value.to_bits();
    }
    let mut float = compute_float::<f64>(number.exponent, number.mantissa);
    // Digits that were left out matter only if the next mantissa gives another double.
    if number.many_digits
        && float.power2 >= 0
        && float != compute_float::<f64>(number.exponent, number.mantissa.wrapping_add(1))
    {
        float.power2 = -1;
    }
    if float.power2 < 0 {
        float = exactly(text);
    }
    float.mantissa | (float.power2 as u64) << 52
}

/// The slow algorithm, which always succeeds. It is a function of its own, so that only its callers
/// pay for its large frame.
#[cold]
#[inline(never)]
fn exactly(text: &[u8]) -> AdjustedMantissa {
    parse_long_mantissa::<f64>(text)
}
