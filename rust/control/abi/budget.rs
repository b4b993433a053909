// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Limits of CPU time, as requests carry them.

use super::fields::{Body, FieldWriter};
use crate::codec::{EncodeError, Sink};

/// Limits of CPU time, in milliseconds; 0 is the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// In total.
    pub cpu_ms: u64,
    /// Without interruption: one callback, one resume, the loading of a script.
    pub slice_ms: u64,
}

impl Body for Budget {
    fn write<S: Sink>(&self, fields: &mut FieldWriter<S>) -> Result<(), EncodeError<S::Error>> {
        if self.cpu_ms != 0 {
            fields.number("cpu_ms", self.cpu_ms)?;
        }
        if self.slice_ms != 0 {
            fields.number("slice_ms", self.slice_ms)?;
        }
        Ok(())
    }
}
