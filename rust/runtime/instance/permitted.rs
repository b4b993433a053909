// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What a runtime may do, as its status shows it.

use kernel::sync::{
    atomic::{Full, Relaxed},
    Arc, //
};

use super::{
    super::{
        permissions::Held,
        sink::Stream, //
    },
    Runtime, //
};

/// What a script is told, once, that has named what it needs and may do all else, too.
const IN_VAIN: &[u8] =
    b"pledge: what is not named stays permitted, for the script was started without \
-P; start it with 'lunatik run -P SPEC', or reject the rest with \"~name\"\n";

impl Runtime {
    /// What its main thread may do.
    pub(crate) fn permissions(&self) -> Arc<Held> {
        self.details.lock().permissions.clone()
    }

    /// Notes what its main thread may do from now on.
    pub(in super::super) fn set_permissions(&self, permissions: Arc<Held>) {
        let former = core::mem::replace(&mut self.details.lock().permissions, permissions);
        // Frees memory perhaps, so after unlocking.
        drop(former);
    }

    /// Whether its code has pledged what it wants, and may do all else, too.
    pub(crate) fn pledges_in_vain(&self) -> bool {
        self.pledges_in_vain.load(Relaxed)
    }

    /// Notes that, and says so in the log the first time.
    pub(crate) fn note_vain_pledge(&self) {
        if !self.pledges_in_vain.xchg(true, Full) {
            self.log().append(Stream::Error, IN_VAIN);
        }
    }
}
