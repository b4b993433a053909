// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The values of messages, on their way out of a VM.

use core::ffi::c_int;
use kernel::prelude::*;

use crate::{
    lua::{self, Error, State},
    runtime::message::Message, //
};

/// Copies the values from `first` on to the top of the stack into `message`, which must be empty, and is to
/// be dropped if this fails.
///
/// Where a table has a metamethod `__pairs`, the metamethod is called, and what it gives is copied. It is
/// code of the script: it cannot block, and its error is returned. The caller must have nothing of the
/// VM borrowed.
pub(super) fn fill(state: State, first: c_int, message: &mut Message) -> lua::Result<()> {
    if message.fill_for_services(state, first, state.top())? {
        return Ok(());
    }
    flatten(state, first)?;
    *message = Message::default();
    // The copies have no metatables.
    if message.fill_for_services(state, first, state.top())? {
        return Ok(());
    }
    Err(Error::message(fmt!(
        "a table's __pairs has changed while it was sent"
    )))
}

/// As [`fill`], a new message.
pub(super) fn encode(state: State, first: c_int) -> lua::Result<Message> {
    let mut message = Message::default();
    fill(state, first, &mut message)?;
    Ok(message)
}

/// Replaces the values from `first` on by copies in which `__pairs` was called.
#[cold]
fn flatten(state: State, first: c_int) -> lua::Result<()> {
    let count = state.top().saturating_sub(first).saturating_add(1);
    state.reserve(lua::MIN_STACK)?;
    state.push_library(c"internal.ltask.flatten")?;
    state.insert(first);
    state.call(count, count)?;
    Ok(())
}
