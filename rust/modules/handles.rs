// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Handles as Lua values: userdata of the module that knows the type.

use core::ffi::c_int;
use kernel::sync::Arc;

use super::{
    arguments::type_error,
    lunatik,
    object::{self, Object},
    rcu,
    thread, //
};
use crate::{
    lua::{self, Free, State},
    native,
    runtime::{
        handle::{Handle, RuntimeHandle, ThreadHandle},
        rcu_table::RcuTable, //
    },
};

/// The handle at `index`, if there is one.
pub(crate) fn get(state: State, index: c_int) -> Option<Handle> {
    object::with(state, index, |object| match object {
        Object::Handle(handle) => Some(handle.clone()),
        _ => None,
    })
}

/// Pushes a userdata for `handle`.
pub(crate) fn push(state: State, handle: Handle) -> lua::Result<()> {
    let class = match &handle {
        Handle::Table(_) => &rcu::TABLE,
        Handle::Runtime(_) => &lunatik::RUNTIME,
        Handle::Thread(_) => &thread::THREAD,
    };
    object::push(state, class, Object::Handle(handle))
}

/// The RCU table at `index`.
pub(super) fn table(state: State, index: c_int) -> lua::Result<Arc<RcuTable>> {
    match get(state, index) {
        Some(Handle::Table(table)) => Ok(table),
        _ => Err(type_error(state, index, "rcu.table")),
    }
}

/// The runtime at `index`.
pub(super) fn runtime(state: State, index: c_int) -> lua::Result<RuntimeHandle> {
    match get(state, index) {
        Some(Handle::Runtime(runtime)) => Ok(runtime),
        _ => Err(type_error(state, index, "lunatik.runtime")),
    }
}

/// The thread at `index`.
pub(super) fn thread(state: State, index: c_int) -> lua::Result<ThreadHandle> {
    match get(state, index) {
        Some(Handle::Thread(thread)) => Ok(thread),
        _ => Err(type_error(state, index, "lunatik.thread")),
    }
}

/// `__eq`: whether two userdata refer to the same thing.
fn equal(state: State) -> lua::Result {
    let same = match (get(state, 1), get(state, 2)) {
        (Some(a), Some(b)) => a.is_same(&b),
        _ => false,
    };
    state.push_boolean(same);
    Ok(1)
}

/// Fills a metatable with what all handles have in common.
pub(super) fn fill(state: State, metatable: c_int) -> lua::Result<()> {
    Ok(state.set_function(metatable, c"__eq", native!(equal, Free))?)
}
