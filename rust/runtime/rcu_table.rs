// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Hash tables that all runtimes share: readers take no lock, writers one spinlock per table.
//!
//! Keys are strings of 1 to 255 bytes. To change a value is to put another entry in the place of its
//! entry. Only a number or a boolean changes in its entry if the new one is of the same type: that
//! takes no memory, which code that must not sleep may not get. A reader clones the value while it
//! holds the RCU read lock; the table owns a reference to everything in it and gives it up after a
//! grace period, so a value is alive while a reader clones it. The number of buckets is fixed. Their
//! hash function is keyed with a random number per table, so that a script cannot choose keys that
//! all fall into one bucket.
//!
//! In code that runs with bottom halves off, such as hooks, a clone of a value is never the last
//! reference to it: the grace period after which the table gives up its own reference cannot end
//! before that code does.
//!
//! Lock order: the list of tables (see `live.rs`), then a table's `write`, which is a leaf: code
//! that holds it does not allocate, free or sleep. Bottom halves are off meanwhile, because hooks
//! write, too: a hook that interrupted a writer on its CPU would wait for it forever. Interrupts stay
//! on: code of class hardirq may interrupt even a holder that has turned them off, where the kernel is
//! probed, and so could never wait for the lock.

mod budget;
mod entry;
mod live;
mod reclaim;
mod slot;
mod value;
mod walk;
mod write;

use kernel::{
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        rcu,
        Arc, //
    },
};

use self::{
    budget::Charge,
    entry::OwnedEntry,
    live::Links,
    slot::{Place, Slot}, //
};
use crate::{
    linux::{
        account::Account,
        context::Context,
        random,
        spinlock_bh::SpinLockBh, //
    },
    new_spinlock_bh, //
};

pub(crate) use self::{
    entry::MAX_KEY,
    live::Tables,
    value::{Value, MAX_STRING},
    walk::Walk,
    write::Writer, //
};

/// The most buckets of a table.
pub(crate) const MAX_BUCKETS: usize = 1 << 20;

/// The least buckets of a table.
const LEAST_BUCKETS: usize = 16;

/// The most entries that a table takes for each of its buckets, within the two bounds below. So no
/// chain grows long enough to slow the holder of a lock down.
const ENTRIES_PER_BUCKET: usize = 256;

/// Even the smallest table takes this many entries.
pub(crate) const LEAST_CAPACITY: usize = LEAST_BUCKETS * ENTRIES_PER_BUCKET;

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
    /// counts against no account, and each of its entries against the account of its maker.
    account: Option<Arc<Account>>,
    /// The memory of the buckets.
    _charge: Charge,
    #[pin]
    write: SpinLockBh<Writing>,
}

// SAFETY: Entries are `Send` and `Sync`, and the chains are shared by the rules above.
unsafe impl Send for RcuTable {}
// SAFETY: As above.
unsafe impl Sync for RcuTable {}

impl RcuTable {
    /// Creates an empty table for about `size` entries: with a power of two of buckets, no less than
    /// that within the bounds. The table and its entries count against `account`. Sleeps.
    pub(crate) fn new(size: usize, account: Option<&Arc<Account>>) -> Result<Arc<Self>> {
        let size = size.clamp(LEAST_BUCKETS, MAX_BUCKETS).next_power_of_two();
        let charge = Charge::new(
            account,
            Context::Process,
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
                write <- new_spinlock_bh!(Writing {
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
        entry.map(|entry| entry.value.load())
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
