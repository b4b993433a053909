// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Tests of the buckets of histograms, against the floating point numbers that the kernel has not.

use crate::buckets::{bucket_of, rank, upper_bound, Fraction, BUCKETS};

#[test]
fn a_value_is_above_the_bounds_of_the_buckets_before_its_own() {
    let mut values = vec![0, 1, 2, 3, 4, i64::MAX - 1, i64::MAX];
    values.extend((2..63).flat_map(|bit| [(1 << bit) - 1, 1 << bit, (1 << bit) + 1]));
    for value in values {
        let bucket = bucket_of(value).unwrap();
        assert!(bucket < BUCKETS && value <= upper_bound(bucket), "{value}");
        assert!(bucket == 0 || value > upper_bound(bucket - 1), "{value}");
    }
    assert_eq!(upper_bound(0), 0);
    assert_eq!(upper_bound(1), 1);
    assert_eq!(upper_bound(BUCKETS - 1), i64::MAX);
    assert_eq!(upper_bound(BUCKETS), i64::MAX);
}

#[test]
fn a_negative_value_has_no_bucket() {
    assert_eq!(bucket_of(-1), None);
    assert_eq!(bucket_of(i64::MIN), None);
}

#[test]
fn numbers_from_0_to_1_are_fractions() {
    for value in [0.0, -0.0, 0.25, 0.5, 0.99, 1.0, f64::MIN_POSITIVE, 5e-324] {
        assert!(Fraction::of_float(f64::to_bits(value)).is_some(), "{value}");
    }
    let above = f64::from_bits(f64::to_bits(1.0) + 1);
    for value in [
        -0.5,
        -5e-324,
        above,
        2.0,
        f64::NAN,
        -f64::NAN,
        f64::INFINITY,
    ] {
        assert_eq!(Fraction::of_float(f64::to_bits(value)), None, "{value}");
    }
    assert_eq!(Fraction::of_integer(0), Fraction::of_float(0));
    assert_eq!(
        Fraction::of_integer(1),
        Fraction::of_float(f64::to_bits(1.0))
    );
    assert_eq!(Fraction::of_integer(2), None);
    assert_eq!(Fraction::of_integer(-1), None);
}

/// The rank, computed with all bits of the product.
fn exact(value: f64, count: u64) -> u64 {
    if value == 0.0 {
        return 1;
    }
    let bits = value.to_bits();
    let exponent = (bits >> 52) as i32 - 1023 - 52;
    let mantissa = u128::from(bits & ((1 << 52) - 1) | 1 << 52);
    let product = mantissa * u128::from(count);
    let shift = u32::try_from(-exponent).unwrap();
    if shift > 127 {
        return 1;
    }
    ((product + ((1 << shift) - 1)) >> shift).max(1) as u64
}

#[test]
fn ranks_are_exact() {
    let counts = [
        1,
        2,
        3,
        7,
        10,
        99,
        100,
        101,
        1000,
        12345,
        1 << 40,
        i64::MAX as u64,
    ];
    for hundredth in 0..=1000 {
        let value = f64::from(hundredth) / 1000.0;
        let fraction = Fraction::of_float(value.to_bits()).unwrap();
        for count in counts {
            let rank = rank(fraction, count);
            // Below one half, bits are cut off. With them, 0.001 of 1000 would be more than 1.
            let wanted = exact(value, count);
            let slack = u64::from(value < 0.5) * (1 + (count >> 52));
            assert!(
                rank <= wanted && rank + slack >= wanted,
                "{value} of {count}: {rank}, {wanted}"
            );
            assert!((1..=count).contains(&rank), "{value} of {count}");
        }
    }
}

#[test]
fn the_ends_are_the_first_and_the_last_value() {
    for count in [1, 2, 1000, u64::MAX] {
        assert_eq!(rank(Fraction::of_integer(0).unwrap(), count), 1);
        assert_eq!(rank(Fraction::of_integer(1).unwrap(), count), count);
        let least = Fraction::of_float(f64::to_bits(5e-324)).unwrap();
        let rank = rank(least, count);
        assert!(rank == 1 || count == u64::MAX, "{rank}");
    }
}
