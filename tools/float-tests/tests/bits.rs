// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The functions that only approximate the C library's return the same bits with every compiler and every version of
//! the crates: scripts must print the same results on all kernels.

use std::collections::BTreeMap;

use float_tests::{
    cases::Random, //
    soft,
};

/// The number of arguments with which each function is tested.
const CASES: u32 = 200_000;

/// A digest of all results of each function, as Rust 1.95's own library source gave them.
const EXPECTED: [(&str, u64); 12] = [
    ("acos", 0xb25b_6c73_12c5_66a4),
    ("asin", 0x98ce_194a_ecec_25ac),
    ("atan", 0xbd70_606a_295b_309d),
    ("atan2", 0x1084_87ee_9ec7_c8b8),
    ("cos", 0x2866_bde1_2f6c_3bc8),
    ("exp", 0x57e4_ab53_aa39_495c),
    ("log", 0x6365_d7f6_c110_7ff3),
    ("log10", 0x7028_4448_b349_b45e),
    ("log2", 0x7ff2_0737_27cb_155e),
    ("pow", 0xf10a_6b7d_b1d8_c1b5),
    ("sin", 0xc8e9_857d_d2f0_057a),
    ("tan", 0x461c_1c44_7e35_8507),
];

/// Half of the arguments are numbers between -30 and 30, for which most functions have results
/// that depend on every bit.
fn argument(random: &mut Random) -> u64 {
    if random.below(2) == 0 {
        random.between(-30.0, 30.0).to_bits()
    } else {
        random.double()
    }
}

fn digest(name: &str, mut result: impl FnMut(&mut Random) -> u64) -> u64 {
    let mut random = Random::new(name);
    (0..CASES).fold(0xcbf2_9ce4_8422_2325, |sum: u64, _| {
        (sum ^ result(&mut random))
            .wrapping_mul(0x100_0000_01b3)
            .rotate_left(29)
    })
}

#[test]
fn results_have_the_bits_that_they_always_had() {
    let one = [
        ("acos", soft::acos as extern "C" fn(u64) -> u64),
        ("asin", soft::asin),
        ("atan", soft::atan),
        ("cos", soft::cos),
        ("exp", soft::exp),
        ("log", soft::log),
        ("log10", soft::log10),
        ("log2", soft::log2),
        ("sin", soft::sin),
        ("tan", soft::tan),
    ];
    let two = [
        ("atan2", soft::atan2 as extern "C" fn(u64, u64) -> u64),
        ("pow", soft::pow),
    ];
    let mut digests = BTreeMap::new();
    for (name, function) in one {
        // The range of the sine: the arc functions are undefined outside it.
        let arc = matches!(name, "acos" | "asin");
        let sum = digest(name, |random| {
            function(if arc && random.below(2) == 0 {
                random.between(-1.0, 1.0).to_bits()
            } else {
                argument(random)
            })
        });
        digests.insert(name, sum);
    }
    for (name, function) in two {
        let sum = digest(name, |random| {
            let first = argument(random);
            function(first, argument(random))
        });
        digests.insert(name, sum);
    }
    assert_eq!(digests, BTreeMap::from(EXPECTED), "{digests:#x?}");
}
