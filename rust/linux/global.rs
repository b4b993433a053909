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

/// A place for a value that the module makes when it is loaded and drops when it is unloaded.
///
/// Users need not care about the order of loading and unloading: before and after, there is just no
/// value.
///
/// # Invariants
///
/// The pointer is null or was made by [`Arc::into_raw`]. Its reference is dropped only a grace
/// period after the pointer was taken out.
pub(crate) struct Global<T: Send + Sync + 'static>(Atomic<*const T>);

impl<T: Send + Sync + 'static> Global<T> {
    /// A place with no value.
    pub(crate) const fn new() -> Self {
        // INVARIANT: It is null.
        Self(Atomic::new(core::ptr::null()))
    }

    /// Installs `value` until the result is dropped. Fails with `EBUSY` if there is a value
    /// already.
    pub(crate) fn set(&'static self, value: Arc<T>) -> Result<Installed<T>> {
        let pointer = Arc::into_raw(value);
        // INVARIANT: The pointer comes from `Arc::into_raw()`.
        if self.0.cmpxchg(core::ptr::null(), pointer, Full).is_err() {
            // SAFETY: The pointer was made above, and was not installed.
            drop(unsafe { Arc::from_raw(pointer) });
            return Err(EBUSY);
        }
        Ok(Installed(self))
    }

    fn borrow<'a>(&self, _guard: &'a rcu::Guard) -> Option<ArcBorrow<'a, T>> {
        let pointer = self.0.load(Acquire);
        // SAFETY: By the type invariant the value lives as long as the guard, which was taken
        // before the pointer was read.
        (!pointer.is_null()).then(|| unsafe { ArcBorrow::from_raw(pointer) })
    }

    /// Calls `with` with the value, if there is one. `with` must not sleep, because it runs under
    /// the RCU read lock.
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

/// Keeps a value in a [`Global`]. Dropping this takes the value out, and sleeps.
#[must_use]
pub(crate) struct Installed<T: Send + Sync + 'static>(&'static Global<T>);

impl<T: Send + Sync + 'static> Drop for Installed<T> {
    fn drop(&mut self) {
        let pointer = self.0 .0.xchg(core::ptr::null(), Full);
        rcu::synchronize_rcu();
        if !pointer.is_null() {
            // SAFETY: By the type invariant of `Global` there is a reference, which this function
            // owns now. All readers of the pointer under RCU have stopped using it.
            drop(unsafe { Arc::from_raw(pointer) });
        }
    }
}
