// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A word for an owner. It is set and cleared without a lock while no other thread has looked the
//! owner up.

use kernel::sync::{
    atomic::{Atomic, Full, Relaxed},
    lock::{Backend, Lock},
    Arc,
    ArcBorrow,
    LockedBy, //
};

/// Set in the word when a thread has looked the owner up. From then on the owner can be taken away
/// only with the lock held.
const SEEN: usize = 1;

/// The owner of something, as a word.
///
/// The owner comes and goes by one atomic operation each. A thread that looks the owner up holds
/// the lock on `L`, and marks the word. A marked owner can be taken away only with that lock held.
/// So an owner that was looked up stays as long as the lock is held.
///
/// # Invariants
///
/// - The word is null, or made by [`Arc::into_raw`], possibly with [`SEEN`] added; it stands for
///   one reference.
/// - A word with [`SEEN`] in it is changed only with the lock held exclusively.
pub(crate) struct OwnerWord<T, L> {
    word: Atomic<*const T>,
    /// Finds out whether a lock is the right one.
    lock: LockedBy<(), L>,
}

// SAFETY: It is an `Arc` that moves from thread to thread.
unsafe impl<T: Send + Sync, L> Send for OwnerWord<T, L> {}
// SAFETY: As above; the word is atomic.
unsafe impl<T: Send + Sync, L> Sync for OwnerWord<T, L> {}

impl<T, L> OwnerWord<T, L> {
    /// A word without an owner. `lock` is the lock for looking the owner up.
    pub(crate) fn new<B: Backend>(lock: &Lock<L, B>) -> Self {
        const {
            assert!(
                align_of::<T>() > SEEN,
                "the mark needs a bit of the address"
            )
        };
        // INVARIANT: It is null.
        Self {
            word: Atomic::new(core::ptr::null()),
            lock: LockedBy::new(lock, ()),
        }
    }

    /// Makes `owner` the owner, if there is none. Returns whether it did; if so, the operation is
    /// fully ordered. In any context.
    pub(crate) fn try_set(&self, owner: &Arc<T>) -> bool {
        if !self.word.load(Relaxed).is_null() {
            return false;
        }
        let word = Arc::into_raw(owner.clone());
        // INVARIANT: As it must be.
        let is_set = self.word.cmpxchg(core::ptr::null(), word, Full).is_ok();
        if !is_set {
            // SAFETY: It was made above, and nobody else has it.
            drop(unsafe { Arc::from_raw(word) });
        }
        is_set
    }

    /// Takes the owner away, if no thread has looked it up. If so, the operation is fully ordered.
    /// In any context.
    pub(crate) fn take_unseen(&self) -> Option<Arc<T>> {
        let word = self.word.load(Relaxed);
        if word.is_null() || is_seen(word) {
            return None;
        }
        // INVARIANT: It is null from then on.
        self.word.cmpxchg(word, core::ptr::null(), Full).ok()?;
        // SAFETY: By the type invariants the word stood for a reference, which is ours now.
        Some(unsafe { Arc::from_raw(word) })
    }

    /// Takes the owner away, for the holder of the lock.
    pub(crate) fn take(&self, lock: &mut L) -> Option<Arc<T>> {
        let () = self.lock.access_mut(lock);
        // INVARIANT: The word is null from here on, and the lock is held exclusively.
        let word = self.word.xchg(core::ptr::null(), Full);
        // SAFETY: By the type invariants the word stood for a reference, which is ours now.
        (!word.is_null()).then(|| unsafe { Arc::from_raw(pointer(word)) })
    }

    /// Puts `owner` in the place of the present one, which is returned, for the holder of the lock.
    pub(crate) fn replace(&self, lock: &mut L, owner: &Arc<T>) -> Option<Arc<T>> {
        let () = self.lock.access_mut(lock);
        // The mark: those who have looked the former owner up wait for this one from now on.
        let word = seen(Arc::into_raw(owner.clone()));
        // INVARIANT: As it must be, and the lock is held exclusively.
        let former = self.word.xchg(word, Full);
        // SAFETY: By the type invariants the word stood for a reference, which is ours now.
        (!former.is_null()).then(|| unsafe { Arc::from_raw(pointer(former)) })
    }

    /// The owner, for the holder of the lock, while it holds it.
    pub(crate) fn get<'a>(&'a self, lock: &'a L) -> Option<&'a T> {
        let owner = self.mark(lock);
        // SAFETY: By the type invariants there is a reference. It is marked, so it is taken away
        // only by a thread that holds the lock exclusively: after this borrow of the lock.
        (!owner.is_null()).then(|| unsafe { &*owner })
    }

    /// A new reference to the owner, for the holder of the lock.
    pub(crate) fn get_shared(&self, lock: &L) -> Option<Arc<T>> {
        let owner = self.mark(lock);
        // SAFETY: As above.
        (!owner.is_null()).then(|| unsafe { ArcBorrow::from_raw(owner) }.into())
    }

    /// Marks the owner, so that it stays while the lock is held; null without one.
    fn mark(&self, lock: &L) -> *const T {
        let () = self.lock.access(lock);
        let mut word = self.word.load(Relaxed);
        while !word.is_null() {
            // INVARIANT: The word gets the mark, if it has none. Even a marked word is written, so
            // that everything that its owner does later is ordered after everything that the caller
            // has done before.
            match self.word.cmpxchg(word, seen(word), Full) {
                Ok(_) => break,
                Err(other) => word = other,
            }
        }
        pointer(word)
    }

    /// The owner, without the lock.
    ///
    /// # Safety
    ///
    /// There is an owner, and it is not taken away meanwhile.
    pub(crate) unsafe fn get_own(&self) -> Option<Arc<T>> {
        let word = pointer(self.word.load(Relaxed));
        // SAFETY: As the caller promises, the reference that the word stands for stays.
        (!word.is_null()).then(|| unsafe { ArcBorrow::from_raw(word) }.into())
    }
}

impl<T, L> Drop for OwnerWord<T, L> {
    fn drop(&mut self) {
        let word = self.word.xchg(core::ptr::null(), Full);
        if !word.is_null() {
            // SAFETY: By the type invariants the word stood for a reference, which is ours now.
            drop(unsafe { Arc::from_raw(pointer(word)) });
        }
    }
}

fn is_seen<T>(word: *const T) -> bool {
    word.addr() & SEEN != 0
}

fn seen<T>(word: *const T) -> *const T {
    word.map_addr(|address| address | SEEN)
}

fn pointer<T>(word: *const T) -> *const T {
    word.map_addr(|address| address & !SEEN)
}
