// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The permissions that a request gives to the script that it starts.

use super::{error::AbiError, MAX_PERMISSIONS};
use crate::codec::{Message, Reader, Token};

/// A list of permissions in the form that `pledge` takes: `fs:read=/etc/*`.
///
/// # Invariants
///
/// The message holds at most [`MAX_PERMISSIONS`] values, all of them strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permissions<'a>(Message<'a>);

impl<'a> Permissions<'a> {
    /// The list that permits nothing.
    pub const NOTHING: Permissions<'static> = Permissions(Message::EMPTY);

    /// Makes a list from a message of strings.
    pub fn new(message: Message<'a>) -> Result<Self, AbiError> {
        if message.values() > MAX_PERMISSIONS {
            return Err(AbiError::FieldRange("permissions"));
        }
        let mut reader = message.reader();
        while let Some(token) = reader.token()? {
            if !matches!(token, Token::String(_)) {
                return Err(AbiError::FieldType("permissions"));
            }
        }
        // INVARIANT: That was just checked.
        Ok(Self(message))
    }

    /// The encoded list.
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0.as_bytes()
    }

    /// The permissions in the list, in their order.
    pub fn iter(&self) -> PermissionIter<'a> {
        PermissionIter(self.0.reader())
    }
}

/// An iterator over [`Permissions`].
#[derive(Debug)]
pub struct PermissionIter<'a>(Reader<'a>);

impl<'a> Iterator for PermissionIter<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        match self.0.token() {
            Ok(Some(Token::String(text))) => Some(text),
            // By the invariants of `Permissions` this is the end.
            _ => None,
        }
    }
}
