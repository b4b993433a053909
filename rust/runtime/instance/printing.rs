// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Where goes what a runtime prints.

use kernel::sync::Arc;

use super::{
    super::{
        log::Log,
        sink::{Sink, Stream}, //
    },
    Runtime, //
};

impl Runtime {
    /// The log of what it prints.
    pub(crate) fn log(&self) -> &Log {
        &self.printer().log
    }

    /// The runtime whose sink and log have what it prints.
    pub(super) fn printer(&self) -> &Self {
        self.prints_to.as_deref().unwrap_or(self)
    }

    /// Sends what it prints to `sink`, and to the log again with `None`.
    pub(crate) fn set_sink(&self, sink: Option<Arc<dyn Sink>>) {
        let former = core::mem::replace(&mut *self.sink.lock(), sink);
        drop(former);
    }

    /// Takes what the script printed. Sleeps, while the reader is slow and the runtime is not
    /// told to stop.
    pub(crate) fn output(&self, stream: Stream, text: &[u8]) {
        let sink = self.printer().sink.lock().clone();
        let taken = sink.is_some_and(|sink| sink.take(self, stream, text));
        if !taken {
            self.log().append(stream, text);
        }
    }

    /// Sends what its code has printed. For whoever executes it. May sleep.
    pub(crate) fn send_output(&self) {
        // SAFETY: The caller executes the runtime, or does so for the thread that does.
        if let Some(vm) = unsafe { self.vm.executed() } {
            vm.send_output();
        }
    }
}
