// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The bodies of frames: tables of named fields.

use super::{
    error::AbiError,
    header::{FrameHeader, HEADER_LENGTH},
    MAX_FRAME,
};
use crate::codec::{CountingSink, EncodeError, Message, Reader, ShapeError, Sink, Token, Writer};

/// Why a frame was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError<E> {
    /// It would be longer than [`MAX_FRAME`]; nothing was written.
    TooLong,
    /// The sink refused the bytes.
    Sink(E),
    /// The fields do not form a message, which is a defect of this code.
    Shape(ShapeError),
}

impl<E> From<EncodeError<E>> for FrameError<E> {
    fn from(error: EncodeError<E>) -> Self {
        match error {
            EncodeError::Sink(error) => Self::Sink(error),
            EncodeError::Shape(error) => Self::Shape(error),
        }
    }
}

impl<E: core::fmt::Display> core::fmt::Display for FrameError<E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::TooLong => write!(f, "a frame has at most {MAX_FRAME} bytes"),
            Self::Sink(error) => error.fmt(f),
            Self::Shape(error) => error.fmt(f),
        }
    }
}

/// A value that is sent as the body of a frame.
pub(super) trait Body {
    /// Writes the fields.
    fn write<S: Sink>(&self, fields: &mut FieldWriter<S>) -> Result<(), EncodeError<S::Error>>;
}

/// Writes a whole frame. Measures the body first, because the header is written before it.
pub(super) fn write_frame<B: Body, S: Sink>(
    kind: u16,
    request: u32,
    body: &B,
    mut sink: S,
) -> Result<(), FrameError<S::Error>> {
    let length = match write_body(body, CountingSink::new()) {
        Ok(counted) => counted.length().saturating_add(HEADER_LENGTH),
        Err(EncodeError::Shape(error)) => return Err(FrameError::Shape(error)),
        Err(EncodeError::Sink(never)) => match never {},
    };
    if length > MAX_FRAME {
        return Err(FrameError::TooLong);
    }
    let header = FrameHeader {
        length: u32::try_from(length).map_err(|_| FrameError::TooLong)?,
        kind,
        flags: 0,
        request,
    };
    sink.put(&header.to_bytes()).map_err(FrameError::Sink)?;
    write_body(body, sink)?;
    Ok(())
}

fn write_body<B: Body, S: Sink>(body: &B, sink: S) -> Result<S, EncodeError<S::Error>> {
    let mut fields = FieldWriter::of_tables(sink);
    fields.table(body)?;
    fields.finish()
}

/// Writes the fields of a body.
pub(super) struct FieldWriter<S>(Writer<S>);

impl<S: Sink> FieldWriter<S> {
    /// Writes a message of tables.
    pub(super) fn of_tables(sink: S) -> Self {
        Self(Writer::new(sink))
    }

    /// Writes one of the tables.
    pub(super) fn table<B: Body>(&mut self, body: &B) -> Result<(), EncodeError<S::Error>> {
        self.0.begin_table()?;
        body.write(self)?;
        self.0.end_table()
    }

    /// Ends the message.
    pub(super) fn finish(self) -> Result<S, EncodeError<S::Error>> {
        self.0.finish()
    }

    pub(super) fn bytes(&mut self, name: &str, value: &[u8]) -> Result<(), EncodeError<S::Error>> {
        self.0.string(name.as_bytes())?;
        self.0.string(value)
    }

    /// Writes nothing for an empty value, because a missing field has that meaning.
    pub(super) fn bytes_unless_empty(
        &mut self,
        name: &str,
        value: &[u8],
    ) -> Result<(), EncodeError<S::Error>> {
        if value.is_empty() {
            return Ok(());
        }
        self.bytes(name, value)
    }

    pub(super) fn optional_bytes(
        &mut self,
        name: &str,
        value: Option<&[u8]>,
    ) -> Result<(), EncodeError<S::Error>> {
        value.map_or(Ok(()), |value| self.bytes(name, value))
    }

    /// A number beyond the codec's integers is sent as the largest integer.
    pub(super) fn number(
        &mut self,
        name: &str,
        value: impl Into<u64>,
    ) -> Result<(), EncodeError<S::Error>> {
        self.0.string(name.as_bytes())?;
        self.0
            .integer(i64::try_from(value.into()).unwrap_or(i64::MAX))
    }

    pub(super) fn boolean(&mut self, name: &str, value: bool) -> Result<(), EncodeError<S::Error>> {
        self.0.string(name.as_bytes())?;
        self.0.boolean(value)
    }
}

/// Reads the fields of a body, or of tables.
pub(super) struct FieldReader<'a> {
    reader: Reader<'a>,
    /// Whether other tables may follow.
    has_many: bool,
}

impl<'a> FieldReader<'a> {
    /// Reads a message of one table.
    pub(super) fn new(body: &'a [u8]) -> Result<Self, AbiError> {
        let mut fields = Self {
            reader: Reader::new(body),
            has_many: false,
        };
        match fields.next_table()? {
            true => Ok(fields),
            false => Err(AbiError::NotFields),
        }
    }

    /// Reads a message of tables.
    pub(super) fn of_tables(message: &'a [u8]) -> Self {
        Self {
            reader: Reader::new(message),
            has_many: true,
        }
    }

    /// Goes to the fields of the next table, which is there if the result is true. To be called where no table has
    /// begun, or one has ended.
    pub(super) fn next_table(&mut self) -> Result<bool, AbiError> {
        match self.reader.token()? {
            Some(Token::TableBegin) => Ok(true),
            Some(_) => Err(AbiError::NotFields),
            None => Ok(false),
        }
    }

    /// The next field's name and value; `None` at the end of the table.
    pub(super) fn field(&mut self) -> Result<Option<(&'a [u8], Value<'a>)>, AbiError> {
        match self.reader.token()? {
            Some(Token::String(name)) => {
                let value = self.reader.token()?.ok_or(AbiError::NotFields)?;
                if matches!(value, Token::TableBegin) {
                    return Err(AbiError::NotFields);
                }
                Ok(Some((name, Value(value))))
            }
            Some(Token::TableEnd) if self.has_many => Ok(None),
            Some(Token::TableEnd) => match self.reader.token()? {
                None => Ok(None),
                Some(_) => Err(AbiError::NotFields),
            },
            _ => Err(AbiError::NotFields),
        }
    }
}

/// The value of a field, whose type is not checked yet.
#[derive(Clone, Copy)]
pub(super) struct Value<'a>(Token<'a>);

impl<'a> Value<'a> {
    pub(super) fn bytes(self, name: &'static str, limit: usize) -> Result<&'a [u8], AbiError> {
        match self.0 {
            Token::String(bytes) if bytes.len() <= limit => Ok(bytes),
            Token::String(_) => Err(AbiError::FieldRange(name)),
            _ => Err(AbiError::FieldType(name)),
        }
    }

    pub(super) fn message(self, name: &'static str) -> Result<Message<'a>, AbiError> {
        Ok(Message::check(self.bytes(name, MAX_FRAME)?)?)
    }

    pub(super) fn number(self, name: &'static str, limit: u64) -> Result<u64, AbiError> {
        match self.0 {
            Token::Integer(number) => match u64::try_from(number) {
                Ok(number) if number <= limit => Ok(number),
                _ => Err(AbiError::FieldRange(name)),
            },
            _ => Err(AbiError::FieldType(name)),
        }
    }

    pub(super) fn number_u32(self, name: &'static str, limit: u32) -> Result<u32, AbiError> {
        let number = self.number(name, u64::from(limit))?;
        u32::try_from(number).map_err(|_| AbiError::FieldRange(name))
    }

    pub(super) fn boolean(self, name: &'static str) -> Result<bool, AbiError> {
        match self.0 {
            Token::Boolean(value) => Ok(value),
            _ => Err(AbiError::FieldType(name)),
        }
    }
}

/// Stores the value of a field. Fails if there is one already.
pub(super) fn set<T>(place: &mut Option<T>, name: &'static str, value: T) -> Result<(), AbiError> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(AbiError::DuplicateField(name)),
    }
}

/// Returns the value of a required field. Fails if there is none.
pub(super) fn require<T>(place: Option<T>, name: &'static str) -> Result<T, AbiError> {
    place.ok_or(AbiError::MissingField(name))
}
