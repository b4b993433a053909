// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The slots that chains of entries are made of.

use core::ptr::{self, NonNull};
use kernel::sync::{
    atomic::{Atomic, Relaxed, Release},
    rcu, //
};

use super::{
    entry::{Entry, OwnedEntry},
    Writing, //
};

/// A slot that leads to an entry or ends a chain.
///
/// # Invariants
///
/// While readers can see the slot, its pointer is null or came from [`OwnedEntry::into_raw`], and
/// that entry is freed a grace period after it was taken off its chain.
pub(super) struct Slot(Atomic<*mut Entry>);

impl Slot {
    /// The end of a chain.
    pub(super) const fn end() -> Self {
        // INVARIANT: It is null.
        Self(Atomic::new(ptr::null_mut()))
    }

    /// Whether it ends its chain.
    pub(super) fn is_end(&self) -> bool {
        self.0.load(Relaxed).is_null()
    }

    /// The entry that it leads to.
    pub(super) fn get<'a>(&self, _guard: &'a rcu::Guard) -> Option<&'a Entry> {
        // SAFETY: By the type invariant the entry outlives the guard, which is older than the
        // pointer that is read here; it was initialised before it was published, and is found through
        // the pointer, by the dependency.
        unsafe { self.0.load(Relaxed).as_ref() }
    }

    /// The pointer alone, for entries that no reader can see.
    pub(super) fn raw(&self) -> &Atomic<*mut Entry> {
        &self.0
    }

    /// Takes all entries of the chain that begins here off the table.
    pub(super) fn take_all(&self, _write: &mut Writing) -> UnlinkedChain {
        let first = self.0.load(Relaxed);
        self.0.store(ptr::null_mut(), Release);
        // INVARIANT: Only the holder of `Writing` takes entries off.
        UnlinkedChain(first)
    }
}

/// The place of a key in its chain, or the place where it would be.
///
/// # Invariants
///
/// `slot` led to `entry`, or to the end, when it was made under the lock of the table.
pub(super) struct Place<'a> {
    first: &'a Slot,
    slot: &'a Slot,
    entry: Option<&'a Entry>,
}

impl<'a> Place<'a> {
    /// Looks for a key in the chain that begins at `first`.
    pub(super) fn find(first: &'a Slot, hash: u32, key: &[u8], guard: &'a rcu::Guard) -> Self {
        let mut slot = first;
        // INVARIANT: As was just seen.
        loop {
            let entry = slot.get(guard);
            match entry {
                Some(other) if other.hash != hash || other.key() != key => slot = &other.next,
                _ => return Self { first, slot, entry },
            }
        }
    }

    /// The entry of the key, if there is one.
    pub(super) fn entry(&self) -> Option<&'a Entry> {
        self.entry
    }

    /// Takes the entry off, if there is one.
    pub(super) fn remove(self, _write: &mut Writing) -> Option<Unlinked> {
        let entry = self.entry?;
        self.slot.0.store(entry.next.0.load(Relaxed), Release);
        // INVARIANT: While the lock is held, no other thread takes it off.
        Some(Unlinked(NonNull::from(entry)))
    }

    /// Puts `new` in the place of the entry, if there is one, so that a reader that walks along the
    /// chain meets exactly one of the two. A new key goes to the front, so that a reader does not
    /// meet it after its predecessor.
    pub(super) fn put(self, new: OwnedEntry, _write: &mut Writing) -> Option<Unlinked> {
        let (slot, next) = match self.entry {
            Some(old) => (self.slot, &old.next),
            None => (self.first, self.first),
        };
        new.get().next.0.store(next.0.load(Relaxed), Relaxed);
        // INVARIANT: The entry came from `into_raw()`.
        slot.0.store(new.into_raw().as_ptr(), Release);
        // INVARIANT: As in `remove()`.
        self.entry.map(|old| Unlinked(NonNull::from(old)))
    }
}

/// An entry that was taken off its table, and has to be retired.
///
/// # Invariants
///
/// No new reader finds it, and nobody else retires it.
#[must_use]
pub(super) struct Unlinked(NonNull<Entry>);

impl Unlinked {
    /// The entry.
    pub(super) fn get(&self) -> &Entry {
        // SAFETY: By the type invariant it lives until it is retired.
        unsafe { self.0.as_ref() }
    }
}

/// The entries of a chain that was taken off its table.
///
/// # Invariants
///
/// As for [`Unlinked`], for all of them.
pub(super) struct UnlinkedChain(*mut Entry);

impl Iterator for UnlinkedChain {
    type Item = Unlinked;

    fn next(&mut self) -> Option<Unlinked> {
        let entry = Unlinked(NonNull::new(self.0)?);
        self.0 = entry.get().next.0.load(Relaxed);
        Some(entry)
    }
}
