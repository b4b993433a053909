// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Values that exist once for the whole module, from its `init()` to its end.

use kernel::{
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Full},
        rcu,
        Arc,
        ArcBorrow, //
    },
};

/// A place for a value that the module makes when it is loaded and gives up when it is unloaded.
///
/// Nothing relies on the order of both: before and after, there is no value.
///
/// # Invariants
///
/// The pointer is null or made by [`Arc::into_raw`]; the reference that it stands for is dropped a
/// grace period after the pointer was taken out.
pub(crate) struct Global<T: Send + Sync + 'static>(Atomic<*const T>);

impl<T: Send + Sync + 'static> Global<T> {
    /// A place with no value.
    pub(crate) const fn new() -> Self {
        // INVARIANT: It is null.
        Self(Atomic::new(core::ptr::null()))
    }

    /// Puts `value` there, until the result is dropped. `EBUSY` if there is one.
    pub(crate) fn set(&'static self, value: Arc<T>) -> Result<Installed<T>> {
        let pointer = Arc::into_raw(value);
        // INVARIANT: As it must be.
        if self.0.cmpxchg(core::ptr::null(), pointer, Full).is_err() {
            // SAFETY: The pointer was made above, and nobody else has it.
            drop(unsafe { Arc::from_raw(pointer) });
            return Err(EBUSY);
        }
        Ok(Installed(self))
    }

    fn borrow<'a>(&self, _guard: &'a rcu::Guard) -> Option<ArcBorrow<'a, T>> {
        let pointer = self.0.load(Acquire);
        // SAFETY: By the type invariant the value lives for as long as the guard, which is older
        // than the pointer that was just read.
        (!pointer.is_null()).then(|| unsafe { ArcBorrow::from_raw(pointer) })
    }

    /// Calls `with` with the value, if there is one. It must not sleep: it runs under the RCU read
    /// lock.
    pub(crate) fn with<R>(&self, with: impl FnOnce(&T) -> R) -> Option<R> {
        let guard = rcu::read_lock();
        let value = self.borrow(&guard)?;
        Some(with(&value))
    }

    /// The value, if there is one.
    pub(crate) fn get(&self) -> Option<Arc<T>> {
        let guard = rcu::read_lock();
        self.borrow(&guard).map(Arc::from)
    }
}

/// The existence of a value in a [`Global`]. Dropping it takes the value out; sleeps.
#[must_use]
pub(crate) struct Installed<T: Send + Sync + 'static>(&'static Global<T>);

impl<T: Send + Sync + 'static> Drop for Installed<T> {
    fn drop(&mut self) {
        let pointer = self.0 .0.xchg(core::ptr::null(), Full);
        rcu::synchronize_rcu();
        if !pointer.is_null() {
            // SAFETY: By the type invariant of `Global` there is a reference, which is ours now;
            // who reads the pointer under RCU has stopped using it.
            drop(unsafe { Arc::from_raw(pointer) });
        }
    }
}
