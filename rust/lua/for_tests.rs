// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Access to a VM that the module's own tests need, and that no script may have. See
//! `lua/port/heap_walk.c`.

use core::ffi::c_int;
use kernel::prelude::*;

use super::{
    error::Raised,
    function::NativeFunction,
    state::State, //
};
use crate::sys::lua as sys;

impl State {
    /// Pushes a table whose keys are all C functions, userdata and coroutines of the VM, wherever
    /// they are. Scripts must not have such a table: it would give them values that are kept from
    /// them.
    pub(crate) fn walk_heap(self) -> Result<(), Raised> {
        self.reserve(1)?;
        // SAFETY: By the type invariant.
        self.check(unsafe { sys::lunatik_try_walk_heap(self.as_raw()) })
    }

    /// `t[name] = function`, for a function that measures the stack. Lua calls it at any depth of
    /// the stack. It takes little stack itself, and succeeds.
    pub(crate) fn set_measuring_function(
        self,
        table: c_int,
        name: &CStr,
        function: NativeFunction,
    ) -> Result<(), Raised> {
        let table = self.absolute(table);
        // SAFETY: By the type invariant, and that of the function.
        self.check(unsafe {
            sys::lunatik_try_pushmeasuringfunction(self.as_raw(), Some(function.shim()))
        })?;
        self.set_field(table, name)
    }
}
