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

/// What a message has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    members: usize,
    handles: u32,
    own: u32,
}

impl Counts {
    /// Counts a token: `depth` tables are open before it, and `is_key` says whether a key is due. Fails if such a token
    /// is in no flat message.
    #[inline]
    fn add(&mut self, token: Token<'_>, depth: u8, is_key: bool) -> Result<(), WireError> {
        match token {
            Token::TableBegin if depth > 0 => return Err(WireError::Nested),
            Token::TableBegin => {}
            Token::TableEnd if self.members == 0 => return Err(WireError::Empty),
            Token::TableEnd => {}
            Token::Reference(_) => return Err(WireError::Nested),
            Token::Nil => return Err(WireError::Nil),
            Token::String(bytes) if bytes.len() > MAX_STRING => return Err(WireError::String),
            Token::String(_) if is_key => {
                self.members = self.members.saturating_add(1);
                if self.members > MAX_MEMBERS {
                    return Err(WireError::Members);
                }
            }
            _ if is_key => return Err(WireError::Key),
            Token::Handle { kind, index } => {
                match (kind, index) {
                    (handle::ACTOR | handle::FILE, _) => {}
                    (handle::OWN, 0) => self.own = self.own.saturating_add(1),
                    _ => return Err(WireError::Handle),
                }
                self.handles = self.handles.saturating_add(1);
            }
            Token::Boolean(_) | Token::Integer(_) | Token::Float(_) | Token::String(_) => {}
        }
        Ok(())
    }
}

/// A message that was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flat<'a> {
    message: Message<'a>,
    counts: Counts,
}

impl<'a> Flat<'a> {
    /// Checks all of `bytes`.
    pub fn check(bytes: &'a [u8]) -> Result<Self, WireError> {
        let mut counts = Counts::default();
        let mut refused = None;
        let message = Message::inspect(bytes, |token, depth, is_key| {
            if refused.is_none() {
                refused = counts.add(token, depth, is_key).err();
            }
        })?;
        if message.values() != 1 {
            return Err(WireError::Count);
        }
        if let Some(error) = refused {
            return Err(error);
        }
        Ok(Self { message, counts })
    }

    /// The message.
    pub const fn message(&self) -> Message<'a> {
        self.message
    }

    /// The members of its table; 0 for a scalar.
    pub const fn members(&self) -> usize {
        self.counts.members
    }

    /// The number of its handles.
    pub const fn handles(&self) -> u32 {
        self.counts.handles
    }

    /// The number of its handles of kind [`OWN`](handle::OWN).
    pub const fn own(&self) -> u32 {
        self.counts.own
    }

    /// A reader at its start.
    pub fn reader(&self) -> Reader<'a> {
        self.message.reader()
    }
}
