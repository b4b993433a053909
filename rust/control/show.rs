// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Encodes the results of a script for the user space client that started it.

use core::ffi::c_int;
use kernel::{
    alloc::AllocError,
    prelude::*, //
};

use super::abi::{MAX_FRAME, TEXT};
use crate::{
    codec::{EncodeError, Sink, Writer},
    lua::{self, Error, Kind, Raised, State},
    runtime::message::Message, //
};

/// Results for user space, both encoded.
#[derive(Default)]
pub(super) struct Results {
    /// The values.
    pub(super) values: KVVec<u8>,
    /// The texts of the values that cannot be sent.
    pub(super) texts: KVVec<u8>,
}

/// Encodes the `results` top values for user space. Tables are copied. Other values, such as
/// functions, are shown by `tostring`, and so are tables whose metatable has a text for them. If
/// the tables cannot be copied, for instance because they are too large, `tostring` shows all of
/// them.
pub(super) fn show(state: State, results: c_int) -> lua::Result<Results> {
    let top = state.top();
    let first = top.saturating_sub(results).saturating_add(1);
    state.reserve(lua::MIN_STACK)?;
    let shown = encode(state, first, top, true).or_else(|_| {
        state.set_top(top);
        encode(state, first, top, false)
    });
    shown.map_err(NotShown::into_error)
}

/// Encodes the values at `first..=last`. With `copies`, tables are copied.
fn encode(state: State, first: c_int, last: c_int, copies: bool) -> Result<Results, NotShown> {
    let mut texts = Writer::new(Shown(KVVec::new()));
    // For each value, whether a text stands for it.
    let mut has_text = KVVec::new();
    let mut has_tables = false;
    for index in first..=last {
        let is_data = match state.kind(index) {
            Kind::Table => copies && !has_own_text(state, index)?,
            kind => is_scalar(kind),
        };
        has_tables |= is_data && state.kind(index) == Kind::Table;
        if !is_data {
            state.push_text(index)?;
            let text = state.to_bytes(-1).unwrap_or_default();
            texts.string(text)?;
            state.pop(1);
        }
        has_text.push(!is_data, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
    }
    let values = if has_tables {
        copies_of(state, first, &has_text)?
    } else {
        scalars(state, first, &has_text)?
    };
    Ok(Results {
        values: values.0,
        texts: texts.finish()?.0,
    })
}

/// Encodes values that include tables. Not inlined: it needs more stack than the other functions.
#[inline(never)]
fn copies_of(state: State, first: c_int, has_text: &[bool]) -> Result<Shown, NotShown> {
    // The reason does not matter: any failure to copy means that they are shown without copies.
    let message =
        Message::encode_results(state, first, has_text).map_err(|_| NotShown::Malformed)?;
    let mut values = Shown(KVVec::new());
    values.put(message.as_bytes())?;
    Ok(values)
}

/// Encodes values, with texts for all but scalars. Unlike a message, this does not count against
/// the memory of the script, whose results may fill its limit.
fn scalars(state: State, first: c_int, has_text: &[bool]) -> Result<Shown, NotShown> {
    let mut writer = Writer::new(Shown(KVVec::new()));
    let mut text = 0;
    for (index, has_text) in (first..).zip(has_text) {
        match state.kind(index) {
            _ if *has_text => {
                writer.handle(TEXT, text)?;
                text = text.saturating_add(1);
            }
            Kind::Boolean => writer.boolean(state.to_boolean(index))?,
            Kind::Integer => writer.integer(state.to_integer(index).unwrap_or(0))?,
            Kind::Float => writer.float(state.to_float_bits(index).unwrap_or(0))?,
            Kind::String => writer.string(state.to_bytes(index).unwrap_or_default())?,
            _ => writer.nil()?,
        }
    }
    Ok(writer.finish()?)
}

fn is_scalar(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::None | Kind::Nil | Kind::Boolean | Kind::Integer | Kind::Float | Kind::String
    )
}

/// Whether the metatable of the table at `index` determines its text.
fn has_own_text(state: State, index: c_int) -> Result<bool, Raised> {
    let top = state.top();
    if !state.push_metatable(index) {
        return Ok(false);
    }
    let mut has = false;
    for name in [b"__tostring".as_slice(), b"__name"] {
        state.push_bytes(name)?;
        state.raw_get(-2);
        has |= state.kind(-1) != Kind::Nil;
        state.pop(1);
    }
    state.set_top(top);
    Ok(has)
}

/// Why results are not shown. Smaller than Lua's errors, which would be on the stack several times.
enum NotShown {
    /// Lua has raised an error, which is on top of its stack.
    Raised,
    NoMemory,
    /// They are longer than a frame.
    TooLong,
    /// They are no message.
    Malformed,
}

impl NotShown {
    #[cold]
    #[inline(never)]
    fn into_error(self) -> Error {
        match self {
            Self::Raised => Error::Raised,
            Self::NoMemory => Error::NoMemory,
            Self::TooLong => {
                Error::message(fmt!("the results are larger than a frame may be (4 MiB)"))
            }
            Self::Malformed => Error::message(fmt!("the results cannot be sent")),
        }
    }
}

impl From<Raised> for NotShown {
    fn from(_: Raised) -> Self {
        Self::Raised
    }
}

impl From<AllocError> for NotShown {
    fn from(_: AllocError) -> Self {
        Self::NoMemory
    }
}

impl From<EncodeError<NotShown>> for NotShown {
    fn from(error: EncodeError<NotShown>) -> Self {
        match error {
            EncodeError::Sink(error) => error,
            EncodeError::Shape(_) => Self::Malformed,
        }
    }
}

/// Results for user space, at most as long as a frame. The bound is needed because a script can
/// return one long string many times.
struct Shown(KVVec<u8>);

impl Sink for Shown {
    /// There is no memory, or the results are too long.
    type Error = NotShown;

    fn put(&mut self, bytes: &[u8]) -> Result<(), NotShown> {
        if self.0.len().saturating_add(bytes.len()) > MAX_FRAME {
            return Err(NotShown::TooLong);
        }
        Ok(self
            .0
            .extend_from_slice(bytes, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?)
    }
}
