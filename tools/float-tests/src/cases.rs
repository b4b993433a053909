// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Numbers that are likely to find a mistake.

/// Doubles at the edges.
pub const SPECIAL: [u64; 28] = [
    0,
    1 << 63,
    1,
    1 << 63 | 1,
    0x000f_ffff_ffff_ffff,
    0x0010_0000_0000_0000,
    0x0010_0000_0000_0001,
    0x7fef_ffff_ffff_ffff,
    0xffef_ffff_ffff_ffff,
    0x7ff0_0000_0000_0000,
    0xfff0_0000_0000_0000,
    0x7ff8_0000_0000_0000,
    0xfff8_0000_0000_0000,
    0x7ff0_0000_0000_0001,
    0xfff4_0000_0000_1234,
    0x7fff_ffff_ffff_ffff,
    0x3ff0_0000_0000_0000,
    0xbff0_0000_0000_0000,
    0x3fef_ffff_ffff_ffff,
    0x3ff0_0000_0000_0001,
    0x3fe0_0000_0000_0000,
    0x4000_0000_0000_0000,
    0x4330_0000_0000_0000,
    0x4340_0000_0000_0000,
    0x43e0_0000_0000_0000,
    0xc3e0_0000_0000_0000,
    0x43f0_0000_0000_0000,
    0x4024_0000_0000_0000,
];

/// Numbers by chance, the same in each run.
pub struct Random(u64);

impl Random {
    /// Numbers that depend on `seed`.
    pub fn new(seed: &str) -> Self {
        let mixed = seed.bytes().fold(0xcbf2_9ce4_8422_2325, |sum: u64, byte| {
            (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        });
        Self(mixed | 1)
    }

    /// Any 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number less than `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        (self.bits() >> 11) % limit
    }

    /// The bits of a double: any, or one at an edge, or one of those that programs use.
    pub fn double(&mut self) -> u64 {
        match self.below(8) {
            0 => SPECIAL[self.below(SPECIAL.len() as u64) as usize],
            1 => {
                SPECIAL[self.below(SPECIAL.len() as u64) as usize].wrapping_add(self.below(5))
                    ^ self.below(2) << 63
            }
            2 => ((self.below(2001) as f64) - 1000.0).to_bits(),
            3 => (self.below(1_000_000) as f64 / 10f64.powi(self.below(12) as i32)).to_bits(),
            // Near 1, so that sums cancel and products round.
            4 => self.bits() & 0x800f_ffff_ffff_ffff | (1023 - 30 + self.below(60)) << 52,
            // Few bits, so that results lie half way.
            5 => self.bits() & 0xffff_ffc0_0000_0000,
            6 => self.bits() & 0x800f_ffff_ffff_ffff | self.below(70) << 52,
            _ => self.bits(),
        }
    }

    /// A double that is a number.
    pub fn finite(&mut self) -> f64 {
        loop {
            let number = f64::from_bits(self.double());
            if number.is_finite() {
                return number;
            }
        }
    }

    /// A double between the two.
    pub fn between(&mut self, least: f64, most: f64) -> f64 {
        least + (self.bits() >> 11) as f64 / (1u64 << 53) as f64 * (most - least)
    }
}
