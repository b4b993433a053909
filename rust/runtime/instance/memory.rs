// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The memory that a runtime takes, and the account that it counts against.

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

/// The bytes that a runtime takes beside its heap: the runtime itself, its VM, its streams, and its
/// entries in lists and queues.
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

    /// The account that its memory, and the memory of everything that it makes, count against.
    pub(crate) fn account(&self) -> &Arc<Account> {
        &self.account
    }

    /// The bytes of memory in use now, the most so far, and the limit. If the runtime has an
    /// account of its own, the figures include everything that it has made; otherwise they cover
    /// its heap alone.
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
