// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The not-a-number that an operation returns. It is the one that SSE2 returns, so that programs
//! print the same `nan` or `-nan` here as in user space.

const INFINITY: u64 = 0x7ff0_0000_0000_0000;
const QUIET: u64 = 0x0008_0000_0000_0000;

/// The not-a-number that x86 makes when no operand was one: its sign is set.
const INVALID: u64 = 0xfff8_0000_0000_0000;

/// Whether `number` is a not-a-number, without a call to a comparison.
#[inline(always)]
pub(crate) const fn is_nan(number: f64) -> bool {
    number.to_bits() << 1 > INFINITY << 1
}

/// `number`, a not-a-number, as an operation passes it on.
#[inline(always)]
const fn quieted(number: f64) -> f64 {
    f64::from_bits(number.to_bits() | QUIET)
}

/// The result of an operation on `first` and `second` that gives a not-a-number.
#[cold]
#[inline(never)]
fn made_of(first: f64, second: f64) -> f64 {
    if is_nan(first) {
        quieted(first)
    } else if is_nan(second) {
        quieted(second)
    } else {
        f64::from_bits(INVALID)
    }
}

/// `result`, or, if that is a not-a-number, the one that the hardware returns for these operands.
#[inline(always)]
pub(crate) fn binary(result: f64, first: f64, second: f64) -> f64 {
    if is_nan(result) {
        made_of(first, second)
    } else {
        result
    }
}

/// [`binary`] for an operation with one operand.
#[inline(always)]
pub(crate) fn unary(result: f64, operand: f64) -> f64 {
    binary(result, operand, operand)
}
