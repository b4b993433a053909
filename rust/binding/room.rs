// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Room on the stack for the work of a module's function.

use crate::{
    linux::segment::NoRoom,
    lua::State,
    runtime::vm::Vm, //
};

/// Calls `call` with the Lua thread `state`, and with enough stack left to make or end a runtime.
/// If needed, that is another kernel stack, and so another thread. Fails if there is none.
pub(crate) fn with_room<T: Send>(
    state: State,
    call: impl FnOnce(State) -> T + Send,
) -> Result<T, NoRoom> {
    // SAFETY: The types of `call` and its result say that they may go to another thread. Only
    // `call` uses the VM of `state` meanwhile: the code of the VM waits here.
    unsafe { Vm::with_room(state, || call(state)) }
}
