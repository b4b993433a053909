// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Short texts that need no memory.

use core::fmt::Write;
use kernel::fmt;

/// Bytes that a text may have; what is longer is cut.
const CAPACITY: usize = 320;

/// A formatted text of at most 320 bytes, all of it in place.
pub(crate) struct Text {
    bytes: [u8; CAPACITY],
    length: usize,
}

impl Text {
    /// Formats a text: `Text::new(fmt!("{name} is not running"))`.
    pub(crate) fn new(arguments: fmt::Arguments<'_>) -> Self {
        let mut text = Self {
            bytes: [0; CAPACITY],
            length: 0,
        };
        // Writing fails where the text is full, so that no time goes into what is cut.
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
