// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Writes messages.

use super::{
    shape::{Shape, ShapeError},
    sink::{Sink, MAX_SHORT},
    token::{tag, Token},
    varint::{self, zigzag},
};

/// Why a token was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncodeError<E> {
    /// The sink refused the bytes.
    Sink(E),
    /// The token is not allowed here.
    Shape(ShapeError),
}

impl<E> From<ShapeError> for EncodeError<E> {
    fn from(error: ShapeError) -> Self {
        Self::Shape(error)
    }
}

impl<E: core::fmt::Display> core::fmt::Display for EncodeError<E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Sink(error) => error.fmt(f),
            Self::Shape(error) => error.fmt(f),
        }
    }
}

/// Writes one message, token by token, into a [`Sink`].
///
/// After an error the message is unusable: some of its bytes may already be in the sink.
#[derive(Debug)]
pub struct Writer<S> {
    sink: S,
    shape: Shape,
}

impl<S: Sink> Writer<S> {
    /// Starts a message.
    pub fn new(sink: S) -> Self {
        Self {
            sink,
            shape: Shape::default(),
        }
    }

    /// How many tables are open.
    pub fn depth(&self) -> u8 {
        self.shape.depth()
    }

    /// Whether the next value becomes a table key.
    #[inline]
    pub fn key_is_next(&self) -> bool {
        self.shape.key_is_next()
    }

    /// Whether the next value of an open table is a key. Tables are counted from the innermost,
    /// which is 0.
    pub fn is_in_key(&self, table: u8) -> bool {
        self.shape.is_in_key(table)
    }

    /// How many values outside all tables have been written to their end.
    pub fn values(&self) -> u32 {
        self.shape.values()
    }

    /// How many tables have begun.
    pub fn tables(&self) -> u32 {
        self.shape.tables()
    }

    /// Whether a reference was written.
    pub fn has_references(&self) -> bool {
        self.shape.has_references()
    }

    /// Ends the message and gives the sink back.
    pub fn finish(self) -> Result<S, EncodeError<S::Error>> {
        self.shape.finish()?;
        Ok(self.sink)
    }

    /// Writes any token.
    pub fn token(&mut self, token: Token<'_>) -> Result<(), EncodeError<S::Error>> {
        match token {
            Token::Nil => self.nil(),
            Token::Boolean(value) => self.boolean(value),
            Token::Integer(value) => self.integer(value),
            Token::Float(bits) => self.float(bits),
            Token::String(bytes) => self.string(bytes),
            Token::TableBegin => self.begin_table().map(|_| ()),
            Token::TableEnd => self.end_table(),
            Token::Reference(table) => self.reference(table),
            Token::Handle { kind, index } => self.handle(kind, index),
        }
    }

    /// Writes nil.
    #[inline]
    pub fn nil(&mut self) -> Result<(), EncodeError<S::Error>> {
        self.shape.nil()?;
        self.tag(tag::NIL)
    }

    /// Writes a boolean.
    #[inline]
    pub fn boolean(&mut self, value: bool) -> Result<(), EncodeError<S::Error>> {
        self.shape.scalar();
        self.tag(if value { tag::TRUE } else { tag::FALSE })
    }

    /// Writes an integer.
    #[inline]
    pub fn integer(&mut self, value: i64) -> Result<(), EncodeError<S::Error>> {
        self.shape.scalar();
        self.tagged(tag::INTEGER, zigzag(value))
    }

    /// Writes a float, given as the bits of an IEEE 754 binary64.
    #[inline]
    pub fn float(&mut self, bits: u64) -> Result<(), EncodeError<S::Error>> {
        self.shape.float(bits)?;
        let block = u128::from(tag::FLOAT) | u128::from(bits) << 8;
        self.put_short(&block.to_le_bytes(), 9)
    }

    /// Writes a string of any bytes.
    #[inline]
    pub fn string(&mut self, bytes: &[u8]) -> Result<(), EncodeError<S::Error>> {
        self.shape.scalar();
        // CAST: a usize is at most 64 bits.
        self.tagged(tag::STRING, bytes.len() as u64)?;
        self.put(bytes)
    }

    /// Begins a table and gives its number, for [`Writer::reference`].
    pub fn begin_table(&mut self) -> Result<u32, EncodeError<S::Error>> {
        let number = self.shape.begin()?;
        self.tag(tag::TABLE_BEGIN)?;
        Ok(number)
    }

    /// Ends the innermost open table.
    pub fn end_table(&mut self) -> Result<(), EncodeError<S::Error>> {
        self.shape.end()?;
        self.tag(tag::TABLE_END)
    }

    /// Writes a table that this message already has, ended or still open.
    pub fn reference(&mut self, table: u32) -> Result<(), EncodeError<S::Error>> {
        self.shape.reference(u64::from(table))?;
        self.tagged(tag::REFERENCE, u64::from(table))
    }

    /// Writes a handle.
    pub fn handle(&mut self, kind: u8, index: u32) -> Result<(), EncodeError<S::Error>> {
        self.shape.scalar();
        self.tag(tag::HANDLE)?;
        self.tagged(kind, u64::from(index))
    }

    /// Writes a byte, and a number after it.
    #[inline]
    fn tagged(&mut self, tag: u8, number: u64) -> Result<(), EncodeError<S::Error>> {
        let (block, length) = varint::tagged(tag, number);
        self.put_short(&block, length)
    }

    /// Writes one byte.
    #[inline]
    fn tag(&mut self, tag: u8) -> Result<(), EncodeError<S::Error>> {
        self.put_short(&u128::from(tag).to_le_bytes(), 1)
    }

    #[inline]
    fn put_short(
        &mut self,
        block: &[u8; MAX_SHORT],
        length: usize,
    ) -> Result<(), EncodeError<S::Error>> {
        self.sink
            .put_short(block, length)
            .map_err(EncodeError::Sink)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), EncodeError<S::Error>> {
        self.sink.put(bytes).map_err(EncodeError::Sink)
    }
}
