// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The errors of native functions, which the trampoline raises in Lua.

use core::fmt::Write;
use kernel::{
    alloc::AllocError,
    fmt,
    prelude::*, //
};

use super::{
    state::State,
    text::Text, //
};

/// A Lua error was raised; its value is on top of the Lua stack.
#[derive(Debug)]
pub(crate) struct Raised;

/// Why a native function fails.
pub(crate) enum Error {
    /// The value on top of the stack is the error.
    Raised,
    /// The value on top of the stack is a message, to which Lua adds the caller's position.
    PushedMessage,
    /// A message, to which Lua adds the caller's position.
    Message(Text),
    /// An argument is wrong: its number (from 1), and the reason.
    Argument(i32, Text),
    /// The function waits: call it again when its runtime is woken; see `runtime/parking.rs`.
    Parked,
    /// The coroutine that is the first argument yields, together with those that it has resumed.
    /// What it is resumed with is returned. [`State::can_suspend`] must have said so.
    Suspended,
    /// What the function was asked for may not be done where it must not sleep.
    Atomic,
    /// The kernel has no memory: Lua's own "not enough memory".
    NoMemory,
}

/// The result of a native function: the number of results on top of the stack.
pub(crate) type Result<T = core::ffi::c_int> = core::result::Result<T, Error>;

impl Error {
    /// A message: `Error::message(fmt!("{name} is not running"))`.
    pub(crate) fn message(arguments: fmt::Arguments<'_>) -> Self {
        Self::Message(Text::new(arguments))
    }

    /// As [`message`](Self::message), for a message that may be as long as two paths.
    pub(crate) fn long_message(state: State, arguments: fmt::Arguments<'_>) -> Self {
        let mut text = LongText {
            bytes: KVec::new(),
            is_full: false,
        };
        if text.write_fmt(arguments).is_err() && !text.is_full {
            return Self::NoMemory;
        }
        match state.push_bytes(&text.bytes) {
            Ok(()) => Self::PushedMessage,
            Err(Raised) => Self::Raised,
        }
    }

    /// A wrong argument: `bad argument #index to 'function' (text)`.
    pub(crate) fn argument(index: i32, arguments: fmt::Arguments<'_>) -> Self {
        Self::Argument(index, Text::new(arguments))
    }
}

/// The most bytes of a [`LongText`]; a longer text is cut off. One byte of a path may take four.
const MAX_LONG_TEXT: usize = 16 * 1024;

/// A text of bounded length. Writing fails when it is full, or for lack of memory.
struct LongText {
    bytes: KVec<u8>,
    is_full: bool,
}

impl Write for LongText {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        let room = MAX_LONG_TEXT.saturating_sub(self.bytes.len());
        let fitting = text.as_bytes().get(..room);
        self.is_full = fitting.is_some_and(|fitting| fitting.len() < text.len());
        let written = self.bytes.extend_from_slice(
            fitting.unwrap_or(text.as_bytes()),
            GFP_KERNEL_ACCOUNT | __GFP_NOWARN,
        );
        match written {
            Ok(()) if !self.is_full => Ok(()),
            _ => Err(core::fmt::Error),
        }
    }
}

impl From<Raised> for Error {
    fn from(_: Raised) -> Self {
        Self::Raised
    }
}

impl From<AllocError> for Error {
    fn from(_: AllocError) -> Self {
        Self::NoMemory
    }
}

impl From<kernel::error::Error> for Error {
    fn from(error: kernel::error::Error) -> Self {
        if error == ENOMEM {
            Self::NoMemory
        } else {
            Self::message(fmt!("{error:?}"))
        }
    }
}
