// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The operators: the functions that a compiler calls if the processor has no instructions for
//! doubles.

use crate::compiler_builtins::float::{
    add, //
    cmp,
    conv,
    div,
    extend,
    mul,
    trunc,
};
use crate::compiler_builtins::int::udiv;
use crate::nan;

const SIGN: u64 = 1 << 63;

/// Exports functions of compiler_builtins under the names that compilers call.
macro_rules! export {
    ($($part:ident :: $name:ident($($argument:ident: $of:ty),*) -> $result:ty;)*) => {
        $(
            #[doc = concat!("`", stringify!($name), "` of the compiler's runtime library.")]
            // Rust 1.85 warns of `u128`; its ABI is that of C's `__int128`, for which compilers
            // call these functions.
            #[allow(improper_ctypes_definitions)]
            #[unsafe(no_mangle)]
            extern "C" fn $name($($argument: $of),*) -> $result {
                $part::$name($($argument),*)
            }
        )*
    };
}

export! {
    cmp::__eqdf2(a: f64, b: f64) -> cmp::CmpResult;
    cmp::__nedf2(a: f64, b: f64) -> cmp::CmpResult;
    cmp::__ltdf2(a: f64, b: f64) -> cmp::CmpResult;
    cmp::__ledf2(a: f64, b: f64) -> cmp::CmpResult;
    cmp::__gtdf2(a: f64, b: f64) -> cmp::CmpResult;
    cmp::__gedf2(a: f64, b: f64) -> cmp::CmpResult;
    cmp::__unorddf2(a: f64, b: f64) -> cmp::CmpResult;
    conv::__fixdfsi(number: f64) -> i32;
    conv::__fixdfdi(number: f64) -> i64;
    conv::__fixunsdfsi(number: f64) -> u32;
    conv::__fixunsdfdi(number: f64) -> u64;
    conv::__floatsidf(number: i32) -> f64;
    conv::__floatdidf(number: i64) -> f64;
    conv::__floatunsidf(number: u32) -> f64;
    conv::__floatundidf(number: u64) -> f64;
    trunc::__truncdfsf2(number: f64) -> f32;
    udiv::__udivti3(a: u128, b: u128) -> u128;
    udiv::__umodti3(a: u128, b: u128) -> u128;
}

/// `a + b`.
#[unsafe(no_mangle)]
extern "C" fn __adddf3(a: f64, b: f64) -> f64 {
    nan::binary(add::__adddf3(a, b), a, b)
}

/// `a - b`.
#[unsafe(no_mangle)]
extern "C" fn __subdf3(a: f64, b: f64) -> f64 {
    let negated = f64::from_bits(b.to_bits() ^ SIGN);
    nan::binary(add::__adddf3(a, negated), a, b)
}

/// `a * b`.
#[unsafe(no_mangle)]
extern "C" fn __muldf3(a: f64, b: f64) -> f64 {
    nan::binary(mul::__muldf3(a, b), a, b)
}

/// `a / b`.
#[unsafe(no_mangle)]
extern "C" fn __divdf3(a: f64, b: f64) -> f64 {
    nan::binary(div::__divdf3(a, b), a, b)
}

/// `number` in double precision.
#[unsafe(no_mangle)]
extern "C" fn __extendsfdf2(number: f32) -> f64 {
    let wide = extend::__extendsfdf2(number);
    nan::unary(wide, wide)
}

/// `-number`: a change of the sign, even of a not-a-number.
#[unsafe(no_mangle)]
extern "C" fn __negdf2(number: f64) -> f64 {
    f64::from_bits(number.to_bits() ^ SIGN)
}
