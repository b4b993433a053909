// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Where a runtime prints.

use kernel::{
    prelude::*,
    sync::Arc, //
};

use super::{
    super::{
        log::Log,
        sink::{Sink, Stream}, //
    },
    Runtime, //
};
use crate::linux::shared_file::SharedFile;

impl Runtime {
    /// The log of what it prints.
    pub(crate) fn log(&self) -> &Log {
        &self.printer().log
    }

    /// The runtime whose sink and log get its output.
    pub(super) fn printer(&self) -> &Self {
        self.prints_to.as_deref().unwrap_or(self)
    }

    /// Sends its output to `sink` from now on; with `None`, to the log again.
    pub(crate) fn set_sink(&self, sink: Option<Arc<dyn Sink>>) {
        let former = core::mem::replace(&mut *self.sink.lock(), sink);
        drop(former);
    }

    /// Takes output of the script. Sleeps while the reader is slow, unless the runtime is told to
    /// stop.
    pub(crate) fn output(&self, stream: Stream, text: &[u8]) {
        let sink = self.printer().sink.lock().clone();
        let taken = sink.is_some_and(|sink| sink.take(self, stream, text));
        if !taken {
            self.log().append(stream, text);
        }
    }

    /// Standard input, output or error (0, 1, 2) of the client that waits for the script, if there is one.
    pub(crate) fn client_stream(&self, number: usize) -> Option<SharedFile> {
        let sink = self.printer().sink.lock().clone();
        sink.and_then(|sink| sink.stream(number))
    }

    /// As `output`, for lines without their ends. If several runtimes print to the same place, nobody else prints in
    /// between.
    pub(crate) fn output_lines(&self, stream: Stream, lines: &[&[u8]]) {
        let join = || -> Result<KVec<u8>> {
            let mut text = KVec::new();
            for line in lines {
                text.extend_from_slice(line, GFP_KERNEL | __GFP_NOWARN)?;
                text.push(b'\n', GFP_KERNEL | __GFP_NOWARN)?;
            }
            Ok(text)
        };
        match join() {
            Ok(text) => self.output(stream, &text),
            // Without memory, in pieces.
            Err(_) => {
                for line in lines {
                    self.output(stream, line);
                    self.output(stream, b"\n");
                }
            }
        }
    }

    /// Sends the collected output of its code. For the thread that executes it. May sleep.
    pub(crate) fn send_output(&self) {
        // SAFETY: The caller executes the runtime, or does so for the thread that does.
        if let Some(vm) = unsafe { self.vm.executed() } {
            vm.send_output();
        }
    }
}
