// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The properties of a number type that `dec2flt` and `flt2dec` need. Stands in for
//! `dec2flt/float.rs` of the core library, which uses constants that only the core library can see.

use core::num::FpCategory;
use core::ops::{
    Div, //
    Mul,
    Neg,
};

/// A type of floating-point numbers.
pub(crate) trait RawFloat:
    Copy + Div<Output = Self> + Mul<Output = Self> + Neg<Output = Self>
{
    const INFINITY: Self;
    const NAN: Self;
    /// The number of bits of the whole, and of the mantissa without and with the bit that is not
    /// stored.
    const BITS: u32;
    const SIG_BITS: u32 = Self::SIG_TOTAL_BITS - 1;
    const SIG_TOTAL_BITS: u32;
    /// The stored exponent of infinity, and the one that stands for 0.
    const INFINITE_POWER: i32 = (1 << (Self::BITS - Self::SIG_TOTAL_BITS)) - 1;
    const EXP_BIAS: i32 = Self::INFINITE_POWER >> 1;
    /// The exponent of the least number that is not subnormal.
    const EXP_MIN: i32 = 1 - Self::EXP_BIAS;
    /// The powers of ten between which a number may lie half way between two doubles.
    const MIN_EXPONENT_ROUND_TO_EVEN: i32;
    const MAX_EXPONENT_ROUND_TO_EVEN: i32;
    /// The powers of ten beyond which every number is infinite or zero.
    const LARGEST_POWER_OF_TEN: i32;
    const SMALLEST_POWER_OF_TEN: i32;
    /// The largest power of ten, and the largest mantissa, for which one operation gives the exact
    /// result.
    const MAX_EXPONENT_FAST_PATH: i64;
    const MIN_EXPONENT_FAST_PATH: i64 = -Self::MAX_EXPONENT_FAST_PATH;
    const MAX_EXPONENT_DISGUISED_FAST_PATH: i64;
    const MAX_MANTISSA_FAST_PATH: u64 = 1 << Self::SIG_TOTAL_BITS;

    /// The number `value`, which is at most
    /// [`MAX_MANTISSA_FAST_PATH`](Self::MAX_MANTISSA_FAST_PATH).
    fn from_u64(value: u64) -> Self;

    /// A power of ten up to [`MAX_EXPONENT_FAST_PATH`](Self::MAX_EXPONENT_FAST_PATH).
    fn pow10_fast_path(exponent: usize) -> Self;

    /// The category of the number.
    fn classify(self) -> FpCategory;

    /// The bits of the number.
    fn bits(self) -> u64;

    /// Mantissa, exponent and sign (1 or -1), so that the product of the first, two to the power of
    /// the second, and the third is the number.
    fn integer_decode(self) -> (u64, i16, i8) {
        let bits = self.bits();
        let sign = if bits >> (Self::BITS - 1) == 0 { 1 } else { -1 };
        let exponent = (bits >> Self::SIG_BITS) as i32 & Self::INFINITE_POWER;
        let fraction = bits & ((1 << Self::SIG_BITS) - 1);
        let mantissa = if exponent == 0 {
            fraction << 1
        } else {
            fraction | 1 << Self::SIG_BITS
        };
        let exponent = exponent - (Self::EXP_BIAS + Self::SIG_BITS as i32);
        (mantissa, exponent as i16, sign)
    }
}

/// Implements the trait; `f16` and `f32` only because the library's files name them.
macro_rules! raw_float {
    ($($name:ident: $bits:literal, even $least:literal $most:literal,
       ten $smallest:literal $largest:literal, fast $fast:literal $disguised:literal;)*) => {
        $(
            impl RawFloat for $name {
                const INFINITY: Self = $name::INFINITY;
                const NAN: Self = $name::NAN;
                const BITS: u32 = $bits;
                const SIG_TOTAL_BITS: u32 = $name::MANTISSA_DIGITS;
                const MIN_EXPONENT_ROUND_TO_EVEN: i32 = $least;
                const MAX_EXPONENT_ROUND_TO_EVEN: i32 = $most;
                const SMALLEST_POWER_OF_TEN: i32 = $smallest;
                const LARGEST_POWER_OF_TEN: i32 = $largest;
                const MAX_EXPONENT_FAST_PATH: i64 = $fast;
                const MAX_EXPONENT_DISGUISED_FAST_PATH: i64 = $disguised;

                #[inline]
                fn from_u64(value: u64) -> Self {
                    value as $name
                }

                #[inline]
                fn pow10_fast_path(exponent: usize) -> Self {
                    const POWERS: [f64; 32] = [
                        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13,
                        1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22, 0., 0., 0., 0., 0.,
                        0., 0., 0., 0.,
                    ];
                    POWERS[exponent & 31] as $name
                }

                #[inline]
                fn classify(self) -> FpCategory {
                    self.classify()
                }

                #[inline]
                fn bits(self) -> u64 {
                    u64::from(self.to_bits())
                }
            }
        )*
    };
}

raw_float! {
    f16: 16, even -22 5, ten -27 4, fast 4 7;
    f32: 32, even -17 10, ten -65 38, fast 10 17;
    f64: 64, even -4 23, ten -342 308, fast 22 37;
}
