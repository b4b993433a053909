// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What lies in a VM, for the module's own tests. See `lua/port/heap_walk.c`.

use super::{
    error::Raised,
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
}
