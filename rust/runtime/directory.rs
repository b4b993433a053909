// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Objects that code in any VM finds by number, as long as somebody holds them.
//!
//! Lock order: the lock around a [`Directory`] is a leaf.

use core::mem::ManuallyDrop;
use kernel::{
    prelude::*,
    rbtree::{
        RBTree,
        RBTreeNodeReservation, //
    },
    sync::Arc,
};

/// The first number has this bit, so small numbers are never assigned.
const FIRST_BIT: u64 = 1 << 23;

struct Entry<T> {
    object: Arc<T>,
    holders: usize,
}

/// The objects of one kind. No number is ever used twice.
pub(crate) struct Directory<T> {
    /// Set by [`init`](Self::init).
    entries: Option<RBTree<u64, Entry<T>>>,
    next: u64,
    count: usize,
}

impl<T> Directory<T> {
    /// An empty directory, to be initialized.
    pub(crate) const fn new() -> Self {
        Self {
            entries: None,
            next: FIRST_BIT,
            count: 0,
        }
    }

    /// Prepares the directory for entries. The first number is a random one from 2^23 to 2^24.
    pub(crate) fn init(&mut self) {
        let random = crate::linux::random::bits64();
        self.next = FIRST_BIT | (random & (FIRST_BIT - 1));
        self.entries = Some(RBTree::new());
    }

    /// The object with this number.
    pub(crate) fn find(&self, id: u64) -> Option<Arc<T>> {
        Some(self.entries.as_ref()?.get(&id)?.object.clone())
    }

    /// The first object with a number above `id`.
    pub(crate) fn after(&self, id: u64) -> Option<Arc<T>> {
        let cursor = self
            .entries
            .as_ref()?
            .cursor_lower_bound(&id.checked_add(1)?)?;
        Some(cursor.current().1.object.clone())
    }
}

/// An object that lies in a directory.
pub(crate) trait Listed: Send + Sync + Sized + 'static {
    /// The most objects of this kind at a time.
    const LIMIT: usize;

    /// Its number.
    fn id(&self) -> u64;

    /// Calls `with` with the directory of its kind, locked, unless there is none.
    fn with_directory<R>(with: impl FnOnce(&mut Directory<Self>) -> R) -> Option<R>;

    /// The object with this number.
    fn find(id: u64) -> Option<Arc<Self>> {
        Self::with_directory(|directory| directory.find(id)).flatten()
    }
}

/// A reference that keeps an object in its directory. Dropping the last such reference removes the
/// object.
pub(crate) struct Listing<T: Listed>(Arc<T>);

impl<T: Listed> Listing<T> {
    /// Assigns a number, calls `make` with it, and puts the resulting object into the directory.
    /// Fails with `ENOSPC` if there are too many objects.
    pub(crate) fn new(make: impl FnOnce(u64) -> Result<Arc<T>>) -> Result<Self> {
        let id = T::with_directory(|directory| {
            let id = directory.next;
            directory.next = id.wrapping_add(1);
            id
        })
        .ok_or(ESHUTDOWN)?;
        let object = make(id)?;
        let node = RBTreeNodeReservation::new(GFP_KERNEL_ACCOUNT)?.into_node(
            id,
            Entry {
                object: object.clone(),
                holders: 1,
            },
        );
        // Memory that is left over is freed outside the lock.
        let (full, _left) = T::with_directory(|directory| match directory.entries.as_mut() {
            Some(entries) if directory.count < T::LIMIT => {
                directory.count += 1;
                (false, entries.insert(node))
            }
            _ => (true, Some(node)),
        })
        .ok_or(ESHUTDOWN)?;
        if full {
            return Err(ENOSPC);
        }
        Ok(Self(object))
    }

    /// One more reference to the object with this number.
    pub(crate) fn find(id: u64) -> Option<Self> {
        T::with_directory(|directory| {
            let entry = directory.entries.as_mut()?.get_mut(&id)?;
            entry.holders += 1;
            Some(Self(entry.object.clone()))
        })
        .flatten()
    }

    /// Turns the reference into a pointer, for [`from_raw`](Self::from_raw).
    pub(crate) fn into_raw(self) -> *const T {
        Arc::as_ptr(&ManuallyDrop::new(self).0)
    }

    /// Turns a pointer back into the reference.
    ///
    /// # Safety
    ///
    /// `object` must come from [`into_raw`](Self::into_raw), and not be used like this again.
    pub(crate) unsafe fn from_raw(object: *const T) -> Self {
        // SAFETY: The caller promises that the reference was never dropped.
        Self(unsafe { Arc::from_raw(object) })
    }
}

impl<T: Listed> core::ops::Deref for Listing<T> {
    type Target = Arc<T>;

    fn deref(&self) -> &Arc<T> {
        &self.0
    }
}

impl<T: Listed> Drop for Listing<T> {
    fn drop(&mut self) {
        let id = self.0.id();
        let _removed = T::with_directory(|directory| {
            let entries = directory.entries.as_mut()?;
            let entry = entries.get_mut(&id)?;
            entry.holders = entry.holders.saturating_sub(1);
            if entry.holders > 0 {
                return None;
            }
            directory.count = directory.count.saturating_sub(1);
            entries.remove_node(&id)
        });
    }
}
