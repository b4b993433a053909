// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What a runtime takes, and who it counts against.

use kernel::sync::{
    atomic::Relaxed,
    Arc, //
};

use super::{
    super::vm::Vm,
    Runtime, //
};
use crate::linux::{
    account::Account,
    memcg::MemoryCgroup, //
};

/// Bytes that a runtime takes beside its heap: itself, its VM, its streams, and what lists and queues
/// have of it.
pub(super) const OBJECTS: usize = size_of::<Runtime>() + size_of::<Vm>() + 1024;

impl Runtime {
    /// Bytes that it takes beside its heap.
    pub(super) fn objects_size(&self) -> usize {
        OBJECTS.saturating_add(self.name.capacity())
    }

    /// Who pays for its memory.
    pub(crate) fn memcg(&self) -> &MemoryCgroup {
        &self.memcg
    }

    /// Who its memory counts against, and that of all that it makes.
    pub(crate) fn account(&self) -> &Arc<Account> {
        &self.account
    }

    /// Bytes of memory in use: now, at most so far, and allowed. Where it has an account of its own,
    /// with all that it has made, else of its heap alone.
    pub(crate) fn memory(&self) -> (usize, usize, usize) {
        if self.has_own_account {
            let (used, peak) = self.account.usage();
            return (used, peak, self.account.limit());
        }
        let details = self.details.lock();
        let (used, peak) = match details.vm.get() {
            Some(vm) => vm.memory(),
            None => (
                self.memory_used.load(Relaxed),
                self.memory_peak.load(Relaxed),
            ),
        };
        (used, peak, self.account.limit())
    }
}
