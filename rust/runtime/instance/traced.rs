// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! How other runtimes ask for the traceback of the code that runs in this one.

use kernel::sync::Arc;

use super::{super::tracing::Trace, Runtime};

impl Runtime {
    /// Asks for a traceback, in place of a former request. A runtime that has ended, or ends,
    /// answers without one.
    pub(crate) fn ask_for_traceback(&self, trace: &Arc<Trace>) {
        let details = self.details.lock();
        let former = details
            .vm
            .get()
            .and_then(|vm| vm.ask_for_traceback(trace.clone()));
        let has_ended = details.vm.get().is_none();
        drop(details);
        // Frees memory, so after unlocking.
        drop(former);
        if has_ended {
            trace.tell(b"");
        }
    }

    /// Takes the request back.
    pub(crate) fn forget_traceback(&self, trace: &Arc<Trace>) {
        let details = self.details.lock();
        let former = details.vm.get().and_then(|vm| vm.forget_traceback(trace));
        drop(details);
        drop(former);
    }
}
