// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Bytes whose place can be told from what they are.

/// The period of the pattern: no power of two, so that a lost or repeated packet is noticed.
const PERIOD: usize = 251;

/// Bytes that are made at a time.
pub const CHUNK: usize = 64 << 10;

/// The pattern, long enough for a chunk from any place.
pub struct Pattern(Vec<u8>);

impl Pattern {
    /// Makes it.
    pub fn new() -> Self {
        let bytes = (0..CHUNK + PERIOD).map(|at| (at % PERIOD) as u8);
        Self(bytes.collect())
    }

    /// The bytes from a place on: a chunk.
    pub fn from(&self, place: u64) -> &[u8] {
        // CAST: It is less than the period.
        let begin = (place % PERIOD as u64) as usize;
        &self.0[begin..begin + CHUNK]
    }

    /// The place of the first byte that differs, if one does. The bytes are at most a chunk.
    pub fn difference(&self, place: u64, bytes: &[u8]) -> Option<u64> {
        let wanted = &self.from(place)[..bytes.len()];
        if bytes == wanted {
            return None;
        }
        let at = bytes.iter().zip(wanted).position(|(a, b)| a != b)?;
        Some(place + at as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_continues_from_any_place() {
        let pattern = Pattern::new();
        let (first, rest) = pattern.from(1000).split_at(777);
        assert_eq!(first, &pattern.from(1000)[..777]);
        assert_eq!(pattern.difference(1777, rest), None);
    }

    #[test]
    fn a_byte_that_differs_is_found() {
        let pattern = Pattern::new();
        let mut bytes = pattern.from(5)[..100].to_vec();
        bytes[42] ^= 1;
        assert_eq!(pattern.difference(5, &bytes), Some(47));
    }

    #[test]
    fn a_lost_packet_is_found() {
        let pattern = Pattern::new();
        let bytes = &pattern.from(1448)[..100];
        assert_eq!(pattern.difference(0, bytes), Some(0));
    }
}
