// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Room on the stack for what a function of a module does.

use crate::{
    linux::segment::NoRoom,
    lua::State,
    runtime::vm::Vm, //
};

/// Calls `call` with the thread of Lua that `state` is, and with enough stack left to make or end a
/// runtime: on another kernel stack, and so another thread, if need be. Fails if there is none.
pub(crate) fn with_room<T: Send>(
    state: State,
    call: impl FnOnce(State) -> T + Send,
) -> Result<T, NoRoom> {
    // SAFETY: The types of `call` and its result say that they may go to another thread. Nobody but
    // `call` uses the VM of `state` meanwhile, for its code waits here.
    unsafe { Vm::with_room(state, || call(state)) }
}
