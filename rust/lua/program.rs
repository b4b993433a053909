// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Programs: the code of a main state that may leave its kernel thread.

use core::ffi::c_int;
use kernel::prelude::*;

use super::State;
use crate::sys::lua as sys;

/// How a call of [`State::run_program`] has ended.
pub(crate) enum ProgramEnd {
    /// The program has returned; this many results are on the stack.
    Returned(c_int),
    /// The program has failed; the error is on the stack.
    Failed,
    /// The program has left the kernel thread. Another call must continue it.
    Left,
}

impl State {
    /// Opens Lua's libraries. For a main state that was made just now.
    pub(crate) fn open_libraries(self) -> Result {
        // SAFETY: By the type invariant. An error ends within the function.
        match unsafe { sys::lunatik_openlibs(self.as_raw()) } {
            0 => Ok(()),
            _ => Err(ENOMEM),
        }
    }

    /// Runs all pending closing methods and all finalizers. Interruptible.
    pub(crate) fn run_finalizers(self) {
        // SAFETY: By the type invariant. Errors end within the function.
        unsafe { sys::lunatik_run_finalizers(self.as_raw()) };
    }

    /// Runs the function below the `arguments` top values of the main state as a program, or
    /// continues it, without arguments.
    ///
    /// # Safety
    ///
    /// The state must be a main state whose code is not running. If the result is
    /// [`ProgramEnd::Left`], the caller must do nothing with the state except call this again.
    pub(crate) unsafe fn run_program(self, arguments: c_int) -> ProgramEnd {
        let mut results = 0;
        // SAFETY: By the type invariant, and as the caller promises. No error crosses this frame.
        match unsafe { sys::lunatik_program(self.as_raw(), arguments, &mut results) } {
            sys::lunatik_program_end_LUNATIK_PROGRAM_LEFT => ProgramEnd::Left,
            sys::lunatik_program_end_LUNATIK_PROGRAM_RETURNED => ProgramEnd::Returned(results),
            _ => ProgramEnd::Failed,
        }
    }

    /// Whether `coroutine` can yield at this point, together with those that it has resumed, of which
    /// this thread is the innermost one.
    pub(crate) fn can_suspend(self, coroutine: State) -> bool {
        // SAFETY: By the type invariants. Reads only.
        unsafe { sys::lunatik_can_suspend(self.as_raw(), coroutine.as_raw()) != 0 }
    }

    /// Whether the calling code is part of a program and can leave its kernel thread at this point.
    pub(crate) fn can_leave(self) -> bool {
        // SAFETY: By the type invariant. Reads only.
        unsafe { sys::lunatik_can_leave(self.as_raw()) != 0 }
    }
}
