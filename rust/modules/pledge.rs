// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The global function `pledge`.

use core::ffi::c_int;
use kernel::prelude::*;

use crate::{
    binding::arguments::type_error,
    lua::{self, Error, Kind, State},
    permission::Set,
    runtime::{
        permissions,
        userdata,
        vm::Vm, //
    },
};

/// `pledge(spec, ...)`: returns one boolean for each spec, in order. After an error, the earlier
/// specs stay in effect.
pub(super) fn pledge(state: State) -> lua::Result {
    apply(state, 1, |spec| Vm::pledge(state, state, spec))
}

/// Calls `pledge` with each spec from the argument `first` on, and returns what it has returned.
pub(super) fn apply(
    state: State,
    first: c_int,
    pledge: impl Fn(&[u8]) -> lua::Result<bool>,
) -> lua::Result {
    let last = state.top();
    // If the script inherited permissions or was given them by `-P`, a pledge only narrows those,
    // and is not in vain.
    let has_everything = permissions::with(state, Set::is_open);
    state.reserve(last.saturating_add(lua::MIN_STACK))?;
    for index in first..=last {
        match state.kind(index) {
            Kind::String => state.push_value(index),
            Kind::Integer | Kind::Float => state.push_text(index)?,
            _ => return Err(type_error(state, index, "string")),
        }
        if !Vm::may_pledge(state) {
            userdata::collect_garbage(state)?;
            if !Vm::may_pledge(state) {
                return Err(Error::message(fmt!(
                    "too many coroutines have permissions of their own"
                )));
            }
        }
        let spec = state.to_bytes(-1).unwrap_or_default();
        let done = pledge(spec)?;
        if done && has_everything && !spec.starts_with(b"~") && spec != b"seal" {
            Vm::runtime_of(state).note_vain_pledge();
        }
        state.pop(1);
        state.push_boolean(done);
    }
    Ok(state.top().saturating_sub(last))
}
