// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The values that actors in different processes send: one scalar, or one table of scalars (emilua-actors.md, 5.2).

use super::{error::WireError, handle};
use crate::codec::{Message, Reader, Token};

/// The most members of a table.
pub const MAX_MEMBERS: usize = 20;

/// The longest string, in bytes, also as a key.
pub const MAX_STRING: usize = 255;

/// Bytes of the longest string as a value: its tag, its length, itself.
const STRING: usize = 1 + 2 + MAX_STRING;

/// Bytes of the longest message.
pub(super) const MAX_BYTES: usize = 2 + MAX_MEMBERS * 2 * STRING;

/// A message that was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flat<'a> {
    message: Message<'a>,
    members: usize,
    handles: u32,
    own: u32,
}

impl<'a> Flat<'a> {
    /// Checks all of `bytes`.
    pub fn check(bytes: &'a [u8]) -> Result<Self, WireError> {
        let (mut handles, mut own): (u32, u32) = (0, 0);
        let mut members: usize = 0;
        let message = Message::inspect(bytes, |token, depth, is_key| {
            match token {
                Token::TableBegin if depth > 0 => return Err(WireError::Nested),
                Token::TableBegin => {}
                Token::TableEnd if members == 0 => return Err(WireError::Empty),
                Token::TableEnd => {}
                Token::Reference(_) => return Err(WireError::Nested),
                Token::Nil => return Err(WireError::Nil),
                Token::String(bytes) if bytes.len() > MAX_STRING => return Err(WireError::String),
                Token::String(_) if is_key => {
                    members = members.saturating_add(1);
                    if members > MAX_MEMBERS {
                        return Err(WireError::Members);
                    }
                }
                _ if is_key => return Err(WireError::Key),
                Token::Handle { kind, index } => {
                    match (kind, index) {
                        (handle::ACTOR | handle::FILE, _) => {}
                        (handle::OWN, 0) => own = own.saturating_add(1),
                        _ => return Err(WireError::Handle),
                    }
                    handles = handles.saturating_add(1);
                }
                Token::Boolean(_) | Token::Integer(_) | Token::Float(_) | Token::String(_) => {}
            }
            Ok(())
        })?;
        if message.values() != 1 {
            return Err(WireError::Count);
        }
        Ok(Self {
            message,
            members,
            handles,
            own,
        })
    }

    /// The message.
    pub const fn message(&self) -> Message<'a> {
        self.message
    }

    /// The members of its table; 0 for a scalar.
    pub const fn members(&self) -> usize {
        self.members
    }

    /// The number of its handles.
    pub const fn handles(&self) -> u32 {
        self.handles
    }

    /// The number of its handles of kind [`OWN`](handle::OWN).
    pub const fn own(&self) -> u32 {
        self.own
    }

    /// A reader at its start.
    pub fn reader(&self) -> Reader<'a> {
        self.message.reader()
    }
}
