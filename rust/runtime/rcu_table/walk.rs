// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A walk through an RCU table while others change it.
//!
//! The walk takes the keys of one bucket at a time, in one go under the RCU read lock, and looks
//! each key up again when its turn comes. A key stays in its bucket for life, so the walk visits an
//! entry that stays from start to end exactly once, and never visits one that was removed before
//! its turn.

use kernel::{
    prelude::*,
    sync::{
        rcu,
        Arc, //
    },
};

use super::{
    entry::MAX_KEY,
    slot::Slot,
    value::Value,
    RcuTable, //
};

/// The keys of one bucket: a byte of length and the key itself, one after another.
#[derive(Default)]
struct Keys {
    bytes: KVVec<u8>,
    /// Where the next key begins.
    position: usize,
}

impl Keys {
    fn next(&mut self) -> Option<&[u8]> {
        let rest = self.bytes.get(self.position..)?;
        let (&len, rest) = rest.split_first()?;
        let key = rest.get(..usize::from(len))?;
        self.position = self.position.saturating_add(1 + usize::from(len));
        Some(key)
    }
}

/// A walk through a table.
pub(crate) struct Walk {
    table: Arc<RcuTable>,
    /// The next bucket to take keys from.
    bucket: usize,
    keys: Keys,
}

impl Walk {
    /// Begins a walk.
    pub(crate) fn new(table: Arc<RcuTable>) -> Self {
        Self {
            table,
            bucket: 0,
            keys: Keys::default(),
        }
    }

    /// Calls `visit` with the next entry and returns its result; `None` at the end. Sleeps.
    pub(crate) fn next<T>(&mut self, visit: impl FnOnce(&[u8], Value) -> T) -> Result<Option<T>> {
        loop {
            while let Some(key) = self.keys.next() {
                if let Some(value) = self.table.get(key) {
                    return Ok(Some(visit(key, value)));
                }
            }
            let Some(bucket) = self.table.buckets.get(self.bucket) else {
                return Ok(None);
            };
            take_keys(bucket, &mut self.keys)?;
            self.bucket = self.bucket.saturating_add(1);
        }
    }
}

/// Replaces `keys` by those of `bucket`.
fn take_keys(bucket: &Slot, keys: &mut Keys) -> Result {
    keys.bytes.clear();
    keys.position = 0;
    loop {
        let needed = copy_keys(bucket, &mut keys.bytes);
        let Some(needed) = needed else {
            return Ok(());
        };
        keys.bytes.clear();
        // Some more room, because other threads may add keys meanwhile.
        keys.bytes.reserve(
            needed.saturating_add(MAX_KEY),
            GFP_KERNEL_ACCOUNT | __GFP_NOWARN,
        )?;
    }
}

/// Copies the keys of `bucket` into `bytes`. If there is no room for them, returns the room that
/// they need.
fn copy_keys(bucket: &Slot, bytes: &mut KVVec<u8>) -> Option<usize> {
    let mut needed = 0usize;
    let guard = rcu::read_lock();
    let mut slot = bucket;
    while let Some(entry) = slot.get(&guard) {
        let key = entry.key();
        needed = needed.saturating_add(1 + key.len());
        if needed <= bytes.capacity() {
            // There is room, so neither fails, allocates or sleeps.
            let len = u8::try_from(key.len()).unwrap_or(0);
            let _ = bytes.push_within_capacity(len);
            for &byte in key {
                let _ = bytes.push_within_capacity(byte);
            }
        }
        slot = &entry.next;
    }
    (needed > bytes.capacity()).then_some(needed)
}
