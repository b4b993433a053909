// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Names of counters and histograms.

/// The longest name.
pub(crate) const MAX_NAME: usize = 64;

/// A name of 1 to [`MAX_NAME`] bytes.
///
/// # Invariants
///
/// The bytes from `len` on are 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name {
    bytes: [u8; MAX_NAME],
    len: u8,
}

impl Name {
    /// The name that consists of `bytes`, if they can be one.
    pub(crate) fn new(bytes: &[u8]) -> Option<Self> {
        let len = u8::try_from(bytes.len()).ok()?;
        if bytes.is_empty() || bytes.len() > MAX_NAME {
            return None;
        }
        let mut name = Self {
            bytes: [0; MAX_NAME],
            len,
        };
        for (to, from) in name.bytes.iter_mut().zip(bytes) {
            *to = *from;
        }
        Some(name)
    }
}
