// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The permissions of a runtime, as its status shows them.

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

/// The warning, given once, to a script that has pledged permissions and still has all others.
const IN_VAIN: &[u8] =
    b"pledge: what is not named stays permitted, for the script was started without \
-P; start it with 'lunatik run -P SPEC', or reject the rest with \"~name\"\n";

impl Runtime {
    /// What its main thread may do.
    pub(crate) fn permissions(&self) -> Arc<Held> {
        self.details.lock().permissions.clone()
    }

    /// Notes the permissions that its main thread has from now on.
    pub(in super::super) fn set_permissions(&self, permissions: Arc<Held>) {
        let former = core::mem::replace(&mut self.details.lock().permissions, permissions);
        // May free memory, so the lock is released first.
        drop(former);
    }

    /// Whether its code has pledged permissions, and still has all others.
    pub(crate) fn pledges_in_vain(&self) -> bool {
        self.pledges_in_vain.load(Relaxed)
    }

    /// Notes such a pledge, and warns in the log the first time.
    pub(crate) fn note_vain_pledge(&self) {
        if !self.pledges_in_vain.xchg(true, Full) {
            self.log().append(Stream::Error, IN_VAIN);
        }
    }
}
