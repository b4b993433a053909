// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Doubles without a floating-point unit: the functions that compiled C and Rust code calls for the
//! operators, the C mathematical functions, and the conversions between doubles and text.
//!
//! The operators, mathematical functions and the parser are those of the crates `compiler_builtins`,
//! `libm` and `fast-float2`, whose sources are modules of this crate. It adds the digits of doubles,
//! C names, the not-a-numbers of x86 hardware, and the conventions of `printf` and `strtod`.
//!
//! This is a crate of its own so that the tests on the host can compile the very same source.

#![no_builtins]
#![allow(internal_features)]
#![cfg_attr(host_test, no_std, feature(core_intrinsics))]

mod arithmetic;
mod digits;
mod format;
mod mathematics;
mod nan;
mod parse;

// The sources of the crates, which scripts/prepare-float has copied to the object tree.
include!(concat!(env!("LUNATIK_OBJ"), "/rust/float/crates/crates.rs"));

/// The crates refer to this function for divisions by zero, which they never execute.
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
