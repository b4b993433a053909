// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The modules of `lua/lib/`, which are written in Lua. See `lua/port/library.c` and
//! `shared_code.c`.

use core::ffi::c_int;
use kernel::prelude::*;

use super::{
    error::Raised,
    state::State, //
};
use crate::sys::lua as sys;

impl State {
    /// Pushes the main function of each module, and returns the index of the first.
    pub(crate) fn load_libraries(self) -> Result<c_int, Raised> {
        let first = self.top().saturating_add(1);
        // SAFETY: By the type invariant.
        self.check(unsafe { sys::lunatik_try_load_libraries(self.as_raw()) })?;
        Ok(first)
    }

    /// `t[name] = opener` for each module, and with `testing` also for the modules of the tests.
    pub(crate) fn preload_libraries(self, table: c_int, testing: bool) -> Result<(), Raised> {
        // SAFETY: By the type invariant.
        self.check(unsafe {
            sys::lunatik_try_preload_libraries(self.as_raw(), table, testing.into())
        })
    }

    /// Pushes the main function of the module `name`, a new one on each call.
    pub(crate) fn push_library(self, name: &CStr) -> Result<(), Raised> {
        // SAFETY: By the type invariant; the name is a string.
        self.check(unsafe { sys::lunatik_try_push_library(self.as_raw(), name.as_char_ptr()) })
    }
}
