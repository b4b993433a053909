// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! All digits, by shifts of a decimal number with room for each of them. This always succeeds, but
//! is slow.

use core::mem::MaybeUninit;

use super::Finite;
use crate::fast_float::decimal::Decimal;

/// The farthest that a decimal number can be shifted at once.
const MOST_BITS: u32 = 60;

/// The most digits of a mantissa: `2^53` has no more.
const MANTISSA_DIGITS: u32 = 16;

/// Writes digits to `room`, none after the place `10^limit`. Returns the number of digits and the
/// place of the point: the number is `0.DIGITS * 10^point`. Zeros at the end may be missing.
///
/// A separate function, so that only its callers pay for its large frame.
#[cold]
#[inline(never)]
pub(super) fn digits(number: Finite, room: &mut [MaybeUninit<u8>], limit: i32) -> (usize, i32) {
    let mut decimal = Decimal::default();
    convert(number, &mut decimal);
    let digits = decimal.digits.get(..decimal.num_digits).unwrap_or_default();
    let point = decimal.decimal_point;
    let Ok(wanted) = usize::try_from(point - limit) else {
        return (0, limit);
    };
    let count = wanted.min(room.len());
    let (kept, cut) = digits.split_at(count.min(digits.len()));
    for (place, digit) in room.iter_mut().zip(kept) {
        place.write(b'0' + digit);
    }
    // The last of all digits is not zero: what follows a 5 makes it more than a half.
    let odd = kept.last().is_some_and(|digit| digit & 1 == 1);
    let up = match cut {
        [] => false,
        [5] => odd,
        [first, ..] => *first >= 5,
    };
    if !up {
        return (kept.len(), point);
    }
    // Nines become zeros, which need not be written, and the digit before them grows by one.
    match kept.iter().rposition(|digit| *digit != 9) {
        Some(last) => {
            if let (Some(place), Some(digit)) = (room.get_mut(last), kept.get(last)) {
                place.write(b'0' + digit + 1);
            }
            (last + 1, point)
        }
        None => match room.first_mut() {
            Some(place) => {
                place.write(b'1');
                (1, point + 1)
            }
            None => (0, point),
        },
    }
}

/// Gives `decimal`, which is 0, all digits of the number: at most 767, for which there is room. It
/// is filled in place, because a second one would make the frame too large.
fn convert(number: Finite, decimal: &mut Decimal) {
    for place in (0..MANTISSA_DIGITS).rev() {
        let digit = number.mantissa / 10u64.pow(place) % 10;
        if digit != 0 || decimal.num_digits != 0 {
            decimal.try_add_digit(digit as u8);
        }
    }
    decimal.decimal_point = decimal.num_digits as i32;
    decimal.trim();
    let mut bits = number.exponent.unsigned_abs();
    while bits != 0 {
        let step = bits.min(MOST_BITS);
        if number.exponent > 0 {
            decimal.left_shift(step as usize);
        } else {
            decimal.right_shift(step as usize);
        }
        bits -= step;
    }
}
