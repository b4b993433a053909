// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The members of a crew.

use kernel::sync::Arc;

use super::{Kind, Runtime};

impl Runtime {
    /// Whether it is the first member of a crew.
    pub(crate) fn leads_crew(&self) -> bool {
        self.cpu().is_some() && self.kind != Kind::Member
    }

    /// The next other member of its crew after the one with the number `id`, in the order of the CPUs.
    pub(crate) fn next_member(&self, id: u64) -> Option<Arc<Runtime>> {
        let mut child = self.children.next(id)?;
        while child.kind != Kind::Member {
            child = self.children.next(child.id)?;
        }
        Some(child)
    }
}
