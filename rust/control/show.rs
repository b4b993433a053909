// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Encodes the results of a script for the user space client that started it.

use core::ffi::c_int;
use kernel::prelude::*;

use super::abi::MAX_FRAME;
use crate::{
    codec::{self, EncodeError, Writer},
    lua::{self, Error, Kind, State},
};

/// Encodes the `results` top values for user space. A value other than nil, a boolean, a number or
/// a string is shown by `tostring`.
pub(super) fn show(state: State, results: c_int) -> lua::Result<KVVec<u8>> {
    let first = state.top() - results + 1;
    let last = state.top();
    state.reserve(lua::MIN_STACK)?;
    let mut writer = Writer::new(Shown(KVVec::new()));
    for index in first..=last {
        let written = match state.kind(index) {
            Kind::Nil | Kind::None => writer.nil(),
            Kind::Boolean => writer.boolean(state.to_boolean(index)),
            Kind::Integer => writer.integer(state.to_integer(index).unwrap_or(0)),
            Kind::Float => writer.float(state.to_float_bits(index).unwrap_or(0)),
            Kind::String => writer.string(state.to_bytes(index).unwrap_or_default()),
            _ => {
                state.push_text(index)?;
                let written = writer.string(state.to_bytes(-1).unwrap_or_default());
                state.pop(1);
                written
            }
        };
        written.map_err(not_shown)?;
    }
    let Shown(bytes) = writer.finish().map_err(not_shown)?;
    Ok(bytes)
}

/// Results for user space, at most as long as a frame. The bound is needed because a script can
/// return one long string many times.
struct Shown(KVVec<u8>);

impl codec::Sink for Shown {
    /// There is no memory, or the results are too long.
    type Error = Error;

    fn put(&mut self, bytes: &[u8]) -> lua::Result<()> {
        if self.0.len().saturating_add(bytes.len()) > MAX_FRAME {
            return Err(Error::message(fmt!(
                "the results are larger than a frame may be (4 MiB)"
            )));
        }
        Ok(self
            .0
            .extend_from_slice(bytes, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?)
    }
}

/// The error of a script whose results cannot be shown.
fn not_shown(error: EncodeError<Error>) -> Error {
    match error {
        EncodeError::Sink(error) => error,
        EncodeError::Shape(_) => Error::message(fmt!("the results cannot be sent")),
    }
}
