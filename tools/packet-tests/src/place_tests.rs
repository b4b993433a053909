// SPDX-License-Identifier: GPL-2.0-only OR MIT

use crate::place::place;

#[test]
fn a_range_is_in_a_part_or_nowhere() {
    // All small parts and ranges.
    for start in -3..4 {
        for end in start..6 {
            for offset in -9..10_i64 {
                for length in 0..10_usize {
                    let is_inside = offset >= 0 && offset + length as i64 <= i64::from(end - start);
                    let expected = is_inside.then_some(start + offset as i32);
                    assert_eq!(place(start, end, offset, length), expected);
                }
            }
        }
    }
}

#[test]
fn no_number_is_too_large() {
    for start in [i32::MIN, -14, 0, i32::MAX] {
        for end in [i32::MIN, 0, 1500, i32::MAX] {
            for offset in [i64::MIN, -1, 0, 1 << 31, 1 << 32, (1 << 32) + 1, i64::MAX] {
                for length in [0, 1, 1 << 31, 1 << 32, usize::MAX] {
                    if let Some(at) = place(start, end, offset, length) {
                        assert!(at >= start && i64::from(at) + length as i64 <= i64::from(end));
                        assert_eq!(i64::from(at), i64::from(start) + offset);
                    }
                }
            }
        }
    }
}

#[test]
fn a_part_that_ends_before_it_begins_has_no_bytes() {
    assert_eq!(place(10, 5, 0, 0), None);
    assert_eq!(place(10, 5, -5, 1), None);
}
