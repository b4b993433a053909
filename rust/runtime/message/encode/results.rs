// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The results of scripts, for clients in user space.

use core::ffi::c_int;

use super::{Encoder, Failure, Result, Style, Tables};
use crate::{
    codec::Sink,
    lua::{self, Kind, State, Value},
    runtime::message::{bytes::SinkError, Message}, //
};

/// The kind of handle that stands for a result shown as text. Its index is the number of that text.
const TEXT: u8 = 0;

/// Encodes the values from `first` on into an empty message. There are as many as `texts` has elements. An
/// element says whether a text stands for that value, which is then a handle of the kind [`TEXT`]; the indices of
/// these count from 0.
///
/// In a table, a value that cannot travel is a handle whose kind is the number of its type in Lua's
/// C API.
pub(in super::super) fn encode_results(
    state: State,
    first: c_int,
    texts: &[bool],
    message: &mut Message,
) -> lua::Result<()> {
    super::encode_by(state, Style::Results, message, |encoder| {
        encoder.results(first, texts)?;
        Ok(true)
    })
    .map(|_| ())
}

impl<S: Sink<Error = SinkError>> Encoder<'_, S> {
    fn results(&mut self, first: c_int, texts: &[bool]) -> lua::Result<()> {
        let mut tables = None;
        let mut number = 0;
        for (index, is_text) in (first..).zip(texts) {
            let written = match self.state.read(index) {
                _ if *is_text => {
                    let written = self.writer.handle(TEXT, number).map_err(Failure::from);
                    number = number.saturating_add(1);
                    written
                }
                Value::Table(table) => self.table(tables.get_or_insert_with(Tables::new), table),
                value => self.scalar(value),
            };
            written.map_err(Failure::into_error)?;
        }
        Ok(())
    }

    /// Writes the handle for the value on top of the stack, which is in a table and cannot travel.
    #[cold]
    pub(super) fn kind(&mut self) -> Result {
        let number = match self.state.kind(-1) {
            Kind::Pointer => 2,
            Kind::Function => 6,
            Kind::Userdata => 7,
            _ => 8,
        };
        Ok(self.writer.handle(number, 0)?)
    }
}
