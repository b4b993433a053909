// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Frames that the process writes.

use super::{
    error::WireError,
    flat::Flat,
    frame::{Frame, HEADER},
};
use crate::codec::Sink;

/// The kinds of frames, as their headers carry them.
mod kind {
    pub(super) const READY: u16 = 0x81;
    pub(super) const FAILED: u16 = 0x82;
    pub(super) const ADOPT: u16 = 0x83;
    pub(super) const MESSAGE: u16 = 0x84;
    pub(super) const CLOSE: u16 = 0x85;
    pub(super) const CLOSE_INBOX: u16 = 0x86;
    pub(super) const PAUSE: u16 = 0x87;
    pub(super) const RESUME: u16 = 0x88;
}

/// The largest error number.
const MAX_ERRNO: u32 = 4095;

/// A frame that the process writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToKernel<'a> {
    /// The namespaces and streams are set up: `spawn_vm` returns. It is written once.
    Ready,
    /// They could not be set up: `spawn_vm` raises this error, and the process is over.
    Failed {
        /// The error number.
        errno: u32,
    },
    /// The file belongs to another process from now on. Only that one may use it.
    Adopt {
        /// The number of the process, as the writer sees it.
        pid: u32,
    },
    /// A message to the actor of a grant. Fails with `EAGAIN` if it has no room: [`Room`](super::ToProcess::Room)
    /// tells when it has. Fails with `EPIPE` if nobody will receive it.
    Message {
        /// The grant.
        grant: u32,
        /// The value.
        value: Flat<'a>,
    },
    /// The process needs a grant no longer.
    Close {
        /// The grant.
        grant: u32,
    },
    /// The actor receives no more. Who sends to it gets `EPIPE`.
    CloseInbox,
    /// The process has enough messages for now: it reads no others until it writes [`Resume`](Self::Resume).
    Pause,
    /// The process reads messages again.
    Resume,
}

impl<'a> ToKernel<'a> {
    /// Reads a frame.
    pub fn decode(frame: &Frame<'a>) -> Result<Self, WireError> {
        if frame.kind == kind::MESSAGE {
            return Ok(Self::Message {
                grant: frame.number,
                value: Flat::check(frame.body)?,
            });
        }
        let number = frame.number;
        let this = match frame.kind {
            kind::READY => Self::Ready,
            kind::FAILED => Self::Failed { errno: number },
            kind::ADOPT => Self::Adopt { pid: number },
            kind::CLOSE => Self::Close { grant: number },
            kind::CLOSE_INBOX => Self::CloseInbox,
            kind::PAUSE => Self::Pause,
            kind::RESUME => Self::Resume,
            kind => return Err(WireError::Kind(kind)),
        };
        frame.no_body()?;
        match this {
            Self::Failed { errno } if !(1..=MAX_ERRNO).contains(&errno) => {
                return Err(WireError::Number(number));
            }
            Self::Ready | Self::CloseInbox | Self::Pause | Self::Resume => frame.no_number()?,
            _ => {}
        }
        Ok(this)
    }

    /// The grant that a frame names, even if its body is wrong. That grant is lost then.
    pub fn grant(frame: &Frame<'_>) -> Option<u32> {
        matches!(frame.kind, kind::MESSAGE | kind::CLOSE).then_some(frame.number)
    }

    /// The header of a message whose value takes so many bytes, for a writer that has put them behind it in place.
    pub fn message_header(grant: u32, value: usize) -> [u8; HEADER] {
        Frame::header(kind::MESSAGE, grant, value)
    }

    /// Writes the frame.
    pub fn encode<S: Sink>(&self, sink: S) -> Result<(), S::Error> {
        let (kind, number, body) = match *self {
            Self::Ready => (kind::READY, 0, &[][..]),
            Self::Failed { errno } => (kind::FAILED, errno, &[][..]),
            Self::Adopt { pid } => (kind::ADOPT, pid, &[][..]),
            Self::Message { grant, value } => (kind::MESSAGE, grant, value.message().as_bytes()),
            Self::Close { grant } => (kind::CLOSE, grant, &[][..]),
            Self::CloseInbox => (kind::CLOSE_INBOX, 0, &[][..]),
            Self::Pause => (kind::PAUSE, 0, &[][..]),
            Self::Resume => (kind::RESUME, 0, &[][..]),
        };
        Frame { kind, number, body }.encode(sink)
    }
}
