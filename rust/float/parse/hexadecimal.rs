// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Hexadecimal numbers: `0x1.8p+3`.

use super::Text;

/// The value of a hexadecimal digit.
fn digit(byte: u8) -> Option<u64> {
    (byte as char).to_digit(16).map(u64::from)
}

/// The bits of the number whose digits, after `0x`, start at `text`, and the place where it ends.
pub(super) fn number(mut text: Text<'_>) -> Option<(u64, Text<'_>)> {
    let mut mantissa = 0u64;
    let mut exponent = 0i64;
    let mut lost = false;
    let mut digits = false;
    let mut point = false;
    loop {
        let byte = text.byte();
        if let Some(value) = digit(byte) {
            digits = true;
            if mantissa >> 60 == 0 {
                mantissa = mantissa << 4 | value;
                exponent -= if point { 4 } else { 0 };
            } else {
                lost |= value != 0;
                exponent += if point { 0 } else { 4 };
            }
        } else if byte == b'.' && !point {
            point = true;
        } else {
            break;
        }
        text.pass();
    }
    if !digits {
        return None;
    }
    let mut end = text;
    end.pass_exponent(b'p');
    // Of the letter, nothing is read.
    exponent = exponent.saturating_add(written_exponent(end.since(text)));
    Some((nearest(mantissa, exponent, lost), end))
}

/// The value of the sign and digits in `text`, as far as it can matter.
fn written_exponent(text: &[u8]) -> i64 {
    let mut value = 0i64;
    let mut negative = false;
    for byte in text {
        match byte {
            b'-' => negative = true,
            b'0'..=b'9' => {
                value = value
                    .saturating_mul(10)
                    .saturating_add(i64::from(byte - b'0'))
            }
            _ => (),
        }
    }
    if negative {
        value.saturating_neg()
    } else {
        value
    }
}

/// The bits of the double nearest to `mantissa * 2^exponent`, ties to even. `lost` says that the
/// number is slightly larger than that.
pub(crate) fn nearest(mantissa: u64, exponent: i64, lost: bool) -> u64 {
    const BIAS: i64 = 1023;
    const INFINITY: u64 = 0x7ff << 52;
    if mantissa == 0 {
        return 0;
    }
    let zeros = mantissa.leading_zeros();
    let mantissa = mantissa << zeros;
    // The exponent of the leading bit, as a double stores it.
    let exponent = exponent
        .saturating_add(63 - i64::from(zeros))
        .saturating_add(BIAS);
    if exponent >= 0x7ff {
        return INFINITY;
    }
    // Subnormal numbers have fewer bits.
    let cut = if exponent > 0 { 11 } else { 12 - exponent };
    let (kept, rest) = match cut {
        0..=63 => (mantissa >> cut, mantissa << (64 - cut)),
        64 => (0, mantissa),
        _ => (0, 1),
    };
    let half = 1 << 63;
    let up = rest > half || rest == half && (lost || kept & 1 == 1);
    // A carry out of the mantissa goes to the exponent, which is correct.
    let stored = if exponent > 0 {
        (exponent as u64 - 1) << 52
    } else {
        0
    };
    (stored + kept + u64::from(up)).min(INFINITY)
}
