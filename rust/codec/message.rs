// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A message that has been checked.

use super::{
    reader::{DecodeError, Reader},
    token::Token,
};

/// The bytes of a well-formed message, and the counts that are needed to hold its values.
///
/// # Invariants
///
/// A [`Reader`] over `bytes` reaches the end without error. It then has seen `values` values,
/// `tables` tables, and references if `has_references`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    bytes: &'a [u8],
    values: u32,
    tables: u32,
    has_references: bool,
}

impl<'a> Message<'a> {
    /// The message of no values.
    pub const EMPTY: Message<'static> = Message {
        bytes: &[],
        values: 0,
        tables: 0,
        has_references: false,
    };

    /// Checks all of `bytes`.
    pub fn check(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        Self::inspect(bytes, |_, _, _| {})
    }

    /// As [`check`](Self::check), and shows each token to `inspect` on the way: with the number of tables that were open
    /// before it, and whether a table key was due.
    pub fn inspect(
        bytes: &'a [u8],
        mut inspect: impl FnMut(Token<'a>, u8, bool),
    ) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        loop {
            let (depth, is_key) = (reader.depth(), reader.key_is_next());
            let Some(token) = reader.token()? else {
                break;
            };
            inspect(token, depth, is_key);
        }
        // INVARIANT: the reader has just reached the end without error, and counted.
        Ok(Self {
            bytes,
            values: reader.values(),
            tables: reader.tables(),
            has_references: reader.has_references(),
        })
    }

    /// The encoded bytes.
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The number of values in the message; a table counts as one.
    pub const fn values(&self) -> u32 {
        self.values
    }

    /// The number of tables in the message, at any depth.
    pub const fn tables(&self) -> u32 {
        self.tables
    }

    /// Whether a table occurs in the message more than once.
    pub const fn has_references(&self) -> bool {
        self.has_references
    }

    /// Whether the message has no value.
    pub const fn is_empty(&self) -> bool {
        self.values == 0
    }

    /// A reader at the start of the message.
    pub fn reader(&self) -> Reader<'a> {
        Reader::new(self.bytes)
    }
}
