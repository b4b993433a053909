// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Reads messages, trusting nothing about the bytes.

use super::{
    shape::{Shape, ShapeError},
    token::{tag, Token},
    varint::{self, unzigzag, VarintError},
};

/// Why bytes are not a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// The bytes end within a value.
    Truncated,
    /// A number takes more bytes than it needs, or does not fit.
    Overlong,
    /// A byte is not a tag.
    UnknownTag(u8),
    /// The token is not allowed here.
    Shape(ShapeError),
}

impl From<ShapeError> for DecodeError {
    fn from(error: ShapeError) -> Self {
        Self::Shape(error)
    }
}

impl From<VarintError> for DecodeError {
    fn from(error: VarintError) -> Self {
        match error {
            VarintError::Truncated => Self::Truncated,
            VarintError::Overlong => Self::Overlong,
        }
    }
}

impl core::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Truncated => f.write_str("the message is cut short"),
            Self::Overlong => f.write_str("a number is encoded too long"),
            Self::UnknownTag(tag) => write!(f, "unknown tag {tag:#04x}"),
            Self::Shape(error) => error.fmt(f),
        }
    }
}

/// Reads tokens from a message.
///
/// The tokens are well formed: tables are balanced and at most [`MAX_DEPTH`](super::MAX_DEPTH)
/// deep, no key is nil or NaN, references name tables that have begun. After an error every further
/// call gives the same error.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    length: usize,
    shape: Shape,
    failed: Option<DecodeError>,
}

impl<'a> Reader<'a> {
    /// Reads from the start of `message`.
    pub fn new(message: &'a [u8]) -> Self {
        Self {
            rest: message,
            length: message.len(),
            shape: Shape::default(),
            failed: None,
        }
    }

    /// The next token, or `None` at the end of the message.
    #[inline]
    pub fn token(&mut self) -> Result<Option<Token<'a>>, DecodeError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let token = self.take();
        self.failed = token.err();
        token
    }

    /// Skips one whole value, with everything in it if it is a table. Returns `false` at the end of
    /// the message.
    ///
    /// Calling this at the end of the innermost open table is an error.
    pub fn skip_value(&mut self) -> Result<bool, DecodeError> {
        let depth = self.depth();
        loop {
            match self.token()? {
                None => return Ok(false),
                Some(Token::TableEnd) if self.depth() < depth => {
                    let error = ShapeError::UnexpectedEnd.into();
                    self.failed = Some(error);
                    return Err(error);
                }
                Some(_) if self.depth() == depth => return Ok(true),
                Some(_) => {}
            }
        }
    }

    /// How many tables are open.
    #[inline]
    pub fn depth(&self) -> u8 {
        self.shape.depth()
    }

    /// How many tables have begun.
    pub fn tables(&self) -> u32 {
        self.shape.tables()
    }

    /// How many values outside all tables have been read to their end.
    pub fn values(&self) -> u32 {
        self.shape.values()
    }

    /// Whether the next value is a table key.
    #[inline]
    pub fn key_is_next(&self) -> bool {
        self.shape.key_is_next()
    }

    /// Whether a reference has been read.
    pub fn has_references(&self) -> bool {
        self.shape.has_references()
    }

    /// How many bytes have been read.
    pub fn position(&self) -> usize {
        self.length.saturating_sub(self.rest.len())
    }

    #[inline]
    fn take(&mut self) -> Result<Option<Token<'a>>, DecodeError> {
        let Some((&tag, rest)) = self.rest.split_first() else {
            self.shape.finish()?;
            return Ok(None);
        };
        self.rest = rest;
        let token = match tag {
            tag::NIL => {
                self.shape.nil()?;
                Token::Nil
            }
            tag::FALSE | tag::TRUE => {
                self.shape.scalar();
                Token::Boolean(tag == tag::TRUE)
            }
            tag::INTEGER => {
                let number = self.number()?;
                self.shape.scalar();
                Token::Integer(unzigzag(number))
            }
            tag::FLOAT => {
                let (bytes, rest) = self
                    .rest
                    .split_first_chunk::<8>()
                    .ok_or(DecodeError::Truncated)?;
                self.rest = rest;
                let bits = u64::from_le_bytes(*bytes);
                self.shape.float(bits)?;
                Token::Float(bits)
            }
            tag::STRING => {
                let length = usize::try_from(self.number()?).map_err(|_| DecodeError::Truncated)?;
                let (bytes, rest) = self
                    .rest
                    .split_at_checked(length)
                    .ok_or(DecodeError::Truncated)?;
                self.rest = rest;
                self.shape.scalar();
                Token::String(bytes)
            }
            tag::TABLE_BEGIN => {
                self.shape.begin()?;
                Token::TableBegin
            }
            tag::TABLE_END => {
                self.shape.end()?;
                Token::TableEnd
            }
            tag::REFERENCE => {
                let number = self.number()?;
                Token::Reference(self.shape.reference(number)?)
            }
            tag::HANDLE => {
                let (&kind, rest) = self.rest.split_first().ok_or(DecodeError::Truncated)?;
                self.rest = rest;
                let index = u32::try_from(self.number()?).map_err(|_| DecodeError::Overlong)?;
                self.shape.scalar();
                Token::Handle { kind, index }
            }
            other => return Err(DecodeError::UnknownTag(other)),
        };
        Ok(Some(token))
    }

    #[inline]
    fn number(&mut self) -> Result<u64, DecodeError> {
        Ok(varint::take(&mut self.rest)?)
    }
}
