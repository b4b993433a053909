// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The place in a script where a call has failed, such as `filter.lua:12`.
//!
//! The host tests in `tools/runtime-tests` compile this same file.

use kernel::sync::atomic::{Atomic, Relaxed};

/// The bytes of a place that are kept. Lua shows 59 of the name of a chunk, and a line has 10 digits.
const MOST: usize = WORDS * WORD;
const WORDS: usize = 9;
const WORD: usize = 8;

/// The lines of a traceback that are searched.
const MOST_LINES: usize = 8;

/// The last place at which the function of a hook has failed.
///
/// The CPU that executes the runtime writes it, and any thread may read it. So a reader may get parts of two
/// places if the function fails meanwhile.
pub(super) struct Place([Atomic<u64>; WORDS]);

/// A copy of a place.
#[derive(Clone, Copy)]
pub(crate) struct PlaceText([u8; MOST]);

impl Place {
    /// No place is known.
    pub(super) const fn unknown() -> Self {
        Self([const { Atomic::new(0) }; WORDS])
    }

    /// Notes a place, of which 72 bytes are kept. Allocates nothing.
    pub(super) fn note(&self, place: &[u8]) {
        let mut rest = place.chunks(WORD);
        for word in &self.0 {
            let mut bytes = [0; WORD];
            for (to, from) in bytes.iter_mut().zip(rest.next().unwrap_or_default()) {
                *to = *from;
            }
            word.store(u64::from_le_bytes(bytes), Relaxed);
        }
    }

    /// No place is known any more.
    pub(super) fn forget(&self) {
        self.note(&[]);
    }

    /// Whether one is.
    #[inline]
    pub(super) fn is_known(&self) -> bool {
        let [first, ..] = &self.0;
        first.load(Relaxed) != 0
    }

    /// What was noted.
    pub(super) fn text(&self) -> PlaceText {
        let mut text = [0; MOST];
        for (bytes, word) in text.chunks_mut(WORD).zip(&self.0) {
            for (to, from) in bytes.iter_mut().zip(word.load(Relaxed).to_le_bytes()) {
                *to = from;
            }
        }
        PlaceText(text)
    }
}

impl PlaceText {
    /// The place; empty if none is known.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        let length = self.0.iter().position(|&byte| byte == 0).unwrap_or(MOST);
        self.0.get(..length).unwrap_or_default()
    }
}

/// The place that an error message begins with, if it does: `FILE:LINE: `.
pub(super) fn of_message(message: &[u8]) -> Option<&[u8]> {
    // The space behind the place is the last byte that counts.
    let line = message.get(..MOST.saturating_add(2)).unwrap_or(message);
    let line = line.split(|&byte| byte == b'\n').next()?;
    let mut from = 0_usize;
    loop {
        let colon = line.get(from..)?.iter().position(|&byte| byte == b':')?;
        let number = from.saturating_add(colon).saturating_add(1);
        let digits = line.get(number..)?.iter();
        let digits = digits.take_while(|byte| byte.is_ascii_digit()).count();
        let end = number.saturating_add(digits);
        if number > 1 && digits > 0 && line.get(end..)?.starts_with(b": ") {
            return line.get(..end);
        }
        from = number;
    }
}

/// The place of the innermost Lua function in a traceback.
pub(super) fn of_traceback(traceback: &[u8]) -> Option<&[u8]> {
    let lines = traceback.split(|&byte| byte == b'\n').take(MOST_LINES);
    // The first line is a heading. The functions follow, each on a line that begins with a tab.
    lines
        .filter_map(|line| line.strip_prefix(b"\t"))
        // A function of C has no place, but a name, which the script may have chosen.
        .filter(|line| !line.starts_with(b"[C]"))
        .find_map(of_message)
}
