// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Copies the values of a message into a VM.

use core::ffi::c_int;

use super::{
    super::{handle::Handle, userdata},
    FUNCTION,
};
use crate::{
    codec::{DecodeError, Reader, Token},
    lua::{self, Error, Item, Source, State},
};

/// Tokens that are read ahead to estimate the size of a table.
const AHEAD: u32 = 64;

/// The values of a message, as a source for [`State::push_from`].
struct Values<'a> {
    reader: Reader<'a>,
    handles: &'a [Handle],
    /// Whether C functions are taken from it.
    functions: bool,
    /// The reason why it has stopped before the end.
    error: Option<Error>,
}

/// Pushes the values that `reader` reads, and returns their number. `values` is the number of
/// values outside all tables. `tables` is the number of tables if there are references to them,
/// otherwise 0.
pub(super) fn push(
    state: State,
    reader: Reader<'_>,
    handles: &[Handle],
    functions: bool,
    values: u32,
    tables: u32,
) -> lua::Result {
    let values = c_int::try_from(values).map_err(|_| Error::NoMemory)?;
    let tables = c_int::try_from(tables).map_err(|_| Error::NoMemory)?;
    let mut source = Values {
        reader,
        handles,
        functions,
        error: None,
    };
    state.push_from(&mut source, values, tables)?;
    match source.error {
        None => Ok(values),
        Some(error) => Err(error),
    }
}

impl Values<'_> {
    /// Counts elements and fields of the table that has just begun: those that are near and come
    /// before other tables. So it counts only tokens that exist, and reads no token more than
    /// twice.
    fn room(&self) -> (u16, u16) {
        let mut ahead = self.reader.clone();
        let (mut elements, mut fields) = (0u16, 0u16);
        for _ in 0..AHEAD {
            let is_key = ahead.key_is_next();
            match ahead.token() {
                Ok(Some(Token::Integer(key)))
                    if is_key && key == i64::from(elements).saturating_add(1) =>
                {
                    elements = elements.saturating_add(1);
                }
                Ok(Some(Token::TableBegin | Token::TableEnd) | None) | Err(_) => break,
                Ok(Some(_)) => fields = fields.saturating_add(is_key.into()),
            }
        }
        (elements, fields)
    }
}

impl Values<'_> {
    /// Pushes a handle; nil for a handle that is not in the list, as in messages from user space.
    /// Returns whether it has pushed a value.
    #[inline(never)]
    fn push_handle(&mut self, state: State, kind: u8, index: u32) -> bool {
        if kind == FUNCTION && self.functions && state.push_exported_function(index) {
            return true;
        }
        let Some(handle) = self.handles.get(index as usize) else {
            state.push_nil();
            return true;
        };
        self.error = userdata::push(state, handle.clone()).err();
        self.error.is_none()
    }

    #[cold]
    fn fail(&mut self, error: DecodeError) {
        self.error = Some(Error::message(format_args!("malformed message: {error}")));
    }
}

impl Source for Values<'_> {
    #[inline]
    fn next(&mut self, state: State) -> Option<Item<'_>> {
        let token = match self.reader.token() {
            Ok(token) => token?,
            Err(error) => {
                self.fail(error);
                return None;
            }
        };
        let mut room = (0, 0);
        match token {
            Token::TableBegin => room = self.room(),
            Token::Handle { kind, index } => {
                if !self.push_handle(state, kind, index) {
                    return None;
                }
            }
            _ => {}
        }
        Some(Item {
            token,
            room,
            ends_pair: self.reader.key_is_next() && !matches!(token, Token::TableBegin),
        })
    }
}
