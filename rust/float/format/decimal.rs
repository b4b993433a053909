// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The conversions `e`, `f` and `g`.

use core::mem::MaybeUninit;

use super::{
    Body, //
    Conversion,
    Flags,
    Output,
};
use crate::digits::{
    Number, //
    MOST,
};

/// The precision if none is given.
const USUAL: usize = 6;

/// No digit of a double stands farther after its point.
const LAST_PLACE: usize = 1100;

/// A decimal number, with or without an exponent.
pub(super) struct Decimal<'a> {
    digits: &'a [u8],
    /// How many digits stand before the point; less than 0: zeros after it.
    point: i32,
    /// How many digits stand after the point, zeros included.
    fraction: usize,
    has_point: bool,
    exponent: Option<i32>,
}

impl Conversion {
    /// The precision, and what it stands for.
    fn digits_asked(&self) -> usize {
        match (self.letter, self.precision.unwrap_or(USUAL)) {
            (b'g', precision) => precision.max(1),
            (b'e', precision) => precision.saturating_add(1),
            (_, precision) => precision,
        }
    }

    /// The most digits of `number` that may be needed.
    pub(super) fn most_digits(&self, number: &Number) -> usize {
        match (self.letter, number) {
            (b'f', Number::Finite(finite)) => finite
                .most_before_point()
                .saturating_add(self.digits_asked()),
            _ => self.digits_asked(),
        }
    }
}

impl<'a> Decimal<'a> {
    /// Converts `number` according to `conversion`; its digits go to `room`.
    pub(super) fn new(
        conversion: &Conversion,
        number: &Number,
        room: &'a mut [MaybeUninit<u8>],
    ) -> Self {
        let asked = conversion.digits_asked();
        let fixed = conversion.letter == b'f';
        let (digits, point): (&[u8], i32) = match number {
            Number::Finite(finite) if fixed => finite.digits(room, -(asked.min(LAST_PLACE) as i16)),
            Number::Finite(finite) => {
                let count = asked.min(MOST).min(room.len());
                finite.digits(room.split_at_mut(count).0, i16::MIN)
            }
            // The number is zero: all its digits are zeros that are filled in.
            _ => (&[], 1),
        };
        let alternate = conversion.flags.has(Flags::ALTERNATE);
        let power = point.saturating_sub(1);
        let (with_exponent, fraction) = match conversion.letter {
            b'f' => (false, asked),
            b'e' => (true, asked - 1),
            _ => {
                let with_exponent = power < -4 || i64::from(power) >= asked as i64;
                // Digits that count for the precision, and those among them that are written.
                let written = if alternate {
                    asked
                } else {
                    without_zeros(digits)
                };
                let before = if with_exponent { 1 } else { i64::from(point) };
                (with_exponent, (written as i64 - before).max(0) as usize)
            }
        };
        Self {
            digits,
            point: if with_exponent { 1 } else { point },
            fraction,
            has_point: fraction > 0 || alternate,
            exponent: with_exponent.then_some(power),
        }
    }

    /// The digit `index` places after the first, or the zero that stands there.
    fn digit(&self, index: i64) -> u8 {
        let digit = usize::try_from(index)
            .ok()
            .and_then(|at| self.digits.get(at));
        digit.copied().unwrap_or(b'0')
    }
}

/// How many of `digits` are left when zeros at the end are not written.
fn without_zeros(digits: &[u8]) -> usize {
    let last = digits.iter().rposition(|digit| *digit != b'0');
    last.map_or(0, |last| last + 1)
}

impl Body for Decimal<'_> {
    fn length(&self) -> usize {
        let exponent = match self.exponent {
            Some(exponent) if exponent.unsigned_abs() >= 100 => 5,
            Some(_) => 4,
            None => 0,
        };
        let whole = usize::try_from(self.point).unwrap_or(0).max(1);
        whole
            .saturating_add(usize::from(self.has_point))
            .saturating_add(self.fraction)
            .saturating_add(exponent)
    }

    fn write(&self, out: &mut Output<'_>, upper: bool) {
        let point = i64::from(self.point);
        if point <= 0 {
            out.byte(b'0');
        }
        for index in 0..point {
            out.byte(self.digit(index));
        }
        if self.has_point {
            out.byte(b'.');
        }
        for index in 0..self.fraction as i64 {
            out.byte(self.digit(point.saturating_add(index)));
        }
        if let Some(exponent) = self.exponent {
            out.byte(if upper { b'E' } else { b'e' });
            out.byte(if exponent < 0 { b'-' } else { b'+' });
            let size = exponent.unsigned_abs();
            if size >= 100 {
                out.byte(b'0' + (size / 100) as u8);
            }
            out.byte(b'0' + (size / 10 % 10) as u8);
            out.byte(b'0' + (size % 10) as u8);
        }
    }
}
