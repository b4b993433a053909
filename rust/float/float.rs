// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Doubles without a floating-point unit: the functions that compiled C and Rust code calls for the
//! operators, the C mathematical functions, and the conversions between doubles and text.
//!
//! The algorithms are those of Rust's core library source (compiler-builtins, libm, `dec2flt`,
//! `flt2dec`), compiled from the place where set-up has put it. This crate adds their C names, the
//! not-a-numbers of x86 hardware, and the conventions of `printf` and `strtod`.
//!
//! This is a crate of its own so that the tests on the host can compile the very same source.

#![no_builtins]
#![unstable(feature = "lunatik_float", issue = "none")]
#![allow(internal_features)]
#![cfg_attr(host_test, no_std)]
#![cfg_attr(
    host_test,
    feature(
        cfg_target_has_reliable_f16_f128,
        core_intrinsics,
        ergonomic_clones,
        f16,
        linkage,
        macro_metavar_expr_concat,
        repr_simd,
        rustc_attrs,
        staged_api,
        widening_mul
    )
)]

mod arithmetic;
mod digits;
mod format;
mod mathematics;
mod nan;
mod parse;
mod raw_float;

// The library, with its own paths: its files refer to each other from the crate's root.
include!(concat!(env!("LUNATIK_OBJ"), "/rust/float/library.rs"));

/// The library refers to this function for the logarithm of zero and for divisions by zero. It
/// never gets there.
#[unsafe(no_mangle)]
#[cold]
extern "C" fn lunatik_float_unreachable() -> ! {
    panic!()
}

#[cfg(host_test)]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
