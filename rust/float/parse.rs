// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! From text to a double: `strtod`.

mod decimal;
mod hexadecimal;

pub(crate) use hexadecimal::nearest;

/// Text that ends with a zero byte, read byte by byte.
#[derive(Clone, Copy)]
pub(crate) struct Text(*const u8);

impl Text {
    /// The byte `at` this place.
    ///
    /// # Safety
    ///
    /// No byte before it may be the zero at the end.
    unsafe fn byte(self, at: usize) -> u8 {
        // SAFETY: The text is readable up to its zero byte, which is not passed.
        unsafe { *self.0.add(at) }
    }

    /// How many bytes from `at` on are among those for which `belongs`, which never holds for zero.
    ///
    /// # Safety
    ///
    /// As for [`byte`](Self::byte).
    unsafe fn span(self, at: usize, belongs: fn(u8) -> bool) -> usize {
        let mut end = at;
        // SAFETY: `belongs` held for each byte that was passed, so none was the zero.
        while belongs(unsafe { self.byte(end) }) {
            end += 1;
        }
        end - at
    }

    /// Where the exponent that may follow at `at` ends: a letter (`small`), a sign, digits.
    ///
    /// # Safety
    ///
    /// As for [`byte`](Self::byte).
    unsafe fn after_exponent(self, at: usize, small: u8) -> usize {
        // SAFETY: Each byte that is read comes after one that is not the zero.
        unsafe {
            if self.byte(at) | 0x20 != small {
                return at;
            }
            let signed = matches!(self.byte(at + 1), b'+' | b'-');
            let digits = at + 1 + usize::from(signed);
            match self.span(digits, |byte| byte.is_ascii_digit()) {
                0 => at,
                count => digits + count,
            }
        }
    }

    /// Whether `word`, in small letters, is what stands at `at`, in letters of any case.
    ///
    /// # Safety
    ///
    /// As for [`byte`](Self::byte).
    unsafe fn is_word(self, at: usize, word: &[u8]) -> bool {
        for (index, letter) in word.iter().enumerate() {
            // SAFETY: The bytes before were letters of `word`, so none was the zero.
            if unsafe { self.byte(at + index) } | 0x20 != *letter {
                return false;
            }
        }
        true
    }

    /// The bytes from `start` up to `end`.
    ///
    /// # Safety
    ///
    /// `start` must not lie after `end`, nor `end` after the zero.
    unsafe fn bytes<'a>(self, start: usize, end: usize) -> &'a [u8] {
        // SAFETY: Readable up to the zero byte; the caller of `strtod` keeps it unchanged.
        unsafe { core::slice::from_raw_parts(self.0.add(start), end - start) }
    }
}

/// `strtod` of C: the number at the start of `text`, after blanks, in any of C's forms; `end`, if
/// not null, is told where it ends. Without a number, 0 and the start of `text`.
///
/// # Safety
///
/// `text` must end with a zero byte; `end` must be null or valid for a write.
#[unsafe(no_mangle)]
unsafe extern "C" fn strtod(text: *const u8, end: *mut *const u8) -> f64 {
    let source = Text(text);
    // SAFETY: Bytes are read one after the other and none after the zero.
    let (bits, length) = unsafe { number(source) };
    if !end.is_null() {
        // SAFETY: The caller gives a pointer that is valid for a write; `length` is within `text`.
        unsafe { end.write(text.add(length)) };
    }
    f64::from_bits(bits)
}

/// The bits of the number at the start of `text`, and where it ends.
///
/// # Safety
///
/// `text` must end with a zero byte.
unsafe fn number(text: Text) -> (u64, usize) {
    const INFINITY: u64 = 0x7ff << 52;
    const NAN: u64 = 0xfff << 51;
    // SAFETY: Each byte that is read comes after one that is not the zero.
    unsafe {
        let blanks = text.span(0, |byte| matches!(byte, b' ' | b'\t'..=b'\r'));
        let signed = matches!(text.byte(blanks), b'+' | b'-');
        let sign = u64::from(text.byte(blanks) == b'-') << 63;
        let start = blanks + usize::from(signed);
        let first = text.byte(start);
        let found = if first == b'0' && text.byte(start + 1) | 0x20 == b'x' {
            hexadecimal::number(text, start + 2).or(Some((0, start + 1)))
        } else if first | 0x20 == b'i' && text.is_word(start, b"infinity") {
            Some((INFINITY, start + 8))
        } else if first | 0x20 == b'i' && text.is_word(start, b"inf") {
            Some((INFINITY, start + 3))
        } else if first | 0x20 == b'n' && text.is_word(start, b"nan") {
            Some((NAN & (u64::MAX >> 1), start + 3))
        } else {
            decimal::number(text, start)
        };
        match found {
            Some((bits, end)) => (bits | sign, end),
            None => (0, 0),
        }
    }
}
