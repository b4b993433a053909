// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Where a runtime's output goes while somebody listens.

use super::instance::Runtime;

/// Which of the two streams text belongs to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stream {
    /// `print`, `io.write`, `io.stdout`.
    Output,
    /// `warn`, `io.stderr`.
    Error,
}

/// A listener to what a runtime prints.
pub(crate) trait Sink: Send + Sync {
    /// Takes `text` and returns true, or returns false if nobody listens any more.
    ///
    /// May sleep until there is room, but not longer than until `runtime` is told to stop.
    fn take(&self, runtime: &Runtime, stream: Stream, text: &[u8]) -> bool;

    /// Makes a sleeping [`take`](Self::take) look up.
    fn wake(&self);
}
