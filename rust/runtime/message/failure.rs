// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Why values do not become a message.

use kernel::{alloc::AllocError, prelude::*};

use super::{
    bytes::{SinkError, MAX_BYTES},
    seen::{SeenError, MAX_TABLES, NEAR},
};
use crate::{
    codec::{EncodeError, ShapeError, MAX_DEPTH},
    lua::Error, //
};

/// Why values do not become a message.
pub(super) enum Failure {
    NoMemory,
    Codec(EncodeError<SinkError>),
    TooManyTables,
    /// A hook cannot send so many.
    TooManyInHook,
    /// The code that sends is to end.
    Ended,
    /// What comes next cannot travel.
    Cannot,
    /// What a table contains, its `__pairs` says.
    Lazy,
}

impl From<EncodeError<SinkError>> for Failure {
    fn from(error: EncodeError<SinkError>) -> Self {
        Self::Codec(error)
    }
}

impl From<SeenError> for Failure {
    fn from(error: SeenError) -> Self {
        match error {
            SeenError::NoMemory => Self::NoMemory,
            SeenError::Ended => Self::Ended,
            SeenError::TooMany => Self::TooManyTables,
            SeenError::NearIsFull => Self::TooManyInHook,
        }
    }
}

impl From<AllocError> for Failure {
    fn from(_: AllocError) -> Self {
        Self::NoMemory
    }
}

impl Failure {
    /// The error that says so.
    #[cold]
    #[inline(never)]
    pub(super) fn into_error(self) -> Error {
        match self {
            Self::NoMemory | Self::Codec(EncodeError::Sink(SinkError::NoMemory)) => Error::NoMemory,
            // Nobody sees it: code that is to end raises as soon as it is back in Lua.
            Self::Ended | Self::Codec(EncodeError::Sink(SinkError::Ended)) => {
                Error::message(fmt!("interrupted"))
            }
            Self::Codec(EncodeError::Sink(SinkError::TooLong)) => {
                Error::message(fmt!("cannot send more than {} MiB", MAX_BYTES >> 20))
            }
            Self::Codec(EncodeError::Sink(SinkError::Beyond(most))) => {
                Error::message(fmt!("cannot send more than {most} bytes from a hook"))
            }
            Self::TooManyInHook => {
                Error::message(fmt!("cannot send more than {NEAR} tables from a hook"))
            }
            Self::Codec(EncodeError::Shape(ShapeError::TooDeep)) => {
                Error::message(fmt!("cannot send tables nested deeper than {MAX_DEPTH}"))
            }
            Self::Codec(EncodeError::Shape(error)) => {
                Error::message(format_args!("cannot send this table: {error}"))
            }
            Self::TooManyTables => {
                Error::message(fmt!("cannot send more than {MAX_TABLES} tables"))
            }
            // Told by `Encoder::refusal`, which knows where, and by `encode`.
            Self::Cannot | Self::Lazy => Error::message(fmt!("cannot send a value")),
        }
    }
}
