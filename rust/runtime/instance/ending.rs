// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The data that the reaper needs to end a runtime.

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

    /// Makes the runtime end in `grace_ms` at the latest, although nobody waits for its end. An
    /// earlier time that was set before stays. Closing methods and finalizers get
    /// `grace_ms` as well. For the reaper.
    pub(crate) fn end_within(&self, grace_ms: u32) {
        self.ended_waits.raise_grace(grace_ms);
        let wanted = self.age_ms().saturating_add(grace_ms.into());
        let mut at = self.ending_at.load(Relaxed);
        while wanted < at {
            match self.ending_at.cmpxchg(at, wanted, Relaxed) {
                Ok(_) => break,
                Err(other) => at = other,
            }
        }
    }

    /// Whether it has to end, even if something keeps it. For the reaper.
    pub(crate) fn is_to_end(&self) -> bool {
        self.stop_requested() || self.ending_at.load(Relaxed) != u64::MAX
    }

    /// The milliseconds that are left of the grace of such an end. For the reaper.
    pub(crate) fn grace_left_ms(&self) -> u32 {
        let left = self.ending_at.load(Relaxed).saturating_sub(self.age_ms());
        u32::try_from(left).unwrap_or(u32::MAX)
    }

    /// The chain that enters the runtime to end it when nobody waits for the end. Only for the
    /// reaper, which does this once at a time for each runtime.
    pub(crate) fn ending_chain(&self) -> &Arc<Chain> {
        &self.ending_chain
    }
}
