// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Sorting on little stack.

use crate::sort::sort;

#[test]
fn whatever_is_there_comes_in_order() {
    let mut number = 1_u64;
    for length in (0..70).chain([1000, 4096, 100_003]) {
        let mut items: Vec<Vec<u8>> = (0..length)
            .map(|_| {
                number = number
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                // Some are equal.
                format!("{}", number >> 50).into_bytes()
            })
            .collect();
        let mut wanted = items.clone();
        wanted.sort();
        sort(&mut items, |a, b| a < b);
        assert_eq!(items, wanted);
        sort(&mut items, |a, b| a < b);
        assert_eq!(items, wanted);
        items.reverse();
        sort(&mut items, |a, b| a < b);
        assert_eq!(items, wanted);
    }
}
