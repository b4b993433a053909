// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The program of a service.

use core::ffi::c_int;
use kernel::{
    sync::Arc, //
};

use super::{super::blocking::push_loaded, desk::Desk};
use crate::{
    channel::service::{debt::Debts, parcel::Ending, Service},
    lua,
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
        push_loaded(state, c"ltask.core", super::open_core)?;
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
