// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The functions of `rust/float`. Doubles are passed as their bits: that is what it means that
//! they travel in general registers.

use std::ffi::{
    c_char, //
    c_int,
    c_uint,
    c_void,
};

macro_rules! pure {
    ($($name:ident($($argument:ident: $of:ty),*) -> $result:ty = $symbol:literal;)*) => {
        unsafe extern "C" {
            $(
                #[doc = concat!("`", stringify!($name), "`, computed without the processor's unit.")]
                #[link_name = $symbol]
                pub safe fn $name($($argument: $of),*) -> $result;
            )*
        }
    };
}

pure! {
    add(a: u64, b: u64) -> u64 = "soft___adddf3";
    sub(a: u64, b: u64) -> u64 = "soft___subdf3";
    mul(a: u64, b: u64) -> u64 = "soft___muldf3";
    div(a: u64, b: u64) -> u64 = "soft___divdf3";
    neg(a: u64) -> u64 = "soft___negdf2";
    eq(a: u64, b: u64) -> c_int = "soft___eqdf2";
    ne(a: u64, b: u64) -> c_int = "soft___nedf2";
    lt(a: u64, b: u64) -> c_int = "soft___ltdf2";
    le(a: u64, b: u64) -> c_int = "soft___ledf2";
    gt(a: u64, b: u64) -> c_int = "soft___gtdf2";
    ge(a: u64, b: u64) -> c_int = "soft___gedf2";
    unord(a: u64, b: u64) -> c_int = "soft___unorddf2";
    to_i32(a: u64) -> i32 = "soft___fixdfsi";
    to_i64(a: u64) -> i64 = "soft___fixdfdi";
    to_u32(a: u64) -> u32 = "soft___fixunsdfsi";
    to_u64(a: u64) -> u64 = "soft___fixunsdfdi";
    from_i32(a: i32) -> u64 = "soft___floatsidf";
    from_i64(a: i64) -> u64 = "soft___floatdidf";
    from_u32(a: u32) -> u64 = "soft___floatunsidf";
    from_u64(a: u64) -> u64 = "soft___floatundidf";
    from_f32(a: u32) -> u64 = "soft___extendsfdf2";
    to_f32(a: u64) -> u32 = "soft___truncdfsf2";
    acos(a: u64) -> u64 = "soft_acos";
    asin(a: u64) -> u64 = "soft_asin";
    atan(a: u64) -> u64 = "soft_atan";
    atan2(a: u64, b: u64) -> u64 = "soft_atan2";
    ceil(a: u64) -> u64 = "soft_ceil";
    cos(a: u64) -> u64 = "soft_cos";
    exp(a: u64) -> u64 = "soft_exp";
    fabs(a: u64) -> u64 = "soft_fabs";
    floor(a: u64) -> u64 = "soft_floor";
    fmod(a: u64, b: u64) -> u64 = "soft_fmod";
    ldexp(a: u64, exponent: c_int) -> u64 = "soft_ldexp";
    log(a: u64) -> u64 = "soft_log";
    log10(a: u64) -> u64 = "soft_log10";
    log2(a: u64) -> u64 = "soft_log2";
    pow(a: u64, b: u64) -> u64 = "soft_pow";
    sin(a: u64) -> u64 = "soft_sin";
    sqrt(a: u64) -> u64 = "soft_sqrt";
    tan(a: u64) -> u64 = "soft_tan";
}

unsafe extern "C" {
    /// `frexp`.
    #[link_name = "soft_frexp"]
    pub fn frexp(a: u64, exponent: *mut c_int) -> u64;
    /// `strtod`.
    #[link_name = "soft_strtod"]
    pub fn strtod(text: *const c_char, end: *mut *const c_char) -> u64;
    /// The conversions of `printf`.
    #[link_name = "soft_lunatik_format_double"]
    pub fn format(
        buffer: *mut c_char,
        size: usize,
        conversion: c_char,
        flags: c_uint,
        width: c_int,
        precision: c_int,
        bits: u64,
    ) -> c_int;

    fn memcpy(to: *mut c_void, from: *const c_void, size: usize) -> *mut c_void;
    fn memmove(to: *mut c_void, from: *const c_void, size: usize) -> *mut c_void;
    fn memset(to: *mut c_void, byte: c_int, size: usize) -> *mut c_void;
    fn memcmp(a: *const c_void, b: *const c_void, size: usize) -> c_int;
}

// What compiled code calls has the prefix as well.

#[unsafe(export_name = "soft_memcpy")]
unsafe extern "C" fn soft_memcpy(to: *mut c_void, from: *const c_void, size: usize) -> *mut c_void {
    // SAFETY: The caller keeps the C function's conditions.
    unsafe { memcpy(to, from, size) }
}

#[unsafe(export_name = "soft_memmove")]
unsafe extern "C" fn soft_memmove(
    to: *mut c_void,
    from: *const c_void,
    size: usize,
) -> *mut c_void {
    // SAFETY: The caller keeps the C function's conditions.
    unsafe { memmove(to, from, size) }
}

#[unsafe(export_name = "soft_memset")]
unsafe extern "C" fn soft_memset(to: *mut c_void, byte: c_int, size: usize) -> *mut c_void {
    // SAFETY: The caller keeps the C function's conditions.
    unsafe { memset(to, byte, size) }
}

#[unsafe(export_name = "soft_memcmp")]
unsafe extern "C" fn soft_memcmp(a: *const c_void, b: *const c_void, size: usize) -> c_int {
    // SAFETY: The caller keeps the C function's conditions.
    unsafe { memcmp(a, b, size) }
}
