// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Replies to clients.

use super::{
    error::AbiError,
    fields::{require, set, write_frame, Body, FieldReader, FieldWriter, FrameError},
    header::Frame,
    status::StatusRow,
    MAX_FRAME,
};
use crate::codec::{EncodeError, Message, Sink};

/// The kinds of replies, as the header carries them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum ReplyKind {
    /// [`Reply::Output`].
    Output = 0x8001,
    /// [`Reply::Log`].
    Log = 0x8002,
    /// [`Reply::Names`].
    Names = 0x8003,
    /// [`Reply::Status`].
    Status = 0x8004,
    /// [`Reply::Done`].
    Done = 0x8005,
    /// [`Reply::Stack`].
    Stack = 0x8006,
}

impl ReplyKind {
    /// The kind with this number.
    pub const fn from_number(number: u16) -> Option<Self> {
        Some(match number {
            0x8001 => Self::Output,
            0x8002 => Self::Log,
            0x8003 => Self::Names,
            0x8004 => Self::Status,
            0x8005 => Self::Done,
            0x8006 => Self::Stack,
            _ => return None,
        })
    }

    /// The number in the header.
    pub const fn number(self) -> u16 {
        self as u16
    }
}

/// The streams that a script writes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// `io.stdout`, and the output of `print`.
    Output,
    /// `io.stderr`, warnings, and errors that nobody else receives.
    Error,
}

impl Stream {
    /// Its number in frames.
    pub const fn number(self) -> u32 {
        match self {
            Self::Output => 1,
            Self::Error => 2,
        }
    }

    const fn from_number(number: u32) -> Result<Self, AbiError> {
        match number {
            1 => Ok(Self::Output),
            2 => Ok(Self::Error),
            _ => Err(AbiError::FieldRange("stream")),
        }
    }
}

/// One entry of a script's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogLine<'a> {
    /// The number of this entry in its log, from 0. A gap shows how many entries are lost.
    pub sequence: u64,
    /// The time when it was written, on the wall clock.
    pub time_ns: u64,
    /// The stream that it was written to.
    pub stream: Stream,
    /// The text, including a newline at its end if one was written.
    pub bytes: &'a [u8],
}

/// The origin of an error. The tool's exit status depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The script: its syntax, an error it raised, its memory limit.
    Script,
    /// The request: it could not be done; `errno` says why.
    Request,
    /// The client, which cancelled the request.
    Cancelled,
}

impl Origin {
    /// Its number in frames.
    pub const fn number(self) -> u32 {
        match self {
            Self::Script => 1,
            Self::Request => 2,
            Self::Cancelled => 3,
        }
    }

    const fn from_number(number: u32) -> Result<Self, AbiError> {
        match number {
            1 => Ok(Self::Script),
            2 => Ok(Self::Request),
            3 => Ok(Self::Cancelled),
            _ => Err(AbiError::FieldRange("origin")),
        }
    }
}

/// Why a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure<'a> {
    /// The origin of the error.
    pub origin: Origin,
    /// The error number, positive; 0 for a script's own error without one.
    pub errno: i32,
    /// A message for people.
    pub message: &'a [u8],
    /// The traceback; empty if the error has no position in a script.
    pub traceback: &'a [u8],
}

/// The kind of handle that stands for a result shown as text. Its index is the number of that text.
pub const TEXT: u8 = 0;

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// The request succeeded.
    Success {
        /// The results of the request. Those of scripts may contain handles: outside tables, a
        /// handle of the kind [`TEXT`] stands for a value whose text is in `texts`; inside, the
        /// kind is the number of the value's type in Lua's C API.
        values: Message<'a>,
        /// Strings: the results of `tostring` for values that cannot be sent.
        texts: Message<'a>,
    },
    /// The text of a [`Request::Repl`](super::Request::Repl) is incomplete; it continues on another
    /// line.
    Incomplete,
    /// The request failed.
    Failure(Failure<'a>),
}

/// Replies to clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply<'a> {
    /// The script wrote something.
    Output {
        /// The stream that it was written to.
        stream: Stream,
        /// The bytes that it wrote.
        bytes: &'a [u8],
    },
    /// An entry of a log.
    Log(LogLine<'a>),
    /// Names of running scripts, as strings. One answer may have several such frames.
    Names {
        /// The names.
        names: Message<'a>,
    },
    /// The state of one runtime.
    Status(StatusRow<'a>),
    /// A stack that a profile has found.
    Stack {
        /// The name of the runtime, then its calls, the outermost first, or in brackets what it waits for; separated by
        /// `;`.
        stack: &'a [u8],
        /// The number of samples.
        count: u64,
    },
    /// The request is over.
    Done(Outcome<'a>),
}

impl<'a> Reply<'a> {
    /// The kind of this reply, for the header.
    pub const fn kind(&self) -> ReplyKind {
        match self {
            Self::Output { .. } => ReplyKind::Output,
            Self::Log(_) => ReplyKind::Log,
            Self::Names { .. } => ReplyKind::Names,
            Self::Status(_) => ReplyKind::Status,
            Self::Stack { .. } => ReplyKind::Stack,
            Self::Done(_) => ReplyKind::Done,
        }
    }

    /// Writes the frame of this reply to request `request`.
    pub fn encode<S: Sink>(&self, request: u32, sink: S) -> Result<(), FrameError<S::Error>> {
        write_frame(self.kind().number(), request, self, sink)
    }

    /// Reads a reply, which borrows all its bytes from the frame. Skips unknown fields.
    pub fn decode(frame: &Frame<'a>) -> Result<Self, AbiError> {
        frame.header.check_flags()?;
        let kind = ReplyKind::from_number(frame.header.kind)
            .ok_or(AbiError::UnknownKind(frame.header.kind))?;
        if kind == ReplyKind::Status {
            return Ok(Self::Status(StatusRow::read(frame.body)?));
        }
        let found = Found::read(frame.body)?;
        Ok(match kind {
            ReplyKind::Output => Self::Output {
                stream: Stream::from_number(require(found.stream, "stream")?)?,
                bytes: require(found.bytes, "bytes")?,
            },
            ReplyKind::Log => Self::Log(LogLine {
                sequence: require(found.sequence, "sequence")?,
                time_ns: require(found.time_ns, "time_ns")?,
                stream: Stream::from_number(require(found.stream, "stream")?)?,
                bytes: require(found.bytes, "bytes")?,
            }),
            ReplyKind::Names => Self::Names {
                names: require(found.values, "values")?,
            },
            ReplyKind::Stack => Self::Stack {
                stack: require(found.stack, "stack")?,
                count: require(found.count, "count")?,
            },
            // `Status` was handled above.
            ReplyKind::Status | ReplyKind::Done => Self::Done(found.outcome()?),
        })
    }
}

impl Body for Reply<'_> {
    fn write<S: Sink>(&self, fields: &mut FieldWriter<S>) -> Result<(), EncodeError<S::Error>> {
        match *self {
            Self::Output { stream, bytes } => {
                fields.number("stream", stream.number())?;
                fields.bytes("bytes", bytes)
            }
            Self::Log(line) => {
                fields.number("sequence", line.sequence)?;
                fields.number("time_ns", line.time_ns)?;
                fields.number("stream", line.stream.number())?;
                fields.bytes("bytes", line.bytes)
            }
            Self::Names { names } => fields.bytes("values", names.as_bytes()),
            Self::Status(ref row) => row.write(fields),
            Self::Stack { stack, count } => {
                fields.bytes("stack", stack)?;
                fields.number("count", count)
            }
            Self::Done(Outcome::Success { values, texts }) => {
                fields.bytes("outcome", b"success")?;
                fields.bytes_unless_empty("values", values.as_bytes())?;
                fields.bytes_unless_empty("texts", texts.as_bytes())
            }
            Self::Done(Outcome::Incomplete) => fields.bytes("outcome", b"incomplete"),
            Self::Done(Outcome::Failure(failure)) => {
                fields.bytes("outcome", b"failure")?;
                fields.number("origin", failure.origin.number())?;
                fields.number("errno", failure.errno.unsigned_abs())?;
                fields.bytes("message", failure.message)?;
                fields.bytes_unless_empty("traceback", failure.traceback)
            }
        }
    }
}

/// The fields that were found in a reply of any kind.
#[derive(Default)]
struct Found<'a> {
    stream: Option<u32>,
    bytes: Option<&'a [u8]>,
    sequence: Option<u64>,
    time_ns: Option<u64>,
    values: Option<Message<'a>>,
    texts: Option<Message<'a>>,
    stack: Option<&'a [u8]>,
    count: Option<u64>,
    outcome: Option<&'a [u8]>,
    origin: Option<u32>,
    errno: Option<u32>,
    message: Option<&'a [u8]>,
    traceback: Option<&'a [u8]>,
}

impl<'a> Found<'a> {
    fn read(body: &'a [u8]) -> Result<Self, AbiError> {
        let mut found = Self::default();
        let mut fields = FieldReader::new(body)?;
        while let Some((field, value)) = fields.field()? {
            match field {
                b"stream" => {
                    let stream = value.number_u32("stream", u32::MAX)?;
                    set(&mut found.stream, "stream", stream)?;
                }
                b"bytes" => set(&mut found.bytes, "bytes", value.bytes("bytes", MAX_FRAME)?)?,
                b"sequence" => {
                    let sequence = value.number("sequence", u64::MAX)?;
                    set(&mut found.sequence, "sequence", sequence)?;
                }
                b"time_ns" => {
                    let time = value.number("time_ns", u64::MAX)?;
                    set(&mut found.time_ns, "time_ns", time)?;
                }
                b"values" => set(&mut found.values, "values", value.message("values")?)?,
                b"texts" => set(&mut found.texts, "texts", value.message("texts")?)?,
                b"stack" => set(&mut found.stack, "stack", value.bytes("stack", MAX_FRAME)?)?,
                b"count" => {
                    let count = value.number("count", u64::MAX)?;
                    set(&mut found.count, "count", count)?;
                }
                b"outcome" => {
                    let outcome = value.bytes("outcome", MAX_FRAME)?;
                    set(&mut found.outcome, "outcome", outcome)?;
                }
                b"origin" => {
                    let origin = value.number_u32("origin", u32::MAX)?;
                    set(&mut found.origin, "origin", origin)?;
                }
                b"errno" => {
                    let errno = value.number_u32("errno", i32::MAX.unsigned_abs())?;
                    set(&mut found.errno, "errno", errno)?;
                }
                b"message" => {
                    let message = value.bytes("message", MAX_FRAME)?;
                    set(&mut found.message, "message", message)?;
                }
                b"traceback" => {
                    let traceback = value.bytes("traceback", MAX_FRAME)?;
                    set(&mut found.traceback, "traceback", traceback)?;
                }
                // A later kernel may send more fields.
                _ => {}
            }
        }
        Ok(found)
    }

    fn outcome(&self) -> Result<Outcome<'a>, AbiError> {
        match require(self.outcome, "outcome")? {
            b"success" => Ok(Outcome::Success {
                values: self.values.unwrap_or(Message::EMPTY),
                texts: self.texts.unwrap_or(Message::EMPTY),
            }),
            b"incomplete" => Ok(Outcome::Incomplete),
            b"failure" => Ok(Outcome::Failure(Failure {
                origin: Origin::from_number(require(self.origin, "origin")?)?,
                errno: i32::try_from(require(self.errno, "errno")?)
                    .map_err(|_| AbiError::FieldRange("errno"))?,
                message: require(self.message, "message")?,
                traceback: self.traceback.unwrap_or_default(),
            })),
            _ => Err(AbiError::FieldRange("outcome")),
        }
    }
}
