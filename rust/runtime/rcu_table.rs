// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Hash tables that all runtimes share: readers take no lock, writers one spinlock per table.
//!
//! Keys are strings of 1 to 255 bytes. An entry is immutable: to change a value is to put another
//! entry in its place. A reader clones the value while it holds the RCU read lock; the table owns a
//! reference to everything in it and gives it up after a grace period, so a value is alive while a
//! reader clones it. The number of buckets is fixed. Their hash function is keyed with a random
//! number per table, so that a script cannot choose keys that all fall into one bucket.
//!
//! Lock order: the list of tables (see `live.rs`), then a table's `write`, which is a leaf: code
//! that holds it does not allocate, free or sleep.

mod budget;
mod entry;
mod live;
mod reclaim;
mod slot;
mod value;
mod walk;

use kernel::{
    new_spinlock,
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        rcu,
        Arc,
        SpinLock, //
    },
};

use self::{
    budget::Charge,
    entry::{Entry, OwnedEntry},
    live::Links,
    slot::{Place, Slot, Unlinked}, //
};
use crate::linux::{
    account::Account,
    random, //
};

pub(crate) use self::{
    entry::MAX_KEY,
    live::Tables,
    value::{Value, MAX_STRING},
    walk::Walk, //
};

/// The most buckets of a table.
pub(crate) const MAX_BUCKETS: usize = 1 << 20;

/// The most entries that a table takes for each of its buckets, within the two bounds below. So no
/// chain grows long enough to slow the holder of a lock down.
const ENTRIES_PER_BUCKET: usize = 256;

/// Even the smallest table takes this many entries.
pub(crate) const LEAST_CAPACITY: usize = 4096;

/// Even the biggest table takes no more entries than this.
pub(crate) const MOST_CAPACITY: usize = 1 << 20;

/// The most bytes of entries, keys and strings in one table.
pub(crate) const MAX_BYTES: usize = 64 * 1024 * 1024;

/// The fields of [`RcuTable`] that only writers need.
struct Writing {
    /// Bytes of the entries.
    bytes: usize,
    /// Set when the module is being unloaded: the table stays empty.
    closed: bool,
}

/// A hash table with lock-free readers.
///
/// # Invariants
///
/// - The number of buckets is a power of two.
/// - The chains are changed only with `write` held. An entry that was taken off is freed after a
///   grace period.
#[pin_data(PinnedDrop)]
pub(crate) struct RcuTable {
    buckets: KVVec<Slot>,
    hash_key: [u64; 2],
    len: Atomic<usize>,
    /// Whether Lua code may not write.
    read_only: Atomic<bool>,
    links: Links,
    /// The account that the table and its entries count against. A table of the module itself
    /// counts against no account, and each of its entries against the account of its writer.
    account: Option<Arc<Account>>,
    /// The memory of the buckets.
    _charge: Charge,
    #[pin]
    write: SpinLock<Writing>,
}

// SAFETY: Entries are `Send` and `Sync`, and the chains are shared by the rules above.
unsafe impl Send for RcuTable {}
// SAFETY: As above.
unsafe impl Sync for RcuTable {}

/// The decision of a writer after it has seen the present value.
enum Change {
    /// To leave the table as it is.
    Nothing,
    /// Put the new entry in the place of the old one, if there is one.
    Put,
    /// To remove the entry.
    Remove,
}

impl RcuTable {
    /// Creates an empty table with `size` buckets, rounded up to a power of two. The table and its
    /// entries count against `account`. Sleeps.
    pub(crate) fn new(size: usize, account: Option<&Arc<Account>>) -> Result<Arc<Self>> {
        if size == 0 || size > MAX_BUCKETS {
            return Err(EINVAL);
        }
        let size = size.next_power_of_two();
        let charge = Charge::new(
            account,
            size.saturating_mul(size_of::<Slot>()) + size_of::<Self>(),
        )?;
        let account = account.cloned();
        let mut buckets = KVVec::with_capacity(size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        for _ in 0..size {
            // The room is there, so this does not fail.
            buckets.push(Slot::end(), GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        }
        let hash_key = [random::bits64(), random::bits64()];
        let table = Arc::pin_init(
            pin_init!(Self {
                buckets,
                hash_key,
                len: Atomic::new(0),
                read_only: Atomic::new(false),
                links: Links::new(),
                account,
                _charge: charge,
                write <- new_spinlock!(Writing {
                    bytes: 0,
                    closed: false,
                }, "lunatik::RcuTable"),
            }),
            GFP_KERNEL_ACCOUNT,
        )?;
        live::add(&table)?;
        Ok(table)
    }

    /// Forbids Lua code to write. The module itself still may.
    pub(crate) fn make_read_only(&self) {
        self.read_only.store(true, Relaxed);
    }

    /// Whether Lua code may not write.
    pub(crate) fn is_read_only(&self) -> bool {
        self.read_only.load(Relaxed)
    }

    /// The number of entries.
    pub(crate) fn len(&self) -> usize {
        self.len.load(Relaxed)
    }

    /// The most entries that the table takes.
    pub(crate) fn capacity(&self) -> usize {
        self.buckets
            .len()
            .saturating_mul(ENTRIES_PER_BUCKET)
            .clamp(LEAST_CAPACITY, MOST_CAPACITY)
    }

    fn hash(&self, key: &[u8]) -> u32 {
        random::keyed_hash(key, self.hash_key)
    }

    fn bucket(&self, hash: u32) -> Option<&Slot> {
        // By the type invariant there is always a bucket, and this is a mask.
        let mask = self.buckets.len().wrapping_sub(1);
        self.buckets.get(hash as usize & mask)
    }

    /// The value of `key`. Takes no lock and does not sleep.
    pub(crate) fn get(&self, key: &[u8]) -> Option<Value> {
        let hash = self.hash(key);
        let first = self.bucket(hash)?;
        let guard = rcu::read_lock();
        let entry = Place::find(first, hash, key, &guard).entry();
        entry.map(|entry| entry.value.clone())
    }

    /// Changes the entry of `key` in one step: `decide` sees the present entry and says what to do.
    ///
    /// `decide` runs under the table's lock; it may change the new entry, but it must not sleep.
    fn update<T>(
        &self,
        key: &[u8],
        hash: u32,
        mut new: Option<OwnedEntry>,
        decide: impl FnOnce(Option<&Value>, Option<&mut OwnedEntry>) -> (Change, T),
    ) -> Result<T> {
        let first = self.bucket(hash).ok_or(EINVAL)?;
        let mut retired: Option<Unlinked> = None;

        let mut write = self.write.lock();
        let guard = rcu::read_lock();
        let place = Place::find(first, hash, key, &guard);
        let old = place.entry();
        let (change, result) = decide(old.map(|entry| &entry.value), new.as_mut());
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

    /// The account that an entry counts against, if a script with the account `writer` makes it.
    fn payer<'a>(&'a self, writer: Option<&'a Arc<Account>>) -> Option<&'a Arc<Account>> {
        self.account.as_ref().or(writer)
    }

    /// Sets the value of `key`; `writer` is the account if a script does this. Sleeps.
    ///
    /// Fails with `EINVAL` if the key is no valid key, with `ENOSPC` if the table is full, with
    /// `ENOMEM`, or with `ESHUTDOWN` if the module is being unloaded.
    pub(crate) fn set(&self, writer: Option<&Arc<Account>>, key: &[u8], value: Value) -> Result {
        let hash = self.hash(key);
        let new = OwnedEntry::new(self.payer(writer), hash, key, value)?;
        self.update(key, hash, Some(new), |_, _| (Change::Put, ()))
    }

    /// Sets the value of `key` if it has none. Returns whether it had none. Sleeps.
    pub(crate) fn insert_if_absent(&self, key: &[u8], value: Value) -> Result<bool> {
        let hash = self.hash(key);
        let new = OwnedEntry::new(self.account.as_ref(), hash, key, value)?;
        self.update(key, hash, Some(new), |old, _| match old {
            Some(_) => (Change::Nothing, false),
            None => (Change::Put, true),
        })
    }

    /// Removes `key`. Returns whether it was there. Does not sleep.
    pub(crate) fn remove(&self, key: &[u8]) -> bool {
        self.update(key, self.hash(key), None, |old, _| {
            (Change::Remove, old.is_some())
        })
        .unwrap_or(false)
    }

    /// Adds `n` to the integer of `key`, and returns the sum, which wraps around. A missing entry
    /// counts as 0. `EDOM` if the value is not an integer. Sleeps.
    pub(crate) fn add(&self, writer: Option<&Arc<Account>>, key: &[u8], n: i64) -> Result<i64> {
        let hash = self.hash(key);
        let new = OwnedEntry::new(self.payer(writer), hash, key, Value::Integer(n))?;
        self.update(key, hash, Some(new), |old, new| {
            let sum = match old {
                None => n,
                Some(Value::Integer(old)) => old.wrapping_add(n),
                Some(_) => return (Change::Nothing, Err(EDOM)),
            };
            if let Some(new) = new {
                new.set_integer(sum);
            }
            (Change::Put, Ok(sum))
        })?
    }

    /// Changes the value of `key` from `old` to `new`. `None` means no entry. Returns whether it
    /// was `old`. Sleeps.
    pub(crate) fn compare_and_set(
        &self,
        writer: Option<&Arc<Account>>,
        key: &[u8],
        old: Option<&Value>,
        new: Option<Value>,
    ) -> Result<bool> {
        Entry::check_key(key)?;
        let hash = self.hash(key);
        let new = match new {
            Some(value) => Some(OwnedEntry::new(self.payer(writer), hash, key, value)?),
            None => None,
        };
        let wanted = if new.is_some() {
            Change::Put
        } else {
            Change::Remove
        };
        self.update(key, hash, new, |present, _| {
            let same = match (present, old) {
                (None, None) => true,
                (Some(present), Some(old)) => present.equals(old),
                _ => false,
            };
            if same {
                (wanted, true)
            } else {
                (Change::Nothing, false)
            }
        })
    }

    /// Removes all entries. Does not sleep.
    pub(crate) fn clear(&self) {
        for bucket in self.buckets.iter() {
            self.clear_bucket(bucket);
        }
    }

    /// Removes all entries; from now on nothing can be added.
    fn close(&self) {
        self.write.lock().closed = true;
        self.clear();
    }

    fn clear_bucket(&self, bucket: &Slot) {
        if bucket.is_end() {
            return;
        }
        let mut write = self.write.lock();
        let guard = rcu::read_lock();
        let mut count = 0;
        let mut slot = bucket;
        while let Some(entry) = slot.get(&guard) {
            write.bytes = write.bytes.saturating_sub(entry.charge.bytes());
            count += 1;
            slot = &entry.next;
        }
        self.len.fetch_sub(count, Relaxed);
        let entries = bucket.take_all(&mut write);
        drop(guard);
        drop(write);
        entries.for_each(reclaim::retire);
    }
}

#[pinned_drop]
impl PinnedDrop for RcuTable {
    fn drop(self: Pin<&mut Self>) {
        live::remove(&self);
        // Every reader has a reference to the table. None is left, so no grace period is needed.
        for bucket in self.buckets.iter() {
            let mut at = bucket.raw().load(Relaxed);
            while let Some(entry) = core::ptr::NonNull::new(at) {
                // SAFETY: As above, no reader is left.
                let entry = unsafe { OwnedEntry::from_raw(entry) };
                at = entry.get().next.raw().load(Relaxed);
                if entry.get().value.drop_may_sleep() {
                    // The value is not dropped here: it may be a table that has a table as an
                    // entry, and so on.
                    reclaim::release(entry);
                }
            }
        }
    }
}
