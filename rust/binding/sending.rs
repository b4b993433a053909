// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Helpers for Rust functions that put messages into queues for Lua code.

use core::ffi::c_int;
use kernel::{
    list::ListArc,
    prelude::*,
    sync::Arc, //
};

use crate::{
    channel::{
        entries::Entry,
        family::{Family, MAX_FAMILY_BYTES},
        queue::Sent, //
    },
    linux::context::MaySleep,
    lua::{self, Error, Kind, State},
    runtime::{
        hooks::{self, Destination},
        message::Message,
        parking::{wait, Waited},
        vm::Vm, //
    },
};

/// Fails unless there is a value at `index`.
fn check(state: State, index: c_int) -> lua::Result<()> {
    if state.kind(index) == Kind::None {
        return Err(Error::message(fmt!("cannot send no value")));
    }
    Ok(())
}

/// In a hook, sends the value at `index`. Pushes whether there is room for it in the outbox.
pub(crate) fn post(state: State, index: c_int, to: Arc<dyn Destination>) -> lua::Result {
    check(state, index)?;
    let is_sent = hooks::post(state, index, index, to, usize::MAX)?;
    state.push_boolean(is_sent);
    Ok(1)
}

/// A copy of the value at `index`, for the code of `state` to send.
pub(crate) fn entry(state: State, index: c_int) -> lua::Result<ListArc<Entry>> {
    check(state, index)?;
    let runtime = Vm::runtime_of(state);
    let family = Family::of(state)?;
    let entry = runtime.memcg().charge(|| {
        let message = Message::encode(state, index, index)?;
        let room = family.take(Entry::size_of(&message)).ok_or_else(too_much)?;
        Ok::<_, Error>(Entry::new(message, room)?)
    })?;
    // Who gets the message may print, too.
    runtime.send_output();
    Ok(entry)
}

/// Waits until `put` has found room for `entry`; the result is whether anybody can receive it. The
/// rules for calling [`wait`] hold.
pub(crate) fn send(
    state: State,
    may: MaySleep<'_>,
    timeout_ms: Option<u32>,
    entry: ListArc<Entry>,
    mut put: impl FnMut(&mut Option<ListArc<Entry>>) -> Result<Sent>,
) -> lua::Result<Waited<bool>> {
    let mut entry = Some(entry);
    wait(state, may, timeout_ms, || match put(&mut entry) {
        Ok(Sent::Yes) => Ok(Some(true)),
        Ok(Sent::Closed) => Ok(Some(false)),
        Ok(Sent::Full) => Ok(None),
        Err(error) => Err(not_noted(error)),
    })
}

// Errors are large, and the calls below go deep. So these have frames of their own.

#[cold]
#[inline(never)]
pub(crate) fn too_much() -> Error {
    Error::message(fmt!(
        "more than {} MiB of messages were not received yet",
        MAX_FAMILY_BYTES >> 20
    ))
}

#[cold]
#[inline(never)]
fn not_noted(error: kernel::error::Error) -> Error {
    if error == ENOBUFS {
        Error::message(fmt!("too many wait for room in the same queue"))
    } else {
        error.into()
    }
}
