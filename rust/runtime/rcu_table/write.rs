// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Changes of RCU tables, each of them one step for all readers and writers.
//!
//! A change begins with what needs no memory: a number that takes the place of a number. Only if that
//! is not possible, an entry is allocated without the lock, and the lock is taken again.

use kernel::{
    prelude::*,
    sync::{
        atomic::Relaxed,
        rcu,
        Arc, //
    },
};

use super::{
    entry::{Entry, OwnedEntry},
    reclaim,
    slot::{Place, Unlinked},
    value::{Stored, Value},
    RcuTable,
    Writing,
    MAX_BYTES, //
};
use crate::linux::{
    account::Account,
    context::Context,
    memcg::MemoryCgroup, //
};

/// Who changes a table.
#[derive(Clone, Copy)]
pub(crate) struct Writer<'a> {
    /// The account and the cgroup that pay, if a script does so.
    pub(crate) payers: Option<(&'a Arc<Account>, &'a MemoryCgroup)>,
    /// The context in which it does so. In atomic context, only memory that is free at once is taken,
    /// and nothing waits.
    pub(crate) context: Context,
}

impl Writer<'_> {
    /// The module itself, in process context.
    pub(crate) const MODULE: Self = Self {
        payers: None,
        context: Context::Process,
    };

    /// Calls `allocate`, whose memory is charged to the cgroup that pays.
    fn charge<T>(self, allocate: impl FnOnce() -> T) -> T {
        match self.payers {
            Some((_, memcg)) => memcg.charge(allocate),
            None => allocate(),
        }
    }

    /// Makes the value of a string; `E2BIG` if it is too long. Sleeps in process context.
    pub(crate) fn string(self, bytes: &[u8]) -> Result<Value> {
        self.charge(|| Value::string(bytes, self.context))
    }
}

/// The decision of a writer after it has seen the present value.
enum Change {
    /// To leave the entries as they are.
    Nothing,
    /// To put the new entry in the place of the old one, if there is one.
    Put,
    /// To remove the entry.
    Remove,
}

impl RcuTable {
    /// Calls `change` with what the table holds for `key`, under the lock of the table: it must not
    /// sleep, allocate or free.
    fn with_present<T>(
        &self,
        key: &[u8],
        hash: u32,
        change: impl FnOnce(Option<&Stored>, &mut Writing) -> T,
    ) -> Result<T> {
        let first = self.bucket(hash).ok_or(EINVAL)?;
        let mut write = self.write.lock();
        let guard = rcu::read_lock();
        let present = Place::find(first, hash, key, &guard).entry();
        Ok(change(present.map(|entry| &entry.value), &mut write))
    }

    /// Changes the entry of `key`: `decide` sees what the table holds and says what to do. It may also
    /// change a number in its place. It runs under the lock, as in
    /// [`with_present`](Self::with_present).
    fn update<T>(
        &self,
        key: &[u8],
        hash: u32,
        mut new: Option<OwnedEntry>,
        decide: impl FnOnce(Option<&Stored>, &mut Writing) -> (Change, T),
    ) -> Result<T> {
        let first = self.bucket(hash).ok_or(EINVAL)?;
        let mut retired: Option<Unlinked> = None;

        let mut write = self.write.lock();
        let guard = rcu::read_lock();
        let place = Place::find(first, hash, key, &guard);
        let old = place.entry();
        let (change, result) = decide(old.map(|entry| &entry.value), &mut write);
        match (change, old) {
            (Change::Nothing, _) | (Change::Remove, None) => (),
            (Change::Remove, Some(old)) => {
                write.bytes = write.bytes.saturating_sub(old.charge.bytes());
                self.len.fetch_sub(1, Relaxed);
                retired = place.remove(&mut write);
            }
            (Change::Put, old) => {
                let entry = new.as_ref().ok_or(EINVAL)?;
                let freed = old.map_or(0, |old| old.charge.bytes());
                let bytes = write
                    .bytes
                    .saturating_sub(freed)
                    .saturating_add(entry.get().charge.bytes());
                let full = old.is_none() && self.len() >= self.capacity();
                if write.closed {
                    return Err(ESHUTDOWN);
                }
                if full || bytes > MAX_BYTES {
                    return Err(ENOSPC);
                }
                write.bytes = bytes;
                if old.is_none() {
                    self.len.fetch_add(1, Relaxed);
                }
                if let Some(entry) = new.take() {
                    retired = place.put(entry, &mut write);
                }
            }
        }
        drop(guard);
        drop(write);

        if let Some(old) = retired {
            reclaim::retire(old);
        }
        Ok(result)
    }

    /// A new entry that `writer` puts into this table.
    fn entry(&self, writer: Writer<'_>, key: &[u8], hash: u32, value: Value) -> Result<OwnedEntry> {
        let account = match writer.payers {
            Some((account, _)) => self.account.as_ref().or(Some(account)),
            None => self.account.as_ref(),
        };
        writer.charge(|| OwnedEntry::new(account, writer.context, hash, key, value))
    }

    /// Sets the value of `key`. Sleeps in process context.
    ///
    /// Fails with `EINVAL` if the key is no valid key, with `ENOSPC` if the table is full, with
    /// `ENOMEM`, or with `ESHUTDOWN` if the module is being unloaded.
    pub(crate) fn set(&self, writer: Writer<'_>, key: &[u8], value: Value) -> Result {
        let hash = self.hash(key);
        if value.is_scalar() {
            let replace = |present: Option<&Stored>, write: &mut Writing| {
                present.is_some_and(|present| present.replace(&value, write))
            };
            if self.with_present(key, hash, replace)? {
                return Ok(());
            }
        }
        let new = self.entry(writer, key, hash, value)?;
        self.update(key, hash, Some(new), |_, _| (Change::Put, ()))
    }

    /// Sets the value of `key` if it has none, for the module itself. Returns whether it had none.
    /// Sleeps.
    pub(crate) fn insert_if_absent(&self, key: &[u8], value: Value) -> Result<bool> {
        let hash = self.hash(key);
        let new = self.entry(Writer::MODULE, key, hash, value)?;
        self.update(key, hash, Some(new), |old, _| match old {
            Some(_) => (Change::Nothing, false),
            None => (Change::Put, true),
        })
    }

    /// Removes `key`. Returns whether it was there. Does not sleep, and takes no memory.
    pub(crate) fn remove(&self, key: &[u8]) -> bool {
        self.update(key, self.hash(key), None, |old, _| {
            (Change::Remove, old.is_some())
        })
        .unwrap_or(false)
    }

    /// Adds `n` to the integer of `key`, and returns the sum, which wraps around. A missing entry
    /// counts as 0; otherwise no memory is taken. `EDOM` if the value is not an integer. Sleeps in
    /// process context.
    pub(crate) fn add(&self, writer: Writer<'_>, key: &[u8], n: i64) -> Result<i64> {
        let hash = self.hash(key);
        let add = |present: &Stored, write: &mut Writing| present.add(n, write).ok_or(EDOM);
        let done = self.with_present(key, hash, |present, write| {
            present.map(|present| add(present, write))
        })?;
        if let Some(sum) = done {
            return sum;
        }
        let new = self.entry(writer, key, hash, Value::Integer(n))?;
        self.update(key, hash, Some(new), |present, write| match present {
            Some(present) => (Change::Nothing, add(present, write)),
            None => (Change::Put, Ok(n)),
        })?
    }

    /// Changes the value of `key` from `old` to `new`. `None` means no entry. Returns whether it
    /// was `old`. Sleeps in process context.
    pub(crate) fn compare_and_set(
        &self,
        writer: Writer<'_>,
        key: &[u8],
        old: Option<&Value>,
        new: Option<Value>,
    ) -> Result<bool> {
        Entry::check_key(key)?;
        let hash = self.hash(key);
        let is_old = |present: Option<&Stored>| match (present, old) {
            (None, None) => true,
            (Some(present), Some(old)) => present.equals(old),
            _ => false,
        };
        let Some(new) = new else {
            return self.update(key, hash, None, |present, _| {
                let is_old = is_old(present);
                let change = if is_old {
                    Change::Remove
                } else {
                    Change::Nothing
                };
                (change, is_old)
            });
        };
        let done = self.with_present(key, hash, |present, write| {
            if !is_old(present) {
                return Some(false);
            }
            present?.replace(&new, write).then_some(true)
        })?;
        if let Some(was_old) = done {
            return Ok(was_old);
        }
        let new = self.entry(writer, key, hash, new)?;
        self.update(key, hash, Some(new), |present, _| {
            let is_old = is_old(present);
            let change = if is_old { Change::Put } else { Change::Nothing };
            (change, is_old)
        })
    }
}
