// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The program of a service.

use core::ffi::c_int;
use kernel::{
    sync::Arc, //
};

use super::desk::Desk;
use crate::{
    channel::service::{debt::Debts, parcel::Ending, Service},
    lua::{self, State},
    runtime::{
        execute,
        executor::Program,
        instance::{Entered, Keep},
        surroundings::Surroundings,
    },
};

/// What a service does.
pub(super) struct Body {
    service: Arc<Service>,
    /// Of the root: keeps the script that has started the system.
    keep: Option<Keep>,
}

impl Body {
    /// The program of `service`.
    pub(super) fn new(service: Arc<Service>, keep: Option<Keep>) -> Self {
        Self { service, keep }
    }

    fn close(&mut self, ending: &Ending, debts: Option<Debts>) {
        self.service.close(ending, debts);
        drop(self.keep.take());
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        // If it has not begun, it never will.
        self.close(&Ending::Dead, None);
    }
}

/// Pushes the module `ltask.core`, which `require` finds from now on.
fn push_core(state: State) -> lua::Result<()> {
    super::open_core(state)?;
    let guard = state.guard();
    state.push_globals();
    state.get_field(-1, c"package")?;
    state.get_field(-1, c"loaded")?;
    state.push_value(-4);
    state.set_field(-2, c"ltask.core")?;
    drop(guard);
    Ok(())
}

impl Program for Body {
    fn begin(&mut self, entered: &Entered<'_>) -> lua::Result {
        let state = entered.state();
        state.reserve(lua::MIN_STACK)?;
        let system = self.service.system();
        Desk::set_up(state, self.service.clone())?;
        system.family().clone().joined_by(state)?;
        let place = Surroundings {
            directory: system.directory(),
            script: self.service.label(),
        };
        place.set_path(state)?;
        state.push_library(c"internal.ltask.service")?;
        push_core(state)?;
        entered.loaded();
        Ok(1)
    }

    fn end(&mut self, entered: &Entered<'_>, result: lua::Result<c_int>) {
        let state = entered.state();
        let told = entered.was_told() && !entered.is_over_limit();
        let ending = match result {
            Ok(_) => Ending::Quit,
            Err(_) if told => Ending::Dead,
            Err(error) => {
                let failure = execute::or_no_memory(execute::to_failure(state, error));
                entered.set_failure(Some(failure.clone()));
                execute::log_failure(entered, &failure);
                Ending::Failed(failure)
            }
        };
        let debts = Desk::with(state, |desk| desk.debts.take_all()).ok();
        self.close(&ending, debts);
    }
}
