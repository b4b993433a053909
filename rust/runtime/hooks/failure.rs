// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The last failure of a hook function, until the attendant writes it to the log.

use kernel::prelude::*;

use crate::linux::hook;

/// The bytes that are kept of an error message, and of its traceback.
const MOST_MESSAGE: usize = 512;
pub(super) const MOST_TRACEBACK: usize = 1536;

/// The least time between two failures that are told, in nanoseconds. Others are counted.
const PAUSE: u64 = 100_000_000;

/// The failure. Its room exists from the beginning, so that noting it allocates no memory.
pub(super) struct Note {
    text: KVec<u8>,
    /// Where the message ends.
    message: usize,
    /// The number of the slot whose function has failed; `None` if there is no failure to be told.
    slot: Option<usize>,
    /// Failures since the one that was noted, which are not told.
    others: u64,
    /// Such failures before that one.
    before: u64,
    last: u64,
}

/// A failure to be told.
pub(super) struct Told {
    pub(super) message: KVec<u8>,
    pub(super) traceback: KVec<u8>,
    pub(super) slot: usize,
    /// How many others there were since the last one.
    pub(super) others: u64,
}

impl Note {
    pub(super) fn new() -> Result<Self> {
        Ok(Self {
            text: KVec::with_capacity(
                MOST_MESSAGE + MOST_TRACEBACK,
                GFP_KERNEL_ACCOUNT | __GFP_NOWARN,
            )?,
            message: 0,
            slot: None,
            others: 0,
            before: 0,
            last: 0,
        })
    }

    /// Whether a failure of a call would be told that begins at `now`; without a time, if there was none
    /// lately.
    #[inline]
    pub(super) fn wants(&self, now: Option<u64>) -> bool {
        self.slot.is_none() && now.is_none_or(|now| now.saturating_sub(self.last) >= PAUSE)
    }

    /// Counts a failure that is not told.
    pub(super) fn count(&mut self) {
        self.others = self.others.saturating_add(1);
    }

    /// Notes a failure, if it is wanted; otherwise counts it. Returns whether it is to be told.
    pub(super) fn take(&mut self, slot: usize, message: &[u8], traceback: &[u8]) -> bool {
        let now = hook::clock();
        if !self.wants(Some(now)) {
            self.count();
            return false;
        }
        self.last = now;
        self.text.clear();
        // There is room for both.
        let message = message.get(..MOST_MESSAGE).unwrap_or(message);
        let traceback = traceback.get(..MOST_TRACEBACK).unwrap_or(traceback);
        let _ = self.text.extend_from_slice(message, GFP_NOWAIT);
        self.message = self.text.len();
        let _ = self.text.extend_from_slice(traceback, GFP_NOWAIT);
        self.slot = Some(slot);
        self.before = core::mem::take(&mut self.others);
        true
    }

    /// The bytes of the failure to be told: message, traceback. For a caller that must not allocate, which
    /// copies them.
    pub(super) fn copy_to(&mut self, told: &mut Told) -> bool {
        let Some(slot) = self.slot.take() else {
            return false;
        };
        let (message, traceback) = self.text.split_at_checked(self.message).unwrap_or_default();
        // There is room for both.
        let _ = told.message.extend_from_slice(message, GFP_NOWAIT);
        let _ = told.traceback.extend_from_slice(traceback, GFP_NOWAIT);
        told.slot = slot;
        told.others = self.before;
        true
    }
}

impl Told {
    /// Room for a failure. Sleeps.
    pub(super) fn room() -> Result<Self> {
        Ok(Self {
            message: KVec::with_capacity(MOST_MESSAGE, GFP_KERNEL | __GFP_NOWARN)?,
            traceback: KVec::with_capacity(MOST_TRACEBACK, GFP_KERNEL | __GFP_NOWARN)?,
            slot: 0,
            others: 0,
        })
    }
}
