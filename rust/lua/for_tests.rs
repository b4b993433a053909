// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What the module's own tests need of a VM, and no script may have. See `lua/port/heap_walk.c`.

use core::ffi::c_int;
use kernel::prelude::*;

use super::{
    error::Raised,
    function::NativeFunction,
    state::State, //
};
use crate::sys::lua as sys;

impl State {
    /// Pushes a table whose keys are all functions of C, userdata and coroutines of the VM,
    /// wherever they are. It gives away what scripts must not have.
    pub(crate) fn walk_heap(self) -> Result<(), Raised> {
        self.reserve(1)?;
        // SAFETY: By the type invariant.
        self.check(unsafe { sys::lunatik_try_walk_heap(self.as_raw()) })
    }

    /// `t[name] = function`, of one that measures the stack: it is called wherever code has got to,
    /// takes little stack, and succeeds.
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
