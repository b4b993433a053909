// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Frames that the process reads.

use super::{
    error::WireError,
    flat::Flat,
    frame::{Frame, HEADER},
    start::Start,
};
use crate::codec::Sink;

/// The kinds of frames, as their headers carry them.
pub mod kind {
    /// [`ToProcess::Start`](super::ToProcess::Start).
    pub const START: u16 = 1;
    /// [`ToProcess::Message`](super::ToProcess::Message).
    pub const MESSAGE: u16 = 2;
    /// [`ToProcess::NoSenders`](super::ToProcess::NoSenders).
    pub const NO_SENDERS: u16 = 3;
    /// [`ToProcess::Room`](super::ToProcess::Room).
    pub const ROOM: u16 = 4;
}

/// A frame that the process reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToProcess<'a> {
    /// What to do. It is the first frame, and the only one of its kind.
    Start(Start<'a>),
    /// A message to the actor.
    Message(Flat<'a>),
    /// Nobody has an address of the actor.
    NoSenders {
        /// How many handles of kind [`OWN`](super::handle::OWN) the kernel had taken from the process before, modulo
        /// 2^32. If the process has sent more since, somebody may have an address again.
        sent: u32,
    },
    /// The actor of this grant has room again, after a write was refused with `EAGAIN`.
    Room {
        /// The grant.
        grant: u32,
    },
}

impl<'a> ToProcess<'a> {
    /// Reads a frame.
    pub fn decode(frame: &Frame<'a>) -> Result<Self, WireError> {
        Ok(match frame.kind {
            kind::START => {
                frame.no_number()?;
                Self::Start(Start::decode(frame.body)?)
            }
            kind::MESSAGE => {
                frame.no_number()?;
                let value = Flat::check(frame.body)?;
                if value.own() > 0 {
                    return Err(WireError::Handle);
                }
                Self::Message(value)
            }
            kind::NO_SENDERS => {
                frame.no_body()?;
                Self::NoSenders { sent: frame.number }
            }
            kind::ROOM => {
                frame.no_body()?;
                Self::Room {
                    grant: frame.number,
                }
            }
            kind => return Err(WireError::Kind(kind)),
        })
    }

    /// The header of a frame that has no body.
    pub fn header(&self) -> [u8; HEADER] {
        let (kind, number) = match *self {
            Self::Start(_) => (kind::START, 0),
            Self::Message(_) => (kind::MESSAGE, 0),
            Self::NoSenders { sent } => (kind::NO_SENDERS, sent),
            Self::Room { grant } => (kind::ROOM, grant),
        };
        Frame::header(kind, number, 0)
    }

    /// Writes the frame. A start can only be one that was read; the kernel writes the first from its values.
    pub fn encode<S: Sink>(&self, sink: S) -> Result<(), S::Error> {
        let (kind, number, body) = match *self {
            Self::Start(start) => (kind::START, 0, start.as_bytes()),
            Self::Message(flat) => (kind::MESSAGE, 0, flat.message().as_bytes()),
            Self::NoSenders { sent } => (kind::NO_SENDERS, sent, &[][..]),
            Self::Room { grant } => (kind::ROOM, grant, &[][..]),
        };
        Frame { kind, number, body }.encode(sink)
    }
}
