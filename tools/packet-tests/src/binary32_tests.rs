// SPDX-License-Identifier: GPL-2.0-only OR MIT

use crate::binary32::{narrow, widen};

/// Numbers that look random.
fn numbers(count: usize) -> impl Iterator<Item = u64> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    })
    .take(count)
}

fn check_narrow(bits: u64) {
    let double = f64::from_bits(bits);
    if double.is_nan() {
        assert!(f32::from_bits(narrow(bits)).is_nan());
    } else {
        assert_eq!(narrow(bits), (double as f32).to_bits(), "{bits:x}");
    }
}

#[test]
fn floats_are_converted_as_a_processor_does_it() {
    // Each exponent, with fractions at the edges and elsewhere.
    let fractions = (0..1000)
        .chain((0..1 << 23).step_by(65_537))
        .chain((1 << 23) - 1000..1 << 23);
    for fraction in fractions {
        for high in 0..512_u32 {
            let single = high << 23 | fraction;
            let double = widen(single);
            if f32::from_bits(single).is_nan() {
                assert!(f64::from_bits(double).is_nan());
                continue;
            }
            assert_eq!(
                double,
                f64::from(f32::from_bits(single)).to_bits(),
                "{single:x}"
            );
            assert_eq!(narrow(double), single);
            // In the middle to the next one, and beside that.
            for add in [(1 << 28) - 1, 1 << 28, (1 << 28) + 1] {
                check_narrow(double + add);
            }
        }
    }
}

#[test]
fn doubles_are_rounded_as_a_processor_does_it() {
    for bits in numbers(1_000_000) {
        check_narrow(bits);
        // Near the smallest and the largest single float.
        check_narrow(bits & !(SPECIAL << 52) | (870 + bits % 160) << 52);
        check_narrow(bits & !(SPECIAL << 52) | (1140 + bits % 20) << 52);
    }
    /// The bits of a double's exponent.
    const SPECIAL: u64 = 0x7ff;
}
