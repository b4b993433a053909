// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Programs: the code of a main state that may leave its kernel thread.

use core::ffi::c_int;
use kernel::prelude::*;

use super::State;
use crate::sys::lua as sys;

/// How a call of [`State::run_program`] has ended.
pub(crate) enum ProgramEnd {
    /// The program has returned: so many results are on the stack.
    Returned(c_int),
    /// It has failed: the error is on the stack.
    Failed,
    /// It has left the kernel thread, and is to be continued by another call.
    Left,
}

impl State {
    /// Makes the libraries of Lua available. For a main state that was just made.
    pub(crate) fn open_libraries(self) -> Result {
        // SAFETY: By the type invariant. An error ends within the function.
        match unsafe { sys::lunatik_openlibs(self.as_raw()) } {
            0 => Ok(()),
            _ => Err(ENOMEM),
        }
    }

    /// Closes what is to be closed and runs all finalizers. Interruptible.
    pub(crate) fn run_finalizers(self) {
        // SAFETY: By the type invariant. Errors end within the function.
        unsafe { sys::lunatik_run_finalizers(self.as_raw()) };
    }

    /// Runs the function below the `arguments` top values of the main state as a program, or
    /// continues it, without arguments.
    ///
    /// # Safety
    ///
    /// The state must be a main one whose code is not running. Where the result is
    /// [`ProgramEnd::Left`], nothing may be done with the state but to call this again.
    pub(crate) unsafe fn run_program(self, arguments: c_int) -> ProgramEnd {
        let mut results = 0;
        // SAFETY: By the type invariant, and as the caller promises. No error crosses this frame.
        match unsafe { sys::lunatik_program(self.as_raw(), arguments, &mut results) } {
            sys::lunatik_program_end_LUNATIK_PROGRAM_LEFT => ProgramEnd::Left,
            sys::lunatik_program_end_LUNATIK_PROGRAM_RETURNED => ProgramEnd::Returned(results),
            _ => ProgramEnd::Failed,
        }
    }

    /// Whether the calling code is part of a program, and can leave its kernel thread right here.
    pub(crate) fn can_leave(self) -> bool {
        // SAFETY: By the type invariant. Reads only.
        unsafe { sys::lunatik_can_leave(self.as_raw()) != 0 }
    }
}
