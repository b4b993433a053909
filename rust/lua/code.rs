// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Code: compiling it, calling it, and what is known of a call.

use core::ffi::c_int;
use kernel::prelude::*;

use super::{
    error::Raised,
    state::State, //
};
use crate::sys::lua as sys;

/// What [`State::hold_collector`] has changed.
pub(crate) struct HeldCollector(u32);

impl State {
    /// Compiles a text and pushes its function. An error is a message on top of the stack.
    pub(crate) fn load(self, text: &[u8], chunk: &CStr) -> Result<(), Raised> {
        // SAFETY: By the type invariant; the text is valid for reads and the name is a string.
        self.check(unsafe {
            sys::lunatik_try_load(
                self.as_raw(),
                text.as_ptr().cast(),
                text.len(),
                chunk.as_char_ptr(),
            )
        })
    }

    /// Calls the function below the `arguments` top values. `results` is the number of results; -1
    /// means all.
    ///
    /// After an error, the error value is on top of the stack and a traceback is kept; see
    /// [`push_traceback`](Self::push_traceback).
    pub(crate) fn call(self, arguments: c_int, results: c_int) -> Result<(), Raised> {
        // SAFETY: By the type invariant.
        self.check(unsafe { sys::lunatik_try_call(self.as_raw(), arguments, results) })
    }

    /// Keeps the collector from running until [`release_collector`](Self::release_collector) gets
    /// the result.
    #[must_use]
    pub(crate) fn hold_collector(self) -> HeldCollector {
        // SAFETY: By the type invariant. Never raises.
        HeldCollector(unsafe { sys::lunatik_hold_collector(self.as_raw()) })
    }

    /// Undoes [`hold_collector`](Self::hold_collector).
    pub(crate) fn release_collector(self, held: HeldCollector) {
        // SAFETY: By the type invariant. Never raises.
        unsafe { sys::lunatik_release_collector(self.as_raw(), held.0) };
    }

    /// Pushes the traceback of the last failed [`call`](Self::call), or nil.
    pub(crate) fn push_traceback(self) {
        // SAFETY: By the type invariant. Never raises.
        unsafe { sys::lunatik_push_traceback(self.as_raw()) }
    }

    /// Pushes the traceback of the last error that was traced, or false, and forgets it. Needs room for two
    /// values.
    pub(crate) fn take_traceback(self) {
        // SAFETY: By the type invariant. Never raises.
        unsafe { sys::lunatik_take_traceback(self.as_raw()) }
    }

    /// Pushes the value at `index` as text, as `tostring` does.
    pub(crate) fn push_text(self, index: c_int) -> Result<(), Raised> {
        // SAFETY: By the type invariant.
        self.check(unsafe { sys::lunatik_try_tolstring(self.as_raw(), index) })
    }

    /// Among the Lua functions on the call stack of the running native function, finds the
    /// innermost that was loaded from a file, and returns the name of that file. The name is valid
    /// until the native function returns.
    pub(crate) fn caller_file<'a>(self) -> Option<&'a CStr> {
        // SAFETY: By the type invariant. Never raises.
        let file = unsafe { sys::lunatik_caller_file(self.as_raw()) };
        // SAFETY: If it is not null it is a string, which lives while the function runs.
        (!file.is_null()).then(|| unsafe { CStr::from_char_ptr(file) })
    }
}
