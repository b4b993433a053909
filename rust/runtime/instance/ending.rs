// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What the reaper needs to know of a runtime that it is to end.

use kernel::sync::{
    atomic::Relaxed,
    Arc, //
};

use super::{
    super::chain::Chain,
    Runtime, //
};

impl Runtime {
    fn age_ms(&self) -> u64 {
        u64::try_from(self.age().as_millis()).unwrap_or(0)
    }

    /// Has it end in `grace_ms` at the latest, where nobody waits for its end. For the reaper.
    pub(crate) fn end_within(&self, grace_ms: u32) {
        let wanted = self.age_ms().saturating_add(grace_ms.into());
        let mut at = self.ending_at.load(Relaxed);
        while wanted < at {
            match self.ending_at.cmpxchg(at, wanted, Relaxed) {
                Ok(_) => break,
                Err(other) => at = other,
            }
        }
    }

    /// Whether it is to end, whatever keeps it. For the reaper.
    pub(crate) fn is_to_end(&self) -> bool {
        self.stop_requested() || self.ending_at.load(Relaxed) != u64::MAX
    }

    /// The milliseconds that are left of its grace then. For the reaper.
    pub(crate) fn grace_left_ms(&self) -> u32 {
        let left = self.ending_at.load(Relaxed).saturating_sub(self.age_ms());
        u32::try_from(left).unwrap_or(u32::MAX)
    }

    /// The chain that enters it to end it where nobody waits for that. For the reaper alone, which
    /// ends a runtime once at a time.
    pub(crate) fn ending_chain(&self) -> &Arc<Chain> {
        &self.ending_chain
    }
}
