// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Texts for C whose length a script or a client chooses: paths and names of chunks.
//!
//! `CString` allocates any length, with flags of its own. So a path of megabytes would trigger a
//! warning of the page allocator, and would be formatted twice. No valid path is that long.

use core::ops::Deref;
use kernel::prelude::*;

/// The longest text: a path with a mark before it.
const MAX: usize = kernel::bindings::PATH_MAX as usize;

/// Bytes that end with the only zero byte among them.
///
/// # Invariants
///
/// The vector has one zero byte, the last.
pub(crate) struct CText(KVec<u8>);

impl CText {
    /// The text that `parts` make together. Fails with `ENAMETOOLONG` if it is longer than a path
    /// can be, and with `EINVAL` for zero bytes.
    pub(crate) fn of(parts: &[&[u8]]) -> Result<Self> {
        let lengths = parts.iter().map(|part| part.len());
        let length = lengths.fold(0, usize::saturating_add);
        if length > MAX {
            return Err(ENAMETOOLONG);
        }
        let mut text = KVec::with_capacity(length + 1, GFP_KERNEL | __GFP_NOWARN)?;
        for part in parts {
            if part.contains(&0) {
                return Err(EINVAL);
            }
            text.extend_from_slice(part, GFP_KERNEL | __GFP_NOWARN)?;
        }
        text.push(0, GFP_KERNEL | __GFP_NOWARN)?;
        // INVARIANT: No part has a zero byte, so this is the only one.
        Ok(Self(text))
    }

    /// Bytes of memory that it has.
    pub(crate) fn capacity(&self) -> usize {
        self.0.capacity()
    }
}

impl Deref for CText {
    type Target = CStr;

    fn deref(&self) -> &CStr {
        // SAFETY: By the type invariant.
        unsafe { CStr::from_bytes_with_nul_unchecked(&self.0) }
    }
}
