// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A state whose code runs in hooks. See `lua/port/hook.c`.

use core::ffi::c_int;

use super::{
    error::Raised,
    state::{Reference, State}, //
};
use crate::sys::lua as sys;

/// The first two results of a hook function, if they are integers.
#[derive(Clone, Copy, Default)]
pub(crate) struct Returned {
    pub(crate) first: Option<i64>,
    pub(crate) second: Option<i64>,
}

impl State {
    /// Seals the state: until [`unseal`](Self::unseal) only the other functions here execute it. Collects
    /// all garbage, so finalizers may run. Returns whether there was memory. For the main state.
    pub(crate) fn seal(self) -> bool {
        // SAFETY: By the type invariant. Never raises.
        unsafe { sys::lunatik_hook_seal(self.as_raw()) != 0 }
    }

    /// Undoes [`seal`](Self::seal).
    pub(crate) fn unseal(self) {
        // SAFETY: By the type invariant. Never raises.
        unsafe { sys::lunatik_hook_unseal(self.as_raw()) }
    }

    /// Pops a table and makes it the metatable of the userdata below it, which gets no finalizer.
    pub(crate) fn set_metatable_of_lent(self) {
        // SAFETY: By the type invariant. Never raises.
        unsafe { sys::lunatik_hook_lend(self.as_raw()) }
    }

    /// Calls the kept `function` with the kept `value`. An error is left on top of the stack; with
    /// `traced` it has a traceback. So has one that ends a function that takes too long.
    pub(crate) fn call_hook(
        self,
        function: Reference,
        value: Reference,
        traced: bool,
    ) -> Result<Returned, Raised> {
        let mut results = sys::lunatik_hook_results {
            values: [0; 2],
            integers: 0,
        };
        // SAFETY: By the type invariant; the pointer is valid for writes. Never raises.
        let status = unsafe {
            sys::lunatik_hook_function(
                self.as_raw(),
                function.index(),
                value.index(),
                c_int::from(traced),
                &mut results,
            )
        };
        if status != 0 {
            return Err(Raised);
        }
        let [first, second] = results.values;
        Ok(Returned {
            first: (results.integers & 1 != 0).then_some(first),
            second: (results.integers & 2 != 0).then_some(second),
        })
    }

    /// Collects garbage for some microseconds if that is due: to be called after other calls than
    /// [`call_hook`](Self::call_hook).
    pub(crate) fn collect_due(self) {
        // SAFETY: By the type invariant. Never raises.
        unsafe { sys::lunatik_hook_collect_due(self.as_raw()) }
    }

    /// Whether finalizers wait to be called.
    pub(crate) fn has_finalizers(self) -> bool {
        // SAFETY: By the type invariant. Never raises.
        unsafe { sys::lunatik_hook_has_finalizers(self.as_raw()) != 0 }
    }

    /// Calls one of them.
    pub(crate) fn finalize_one(self) {
        // SAFETY: By the type invariant. Never raises.
        unsafe { sys::lunatik_hook_finalize(self.as_raw()) }
    }

    /// Does a part of a collection, for some microseconds. Returns whether the collection goes on.
    pub(crate) fn collect_some(self) -> bool {
        // SAFETY: By the type invariant. Never raises.
        unsafe { sys::lunatik_hook_collect(self.as_raw()) != 0 }
    }
}
