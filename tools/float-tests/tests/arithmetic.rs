// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Operators and conversions give, bit for bit, what the processor gives.

use std::arch::asm;

use float_tests::{
    repeatedly, //
    soft,
};

macro_rules! processor {
    ($($name:ident = $instruction:literal;)*) => {
        $(
            /// The instruction itself: a compiler may swap operands, which a not-a-number shows.
            fn $name(a: u64, b: u64) -> u64 {
                let mut result = f64::from_bits(a);
                // SAFETY: The instruction touches these two registers only.
                unsafe {
                    asm!(concat!($instruction, " {}, {}"), inout(xmm_reg) result,
                         in(xmm_reg) f64::from_bits(b), options(pure, nomem, nostack));
                }
                result.to_bits()
            }
        )*
    };
}

processor! {
    addsd = "addsd";
    subsd = "subsd";
    mulsd = "mulsd";
    divsd = "divsd";
}

#[test]
fn operators_equal_the_processors() {
    repeatedly("operators", |random| {
        let (a, b) = (random.double(), random.double());
        assert_eq!(soft::add(a, b), addsd(a, b), "{a:#x} + {b:#x}");
        assert_eq!(soft::sub(a, b), subsd(a, b), "{a:#x} - {b:#x}");
        assert_eq!(soft::mul(a, b), mulsd(a, b), "{a:#x} * {b:#x}");
        assert_eq!(soft::div(a, b), divsd(a, b), "{a:#x} / {b:#x}");
        assert_eq!(soft::neg(a), a ^ 1 << 63);
    });
}

#[test]
fn sums_of_numbers_of_like_size_equal_the_processors() {
    repeatedly("like sizes", |random| {
        let a = random.double();
        let b = a
            .wrapping_add(random.below(64) << 52)
            .wrapping_add(random.bits() >> 12)
            ^ random.below(2) << 63;
        assert_eq!(soft::add(a, b), addsd(a, b), "{a:#x} + {b:#x}");
        assert_eq!(soft::sub(a, b), subsd(a, b), "{a:#x} - {b:#x}");
    });
}

#[test]
fn comparisons_equal_the_processors() {
    repeatedly("comparisons", |random| {
        let a = random.double();
        let b = match random.below(4) {
            0 => a,
            1 => a ^ 1 << 63,
            _ => random.double(),
        };
        let (x, y) = (f64::from_bits(a), f64::from_bits(b));
        assert_eq!(soft::eq(a, b) == 0, x == y, "{a:#x} {b:#x}");
        assert_eq!(soft::ne(a, b) != 0, x != y, "{a:#x} {b:#x}");
        assert_eq!(soft::lt(a, b) < 0, x < y, "{a:#x} {b:#x}");
        assert_eq!(soft::le(a, b) <= 0, x <= y, "{a:#x} {b:#x}");
        assert_eq!(soft::gt(a, b) > 0, x > y, "{a:#x} {b:#x}");
        assert_eq!(soft::ge(a, b) >= 0, x >= y, "{a:#x} {b:#x}");
        assert_eq!(soft::unord(a, b) != 0, x.is_nan() || y.is_nan());
    });
}

#[test]
fn conversions_equal_the_processors() {
    repeatedly("conversions", |random| {
        let bits = random.double();
        let number = f64::from_bits(bits);
        assert_eq!(soft::to_i32(bits), number as i32, "{bits:#x}");
        assert_eq!(soft::to_i64(bits), number as i64, "{bits:#x}");
        assert_eq!(soft::to_u32(bits), number as u32, "{bits:#x}");
        assert_eq!(soft::to_u64(bits), number as u64, "{bits:#x}");
        let integer = random.bits() >> random.below(64);
        assert_eq!(soft::from_u64(integer), (integer as f64).to_bits());
        assert_eq!(
            soft::from_i64(integer as i64),
            (integer as i64 as f64).to_bits()
        );
        assert_eq!(
            soft::from_u32(integer as u32),
            (integer as u32 as f64).to_bits()
        );
        assert_eq!(
            soft::from_i32(integer as i32),
            (integer as i32 as f64).to_bits()
        );
        assert_eq!(soft::to_f32(bits), single(number).to_bits(), "{bits:#x}");
        let small = random.bits() as u32;
        assert_eq!(
            soft::from_f32(small),
            double(f32::from_bits(small)).to_bits()
        );
    });
}

/// `number` as the processor narrows it, not-a-numbers included.
fn single(number: f64) -> f32 {
    let result: f32;
    // SAFETY: The instruction touches these two registers only.
    unsafe {
        asm!("cvtsd2ss {}, {}", out(xmm_reg) result, in(xmm_reg) number,
             options(pure, nomem, nostack));
    }
    result
}

/// `number` as the processor widens it, not-a-numbers included.
fn double(number: f32) -> f64 {
    let result: f64;
    // SAFETY: The instruction touches these two registers only.
    unsafe {
        asm!("cvtss2sd {}, {}", out(xmm_reg) result, in(xmm_reg) number,
             options(pure, nomem, nostack));
    }
    result
}
