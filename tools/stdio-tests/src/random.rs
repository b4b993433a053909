// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Repeatable random numbers.

/// A SplitMix64 generator: a failing seed can be tried again.
pub struct Random(pub u64);

impl Random {
    /// Any number.
    pub fn any(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.any() % limit
    }

    /// A number of any magnitude, so that small ones are as likely as large.
    pub fn any_magnitude(&mut self) -> i64 {
        let shift = self.below(64);
        (self.any() as i64) >> shift
    }
}
