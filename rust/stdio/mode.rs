// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The mode string of `fopen`.

/// The meaning of a mode string of `fopen`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode {
    /// The stream may be read.
    pub read: bool,
    /// The stream may be written.
    pub write: bool,
    /// Each write goes to the end of the file.
    pub append: bool,
    /// A missing file is created.
    pub create: bool,
    /// An existing file is emptied.
    pub truncate: bool,
    /// An existing file is an error. No mode string asks for this: it is for temporary files.
    pub exclusive: bool,
}

impl Mode {
    /// A file that did not exist before, to be read and written.
    pub const TEMPORARY: Self = Self {
        read: true,
        write: true,
        append: false,
        create: true,
        truncate: false,
        exclusive: true,
    };

    /// Reads a mode string. Lua has already checked that it is `[rwa]%+?b*`,
    /// so anything else is a defect of the caller, refused all the same.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (first, rest) = text.split_first()?;
        let update = rest.contains(&b'+');
        if !rest.iter().all(|byte| matches!(byte, b'+' | b'b')) {
            return None;
        }
        let (read, write) = (*first == b'r' || update, *first != b'r' || update);
        let (append, truncate) = match first {
            b'r' => (false, false),
            b'w' => (false, true),
            b'a' => (true, false),
            _ => return None,
        };
        Some(Self {
            read,
            write,
            append,
            create: *first != b'r',
            truncate,
            exclusive: false,
        })
    }
}
