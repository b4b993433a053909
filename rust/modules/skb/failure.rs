// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Why a method fails, and what a script is told.

use core::ffi::c_int;
use kernel::prelude::*;

use crate::{
    binding::{
        arguments::{self, show, type_error},
        errno, //
    },
    linux::packet::{fields::Kind, search::MAX_NEEDLE, Refused},
    lua::{self, Error, Raised, State},
    permission::Permission,
    runtime::permissions::denied, //
};

/// Why a method fails.
///
/// An [`Error`] contains its text. This is made into one last of all: hooks have little stack, and
/// a function has several of them at a time.
pub(super) enum Failure {
    /// There is no packet: no hook runs, or the copy is of another call.
    Unset,
    /// The view or header is of another call.
    Closed,
    /// There is no MAC header.
    NoMacHeader,
    /// The packet was changed, so the header is none any more.
    NoHeader(Kind),
    /// The header has no field with the name that is the second argument.
    NoField(Kind),
    /// An argument, by its number.
    Argument(c_int, Wrong),
    /// The packet was not changed. The number is that of the argument that says which bytes.
    Refused(c_int, Refused),
    /// Likewise, where it would have got another size.
    Growth(c_int, Refused),
    /// The packet cannot be read.
    Unreadable,
    /// A view is asked for another size.
    FixedSize,
    /// The kernel was built without an option. The name of the method and that of the option.
    Unconfigured(&'static str, &'static str),
    /// The error is on top of the stack.
    Raised,
}

/// What is wrong with an argument.
pub(super) enum Wrong {
    /// It means bytes that are not there.
    OutOfBounds,
    /// It is no integer.
    Integer,
    /// It is not of this type.
    Type(&'static str),
    /// It is none of the options.
    Option,
    /// It is too long to search for.
    TooLong,
    /// It has not this size.
    Size(usize),
}

impl From<Raised> for Failure {
    fn from(_: Raised) -> Self {
        Self::Raised
    }
}

impl Failure {
    /// An argument means bytes that are not there.
    pub(super) fn out_of_bounds(index: c_int) -> Self {
        Self::Argument(index, Wrong::OutOfBounds)
    }

    /// The error.
    #[cold]
    #[inline(never)]
    pub(super) fn error(self, state: State) -> Error {
        let text = match self {
            Self::Argument(index, wrong) => return wrong.error(state, index),
            Self::Refused(index, refused) => return of_refusal(state, index, refused),
            Self::Growth(_, Refused::Kernel(error)) if error == ENOMEM => "insufficient tailroom",
            Self::Growth(index, refused) => return of_refusal(state, index, refused),
            Self::NoHeader(kind) => return no_header(kind),
            Self::NoField(kind) => return no_field(state, kind),
            Self::Unconfigured(name, option) => return unconfigured(name, option),
            Self::Unreadable => return errno::raise(state, EFAULT),
            Self::Raised => return Error::Raised,
            Self::Unset => "skb is not set",
            Self::Closed => "closed object",
            Self::NoMacHeader => "MAC header not set",
            Self::FixedSize => "cannot resize external memory",
        };
        message(text)
    }
}

impl Wrong {
    #[inline(never)]
    fn error(self, state: State, index: c_int) -> Error {
        match self {
            Self::OutOfBounds => Error::argument(index, fmt!("out of bounds")),
            Self::Integer => match arguments::integer(state, index) {
                Err(error) => error,
                // Somebody has changed the stack.
                Ok(_) => Error::argument(index, fmt!("number expected")),
            },
            Self::Type(expected) => type_error(state, index, expected),
            Self::Option => {
                let option = show(state.to_bytes(index).unwrap_or_default());
                Error::argument(index, fmt!("invalid option '{option}'"))
            }
            Self::TooLong => Error::argument(index, fmt!("must have at most {MAX_NEEDLE} bytes")),
            Self::Size(size) => Error::argument(index, fmt!("must have {size} bytes")),
        }
    }
}

#[inline(never)]
fn message(text: &str) -> Error {
    Error::message(fmt!("{text}"))
}

#[inline(never)]
fn no_header(kind: Kind) -> Error {
    let kind = kind.name();
    Error::message(fmt!("the packet has no {kind} header any more"))
}

#[inline(never)]
fn no_field(state: State, kind: Kind) -> Error {
    let kind = kind.name();
    match state.to_bytes(2) {
        Some(name) => Error::message(fmt!("{kind} header has no field '{}'", show(name))),
        None => Error::message(fmt!("the name of a field of the {kind} header expected")),
    }
}

#[inline(never)]
fn unconfigured(name: &str, option: &str) -> Error {
    Error::message(fmt!("skb.{name} needs {option}"))
}

/// The error of a change that was refused.
#[inline(never)]
fn of_refusal(state: State, index: c_int, refused: Refused) -> Error {
    message(match refused {
        Refused::Denied => return denied(Permission::NetfilterModify, None),
        Refused::OutOfBounds => return Wrong::OutOfBounds.error(state, index),
        Refused::Kernel(error) => return of_kernel(state, error),
        Refused::NoMacHeader => "MAC header not set",
        Refused::ReadOnly => "read only",
        Refused::Gso => "GSO skb",
        Refused::FragList => "FRAGLIST GSO skbs cannot be copied",
        Refused::TooManyCopies => "too many skb copies",
        Refused::TooManyForwarded => "too many forwarded skbs",
        Refused::NoDevice => "skb has no device",
    })
}

/// An error of the kernel: its name alone, without a position. That is so for a lack of memory,
/// too, which is not the script's.
fn of_kernel(state: State, error: kernel::error::Error) -> Error {
    if error != ENOMEM {
        return errno::raise(state, error);
    }
    match state.push_bytes(b"ENOMEM") {
        Ok(()) | Err(Raised) => Error::Raised,
    }
}

/// The result of a method.
pub(super) type Result<T = c_int> = core::result::Result<T, Failure>;

/// The result of the native function that is a method.
#[inline]
pub(super) fn finish(state: State, result: Result) -> lua::Result {
    result.map_err(|failure| failure.error(state))
}

/// A native function of a method: a function from [`State`] to [`Result`], for everybody and in
/// hooks.
macro_rules! method {
    ($body:path) => {{
        fn method(state: $crate::lua::State) -> $crate::lua::Result {
            $crate::modules::skb::failure::finish(state, $body(state))
        }
        $crate::native!(method, $crate::lua::Free, $crate::lua::Softirq)
    }};
}
pub(super) use method;

/// The integer at `index`.
pub(super) fn integer(state: State, index: c_int) -> Result<i64> {
    state
        .to_integer(index)
        .ok_or(Failure::Argument(index, Wrong::Integer))
}

/// The integer at `index`, or `default` if it is missing or nil.
pub(super) fn optional_integer(state: State, index: c_int, default: i64) -> Result<i64> {
    if state.is_none_or_nil(index) {
        return Ok(default);
    }
    integer(state, index)
}

/// The string at `index`.
pub(super) fn string<'a>(state: State, index: c_int) -> Result<&'a [u8]> {
    state
        .to_bytes(index)
        .ok_or(Failure::Argument(index, Wrong::Type("string")))
}
