// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The names of scripts.

use super::MAX_NAME;

/// Why a name is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// Nothing is left after `.lua` is removed.
    Empty,
    /// The name is longer than [`MAX_NAME`].
    TooLong,
    /// The name starts with a slash.
    Absolute,
    /// A part is empty, `.` or `..`.
    Part,
    /// The name contains a control character.
    Control,
}

impl NameError {
    /// A sentence fragment for a message to people.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Empty => "a script name must not be empty",
            Self::TooLong => "a script name has at most 255 bytes",
            Self::Absolute => "a script name must not start with '/'",
            Self::Part => "a script name must not have an empty part, '.' or '..' in it",
            Self::Control => "a script name must not have control characters in it",
        }
    }
}

impl core::fmt::Display for NameError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.text())
    }
}

/// The name that a script is registered under: `given` without a trailing `.lua` (removed once).
///
/// All code that takes a name calls this, so that `x` and `x.lua` are the same script everywhere.
pub fn script_name(given: &[u8]) -> Result<&[u8], NameError> {
    if given.first() == Some(&b'/') {
        return Err(NameError::Absolute);
    }
    runtime_name(given)
}

/// As [`script_name`], for any runtime. A worker is called after the path of its file, so its name
/// may start with a slash.
pub fn runtime_name(given: &[u8]) -> Result<&[u8], NameError> {
    let name = given.strip_suffix(b".lua").unwrap_or(given);
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    if name.len() > MAX_NAME {
        return Err(NameError::TooLong);
    }
    if name.iter().any(u8::is_ascii_control) {
        return Err(NameError::Control);
    }
    let refused = |part: &[u8]| matches!(part, b"" | b"." | b"..");
    let parts = name.strip_prefix(b"/").unwrap_or(name);
    if parts.split(|&byte| byte == b'/').any(refused) {
        return Err(NameError::Part);
    }
    Ok(name)
}
