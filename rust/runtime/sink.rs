// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Receivers of a runtime's output, such as an attached client.

use super::instance::Runtime;
use crate::linux::shared_file::SharedFile;

/// The stream that a text belongs to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stream {
    /// `print`, `io.write`, `io.stdout`.
    Output,
    /// `warn`, `io.stderr`.
    Error,
}

/// A receiver of the output of a runtime.
pub(crate) trait Sink: Send + Sync {
    /// Takes `text` and returns true, or returns false if the receiver is gone.
    ///
    /// May sleep until there is room, but at most until `runtime` is told to stop.
    fn take(&self, runtime: &Runtime, stream: Stream, text: &[u8]) -> bool;

    /// Standard input, output or error (0, 1, 2) of the receiver, if that is a process and still there.
    fn stream(&self, number: usize) -> Option<SharedFile>;

    /// Wakes a sleeping [`take`](Self::take), so that it checks again.
    fn wake(&self);
}
