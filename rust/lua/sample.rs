// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Which code runs, for profiles. See `lua/port/sample.c`.

use core::ffi::c_int;

use super::state::State;
use crate::sys::lua as sys;

/// What was written of a sample.
pub(crate) struct Sample {
    /// The number of bytes.
    pub(crate) length: usize,
    /// Whether outer calls are missing.
    pub(crate) is_cut: bool,
}

impl State {
    /// Writes the calls of the running thread, and of those that have resumed it, the outermost
    /// first, separated by `;`. `at_instruction` is what C has said when it asked for this.
    pub(crate) fn sample(self, at_instruction: bool, text: &mut [u8]) -> Sample {
        let mut is_cut: c_int = 0;
        // SAFETY: By the type invariant; the text and the flag are valid for writes. Never raises.
        let length = unsafe {
            sys::lunatik_sample(
                self.as_raw(),
                c_int::from(at_instruction),
                text.as_mut_ptr().cast(),
                text.len(),
                &mut is_cut,
            )
        };
        Sample {
            length: length.min(text.len()),
            is_cut: is_cut != 0,
        }
    }
}
