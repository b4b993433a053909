// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! From text to a double: `strtod`.

mod decimal;
mod hexadecimal;

pub(crate) use hexadecimal::nearest;

use core::{
    marker::PhantomData, //
    mem::MaybeUninit,
};

/// A place in text that ends with a zero byte, read byte by byte. It does not pass the zero.
///
/// # Invariants
///
/// The bytes from `start` up to the zero at the end do not change during `'a`. None of the first
/// `passed` bytes is that zero.
#[derive(Clone, Copy)]
struct Text<'a> {
    start: *const u8,
    passed: usize,
    _text: PhantomData<&'a [u8]>,
}

impl<'a> Text<'a> {
    /// The start of `text`.
    ///
    /// # Safety
    ///
    /// `text` must end with a zero byte, and must not change up to there during `'a`.
    unsafe fn new(text: *const u8) -> Self {
        // INVARIANT: By this function's contract; nothing was passed yet.
        Self {
            start: text,
            passed: 0,
            _text: PhantomData,
        }
    }

    /// The byte at this place.
    fn byte(self) -> u8 {
        // SAFETY: By the type invariants none of the bytes before is the final zero, so this byte
        // exists.
        unsafe { *self.start.add(self.passed) }
    }

    /// Goes to the next byte, unless this one is the zero.
    fn pass(&mut self) {
        if self.byte() != 0 {
            // INVARIANT: The byte is not the zero.
            self.passed += 1;
        }
    }

    /// Passes this byte if it `belongs`. Returns whether it was passed.
    fn pass_if(&mut self, belongs: impl FnOnce(u8) -> bool) -> bool {
        let former = self.passed;
        if belongs(self.byte()) {
            self.pass();
        }
        self.passed > former
    }

    /// Passes all following bytes that `belong`. Returns how many.
    fn span(&mut self, belongs: fn(u8) -> bool) -> usize {
        let former = self.passed;
        while self.pass_if(belongs) {}
        self.passed - former
    }

    /// Passes the exponent that may follow: a letter (`small`), a sign, digits.
    fn pass_exponent(&mut self, small: u8) {
        let mut end = *self;
        if end.pass_if(|byte| byte | 0x20 == small) {
            end.pass_if(|byte| matches!(byte, b'+' | b'-'));
            if end.span(|byte| byte.is_ascii_digit()) > 0 {
                *self = end;
            }
        }
    }

    /// Passes `word`, given in small letters, if it stands here in letters of any case. Returns
    /// whether it does.
    fn pass_word(&mut self, word: &[u8]) -> bool {
        let mut end = *self;
        for letter in word {
            if !end.pass_if(|byte| byte | 0x20 == *letter) {
                return false;
            }
        }
        *self = end;
        true
    }

    /// The bytes that were passed.
    fn passed(self) -> &'a [u8] {
        // SAFETY: By the type invariants these bytes exist, and do not change during `'a`.
        unsafe { core::slice::from_raw_parts(self.start, self.passed) }
    }

    /// The bytes that were passed since `start`, an earlier place of the same text.
    fn since(self, start: Self) -> &'a [u8] {
        self.passed().get(start.passed..).unwrap_or_default()
    }
}

/// `strtod` of C: the number at the start of `text`, after blanks, in any of C's forms. `end`, if
/// not null, gets the place where it ends. Without a number, the result is 0, and the place is the
/// start of `text`.
///
/// # Safety
///
/// `text` must end with a zero byte, and must not change during the call.
#[unsafe(no_mangle)]
unsafe extern "C" fn strtod(text: *const u8, end: Option<&mut MaybeUninit<*const u8>>) -> f64 {
    // SAFETY: Lua passes a C string of its own, which does not change during the call.
    let start = unsafe { Text::new(text) };
    let (bits, after) = number(start).unwrap_or((0, start));
    if let Some(end) = end {
        end.write(after.passed().as_ptr_range().end);
    }
    f64::from_bits(bits)
}

/// The bits of the number at the start of `text`, and the place where it ends, if there is one.
fn number(mut text: Text<'_>) -> Option<(u64, Text<'_>)> {
    const INFINITY: u64 = 0x7ff << 52;
    const NAN: u64 = 0x7ff8 << 48;
    text.span(|byte| matches!(byte, b' ' | b'\t'..=b'\r'));
    let sign = u64::from(text.byte() == b'-') << 63;
    text.pass_if(|byte| matches!(byte, b'+' | b'-'));
    let mut after_zero = text;
    let (bits, end) = if after_zero.pass_if(|byte| byte == b'0') && after_zero.byte() | 0x20 == b'x'
    {
        let mut digits = after_zero;
        digits.pass();
        hexadecimal::number(digits).unwrap_or((0, after_zero))
    } else if text.pass_word(b"infinity") || text.pass_word(b"inf") {
        (INFINITY, text)
    } else if text.pass_word(b"nan") {
        (NAN, text)
    } else {
        decimal::number(text)?
    };
    Some((bits | sign, end))
}
