// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Short texts that need no allocation.

use core::fmt::Write;
use kernel::fmt;

/// The most bytes of a text; a longer text is cut off.
const CAPACITY: usize = 320;

/// A formatted text of at most 320 bytes, stored in place.
pub(crate) struct Text {
    bytes: [u8; CAPACITY],
    length: usize,
}

impl Text {
    /// Formats a text: `Text::new(fmt!("{name} is not running"))`.
    ///
    /// Not inlined: each copy of the text would be on the stack of the caller.
    #[inline(never)]
    pub(crate) fn new(arguments: fmt::Arguments<'_>) -> Self {
        let mut text = Self {
            bytes: [0; CAPACITY],
            length: 0,
        };
        // Writing fails when the text is full, so that no time is spent on the part that is cut
        // off.
        let _ = text.write_fmt(arguments);
        text
    }

    /// The text.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl Write for Text {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        let room = self.bytes.get_mut(self.length..).unwrap_or_default();
        for (slot, byte) in room.iter_mut().zip(text.bytes()) {
            *slot = byte;
            self.length += 1;
        }
        if self.length < CAPACITY {
            Ok(())
        } else {
            Err(core::fmt::Error)
        }
    }
}
