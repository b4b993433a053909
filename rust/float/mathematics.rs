// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The mathematical functions of C.

mod exponential;
mod logarithm;

use core::mem::MaybeUninit;

use crate::libm;
use crate::nan;

/// Exports functions of one number under their names in C.
macro_rules! unary {
    ($($name:ident)*) => {
        $(
            #[doc = concat!("`", stringify!($name), "` of C.")]
            #[unsafe(no_mangle)]
            extern "C" fn $name(number: f64) -> f64 {
                nan::unary(libm::$name(number), number)
            }
        )*
    };
}

/// Exports functions of two numbers under their names in C.
macro_rules! binary {
    ($($name:ident)*) => {
        $(
            #[doc = concat!("`", stringify!($name), "` of C.")]
            #[unsafe(no_mangle)]
            extern "C" fn $name(first: f64, second: f64) -> f64 {
                nan::binary(libm::$name(first, second), first, second)
            }
        )*
    };
}

unary! { atan ceil cos floor log log2 sin sqrt tan }
binary! { fmod }

/// Exports functions that return, outside their domain, a not-a-number without a sign in glibc.
macro_rules! unary_unsigned {
    ($($name:ident)*) => {
        $(
            #[doc = concat!("`", stringify!($name), "` of C.")]
            #[unsafe(no_mangle)]
            extern "C" fn $name(number: f64) -> f64 {
                let result = libm::$name(number);
                if nan::is_nan(result) && !nan::is_nan(number) {
                    f64::NAN
                } else {
                    nan::unary(result, number)
                }
            }
        )*
    };
}

unary_unsigned! { acos asin }

/// `log10` of C.
#[unsafe(no_mangle)]
extern "C" fn log10(number: f64) -> f64 {
    // Neither zero, nor negative, nor infinite, nor not a number.
    if (1..0x7ff << 52).contains(&number.to_bits()) {
        return logarithm::log10(number);
    }
    let result = libm::log10(number);
    if nan::is_nan(result) && !nan::is_nan(number) {
        f64::NAN
    } else {
        nan::unary(result, number)
    }
}

/// `atan2` of C. Of two operands that are not numbers, glibc gives the second.
#[unsafe(no_mangle)]
extern "C" fn atan2(y: f64, x: f64) -> f64 {
    nan::binary(libm::atan2(y, x), x, y)
}

/// `exp` of C.
#[unsafe(no_mangle)]
extern "C" fn exp(number: f64) -> f64 {
    nan::unary(exponential::exp(number), number)
}

/// `pow` of C. glibc negates a negative not-a-number when the exponent is an odd integer.
#[unsafe(no_mangle)]
extern "C" fn pow(base: f64, exponent: f64) -> f64 {
    let result = nan::binary(libm::pow(base, exponent), base, exponent);
    if nan::is_nan(result) && nan::is_nan(base) && base.is_sign_negative() && is_odd(exponent) {
        fabs(result)
    } else {
        result
    }
}

/// Whether `number` is an odd integer.
fn is_odd(number: f64) -> bool {
    number.is_finite() && libm::fmod(fabs(number), 2.0).to_bits() == 1f64.to_bits()
}

/// `fabs` of C.
#[unsafe(no_mangle)]
extern "C" fn fabs(number: f64) -> f64 {
    f64::from_bits(number.to_bits() & !(1 << 63))
}

/// `ldexp` of C: `number * 2^exponent`.
#[unsafe(no_mangle)]
extern "C" fn ldexp(number: f64, exponent: i32) -> f64 {
    nan::unary(libm::ldexp(number, exponent), number)
}

/// `frexp` of C: a fraction from 0.5 up to 1, and the power of two that belongs to it.
#[unsafe(no_mangle)]
extern "C" fn frexp(number: f64, exponent: &mut MaybeUninit<i32>) -> f64 {
    let special = number.to_bits() << 1 == 0 || number.to_bits() >> 52 & 0x7ff == 0x7ff;
    let (fraction, power) = if special {
        (number, 0)
    } else {
        libm::frexp(number)
    };
    exponent.write(power);
    nan::unary(fraction, number)
}

/// The upper half of `a * b`.
fn product_high(a: u64, b: u64) -> u64 {
    (u128::from(a) * u128::from(b) >> 64) as u64
}
