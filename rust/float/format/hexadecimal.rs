// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The conversion `a`.

use super::{
    Body, //
    Conversion,
    Flags,
    Output,
};

/// How many bits, and how many hexadecimal digits, a double has after the point.
const BITS: u32 = 52;
const DIGITS: usize = 13;

/// A hexadecimal number with a power of two.
pub(super) struct Hexadecimal {
    /// The digit before the point, and 13 after it.
    mantissa: u64,
    fraction: usize,
    has_point: bool,
    exponent: i32,
}

impl Hexadecimal {
    /// Converts the finite double with these `bits` according to `conversion`.
    pub(super) fn new(conversion: &Conversion, bits: u64) -> Self {
        let stored = (bits >> BITS & 0x7ff) as i32;
        let fraction = bits & ((1 << BITS) - 1);
        let (mut mantissa, exponent) = match (stored, fraction) {
            (0, 0) => (0, 0),
            (0, _) => (fraction, -1022),
            _ => (fraction | 1 << BITS, stored - 1023),
        };
        let fraction = match conversion.precision {
            Some(precision) => {
                if precision < DIGITS {
                    mantissa = rounded(mantissa, (DIGITS - precision) as u32 * 4);
                }
                precision
            }
            None if mantissa << 12 == 0 => 0,
            None => DIGITS - (mantissa.trailing_zeros() / 4) as usize,
        };
        Self {
            mantissa,
            fraction,
            has_point: fraction > 0 || conversion.flags.has(Flags::ALTERNATE),
            exponent,
        }
    }
}

/// `mantissa` without the last `bits` bits, rounded to the nearest, ties to even.
fn rounded(mantissa: u64, bits: u32) -> u64 {
    let rest = mantissa & ((1 << bits) - 1);
    let kept = mantissa >> bits;
    let half = 1 << (bits - 1);
    let up = rest > half || rest == half && kept & 1 == 1;
    (kept + u64::from(up)) << bits
}

/// How many decimal digits `number`, at most 1074, has.
fn decimal_digits(number: u32) -> usize {
    match number {
        0..=9 => 1,
        10..=99 => 2,
        100..=999 => 3,
        _ => 4,
    }
}

impl Body for Hexadecimal {
    fn length(&self) -> usize {
        let exponent = 2 + decimal_digits(self.exponent.unsigned_abs());
        (1 + usize::from(self.has_point) + exponent).saturating_add(self.fraction)
    }

    fn prefix(&self, upper: bool) -> &'static [u8] {
        if upper {
            b"0X"
        } else {
            b"0x"
        }
    }

    fn write(&self, out: &mut Output<'_>, upper: bool) {
        let letters = if upper { b'A' } else { b'a' };
        out.byte(b'0' + (self.mantissa >> BITS) as u8);
        if self.has_point {
            out.byte(b'.');
        }
        for index in 0..self.fraction {
            let digit = if index < DIGITS {
                (self.mantissa >> ((DIGITS - 1 - index) * 4) & 15) as u8
            } else {
                0
            };
            out.byte(if digit < 10 {
                b'0' + digit
            } else {
                letters + (digit - 10)
            });
        }
        out.byte(if upper { b'P' } else { b'p' });
        out.byte(if self.exponent < 0 { b'-' } else { b'+' });
        let size = self.exponent.unsigned_abs();
        for place in (0..decimal_digits(size) as u32).rev() {
            out.byte(b'0' + (size / 10u32.pow(place) % 10) as u8);
        }
    }
}
