// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Finds bytes in a text that comes in pieces. Pure code: it takes nothing of the kernel.
//!
//! This is the algorithm of Knuth, Morris and Pratt: it reads each byte of the text once and never
//! goes back, so the pieces need not be kept, and no text makes it slow.

/// The most bytes that can be searched for.
pub(crate) const MAX_NEEDLE: usize = 255;

/// A search that goes on with each piece.
pub(crate) struct Search<'a> {
    needle: &'a [u8],
    /// For each prefix of the needle, the length of its longest proper prefix that is also its
    /// suffix.
    borders: [u8; MAX_NEEDLE],
    /// How many bytes of the needle the text so far ends with.
    matched: usize,
    /// The bytes of the text so far.
    read: usize,
}

impl<'a> Search<'a> {
    /// Searches for `needle`, which is not empty. `None` if it is, or is too long.
    pub(crate) fn new(needle: &'a [u8]) -> Option<Self> {
        if needle.is_empty() || needle.len() > MAX_NEEDLE {
            return None;
        }
        let mut search = Self {
            needle,
            borders: [0; MAX_NEEDLE],
            matched: 0,
            read: 0,
        };
        let mut border = 0;
        for (at, &byte) in needle.iter().enumerate().skip(1) {
            border = search.step(border, byte);
            if let Some(slot) = search.borders.get_mut(at) {
                // CAST: A border is shorter than the needle.
                *slot = border as u8;
            }
        }
        Some(search)
    }

    /// How many bytes of the needle the text ends with after `byte`, if it ended with `matched`
    /// before.
    #[inline]
    fn step(&self, mut matched: usize, byte: u8) -> usize {
        loop {
            if self.needle.get(matched) == Some(&byte) {
                return matched.saturating_add(1);
            }
            let Some(before) = matched.checked_sub(1) else {
                return 0;
            };
            matched = self.borders.get(before).copied().unwrap_or(0).into();
        }
    }

    /// Reads the next piece of the text. Returns where the needle begins in the text, once it is
    /// found.
    pub(crate) fn read(&mut self, piece: &[u8]) -> Option<usize> {
        let &first = self.needle.first()?;
        let mut rest = piece;
        loop {
            if self.matched == 0 {
                // Most of a text is not even the needle's first byte.
                let Some(skipped) = rest.iter().position(|&byte| byte == first) else {
                    break;
                };
                rest = rest.get(skipped..)?;
            }
            let Some((&byte, behind)) = rest.split_first() else {
                break;
            };
            rest = behind;
            self.matched = self.step(self.matched, byte);
            if self.matched == self.needle.len() {
                let read = self
                    .read
                    .saturating_add(piece.len().saturating_sub(rest.len()));
                return read.checked_sub(self.needle.len());
            }
        }
        self.read = self.read.saturating_add(piece.len());
        None
    }
}
