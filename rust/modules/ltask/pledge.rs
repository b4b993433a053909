// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! How a service gives permissions up.

use kernel::sync::Arc;

use super::{super::pledge::apply, desk::Desk};
use crate::{
    lua::{self, State},
    runtime::{permissions, vm::Vm},
};

/// `core.pledge(session, spec, ...)`: as `pledge`, but for all code that the service runs from now
/// on: the running code, the session that it belongs to, if any, and the main thread, from which
/// later sessions inherit.
pub(super) fn pledge(state: State) -> lua::Result {
    // Scripts that are no services have another `pledge`.
    Desk::service(state)?;
    let main = Vm::main_thread(state);
    let session = state.to_thread(1).unwrap_or(main);
    let is_inside = session.as_raw() != state.as_raw();
    apply(state, 2, |spec| {
        let former = permissions::of(main);
        let mut all_done = Vm::pledge(state, main, spec)?;
        let narrowed = permissions::of(main);
        let others = [Some(session), is_inside.then_some(state)];
        for thread in others.into_iter().flatten() {
            if thread.as_raw() == main.as_raw() {
                continue;
            }
            if Arc::ptr_eq(&permissions::of(thread), &former) {
                // Most sessions have what the main thread has.
                thread.set_permissions::<Vm>(narrowed.clone())?;
            } else {
                all_done &= Vm::pledge(state, thread, spec)?;
            }
        }
        Ok(all_done)
    })
}
