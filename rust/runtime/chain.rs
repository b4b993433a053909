// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Who executes a runtime: call chains and the lock of a runtime.
//!
//! One thread of execution that enters a runtime, which resumes another runtime, which calls a
//! third, is one *chain*. A chain that would wait for a runtime which waits, however indirectly,
//! for that same chain is refused instead: there are no deadlocks between runtimes.
//!
//! A chain is not a task: code may continue on another stack (see `linux/segment.rs`).
//!
//! Lock order: [`GRAPH`] is a leaf, taken for a few instructions.

use core::ptr;
use kernel::{
    new_condvar, new_spinlock,
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Relaxed, Release},
        Arc,
        CondVar,
        SpinLock, //
    },
};

use super::instance::Runtime;

/// The graph of chains and the runtimes that they own and wait for. Its edges lie in
/// [`Ownership`] and [`Chain`]; whoever follows or changes them holds the lock.
struct Graph;

/// The lock of the graph; it exists as long as runtimes do.
static GRAPH: Atomic<*mut SpinLock<Graph>> = Atomic::new(ptr::null_mut());

/// The existence of the graph's lock.
pub(crate) struct GraphLock(Pin<KBox<SpinLock<Graph>>>);

impl GraphLock {
    /// Makes the lock. To be called once, before any runtime exists; dropped when nobody is left
    /// who could look at one, be it a thread on its last lines.
    pub(crate) fn new() -> Result<Self> {
        let lock = KBox::pin_init(new_spinlock!(Graph, "lunatik::Graph"), GFP_KERNEL)?;
        GRAPH.store(ptr::from_ref(&*lock).cast_mut(), Release);
        Ok(Self(lock))
    }
}

impl Drop for GraphLock {
    fn drop(&mut self) {
        GRAPH.store(ptr::null_mut(), Release);
        let _ = &self.0;
    }
}

fn graph() -> &'static SpinLock<Graph> {
    // SAFETY: The module holds the `GraphLock` as long as there are runtimes, and only those and
    // their users call this.
    unsafe { &*GRAPH.load(Acquire) }
}

/// A thread of execution through runtimes.
pub(crate) struct Chain {
    /// What this chain waits for. Guarded by [`GRAPH`]; the waiter keeps the runtime alive.
    waits_for: core::cell::UnsafeCell<*const Runtime>,
    /// How many times it has entered a runtime.
    entries: Atomic<u64>,
}

// SAFETY: The cell is only touched with `GRAPH` held.
unsafe impl Send for Chain {}
// SAFETY: As above.
unsafe impl Sync for Chain {}

impl Chain {
    /// Begins a chain.
    pub(crate) fn new() -> Result<Arc<Self>> {
        Ok(Arc::new(
            Self {
                waits_for: core::cell::UnsafeCell::new(ptr::null()),
                entries: Atomic::new(0),
            },
            GFP_KERNEL,
        )?)
    }
}

impl Chain {
    /// Counts an entry into a runtime. A later one has a higher number.
    pub(super) fn count_entry(&self) -> u64 {
        self.entries.fetch_add(1, Relaxed)
    }

    /// Whether there was an entry after the one with that number.
    pub(super) fn has_entered_after(&self, entry: u64) -> bool {
        self.entries.load(Relaxed) > entry.saturating_add(1)
    }
}

/// Why a runtime could not be entered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum EnterError {
    /// It waits for the caller.
    Deadlock,
    /// The caller got a signal, or was itself stopped.
    Interrupted,
    /// It is being stopped, or has ended.
    Gone,
}

/// The lock of a runtime.
#[pin_data]
pub(crate) struct Ownership {
    /// Guarded by [`GRAPH`].
    owner: core::cell::UnsafeCell<Option<Arc<Chain>>>,
    /// Notified whenever `owner` becomes empty, or a waiter is to look up.
    #[pin]
    released: CondVar,
    /// How many wait for that. Guarded by [`GRAPH`].
    waiters: core::cell::UnsafeCell<usize>,
}

// SAFETY: The cell is only touched with `GRAPH` held.
unsafe impl Send for Ownership {}
// SAFETY: As above.
unsafe impl Sync for Ownership {}

impl Ownership {
    pub(super) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            owner: core::cell::UnsafeCell::new(None),
            released <- new_condvar!("lunatik::Ownership"),
            waiters: core::cell::UnsafeCell::new(0),
        })
    }

    /// Counts one who waits, or who does not any more.
    ///
    /// # Safety
    ///
    /// [`GRAPH`] must be held.
    unsafe fn count_waiter(&self, change: isize) {
        // SAFETY: As the caller promises.
        let waiters = unsafe { &mut *self.waiters.get() };
        *waiters = waiters.saturating_add_signed(change);
    }

    /// Makes those who wait look up.
    ///
    /// # Safety
    ///
    /// [`GRAPH`] must be held.
    unsafe fn notify(&self) {
        // SAFETY: As the caller promises. Whoever waits was counted under the same lock.
        if unsafe { *self.waiters.get() } > 0 {
            self.released.notify_all();
        }
    }

    /// Makes `chain` the owner of `runtime`, waiting for its turn.
    ///
    /// `give_up` is asked after each wake-up; returning an error ends the wait.
    pub(super) fn acquire(
        runtime: &Runtime,
        chain: &Arc<Chain>,
        mut give_up: impl FnMut() -> Result<(), EnterError>,
    ) -> Result<(), EnterError> {
        let this = runtime.ownership();
        let mut graph = graph().lock();
        loop {
            give_up()?;
            // SAFETY: `GRAPH` is held.
            let owner = unsafe { &mut *this.owner.get() };
            let Some(first) = owner else {
                *owner = Some(chain.clone());
                return Ok(());
            };
            if Self::leads_to(first, chain) {
                return Err(EnterError::Deadlock);
            }
            // SAFETY: `GRAPH` is held. The runtime lives through this call.
            unsafe {
                *chain.waits_for.get() = runtime;
                this.count_waiter(1);
            }
            let signalled = this.released.wait_interruptible(&mut graph);
            // SAFETY: `GRAPH` is held again.
            unsafe {
                this.count_waiter(-1);
                *chain.waits_for.get() = ptr::null();
            }
            if signalled {
                give_up()?;
                return Err(EnterError::Interrupted);
            }
        }
    }

    /// Makes `chain` the owner of `runtime` if nobody is.
    pub(super) fn try_acquire(runtime: &Runtime, chain: &Arc<Chain>) -> bool {
        let _graph = graph().lock();
        // SAFETY: `GRAPH` is held.
        let owner = unsafe { &mut *runtime.ownership().owner.get() };
        if owner.is_some() {
            return false;
        }
        *owner = Some(chain.clone());
        true
    }

    /// Whether `first` is `chain` or waits, however indirectly, for what `chain` owns.
    ///
    /// `GRAPH` must be held. Ends because the graph has no cycle: this function keeps them out.
    fn leads_to(first: &Arc<Chain>, chain: &Arc<Chain>) -> bool {
        let mut at: *const Chain = Arc::as_ptr(first);
        loop {
            if ptr::eq(at, Arc::as_ptr(chain)) {
                return true;
            }
            // SAFETY: `GRAPH` is held, and the owner of a runtime is kept alive by it.
            let waits_for = unsafe { *(*at).waits_for.get() };
            if waits_for.is_null() {
                return false;
            }
            // SAFETY: A waiter keeps alive what it waits for; `GRAPH` is held.
            match unsafe { &*(*waits_for).ownership().owner.get() } {
                Some(next) => at = Arc::as_ptr(next),
                None => return false,
            }
        }
    }

    /// Gives the ownership up. Only its owner calls this.
    pub(super) fn release(&self) {
        let graph = graph().lock();
        // SAFETY: `GRAPH` is held.
        let chain = unsafe {
            self.notify();
            (*self.owner.get()).take()
        };
        drop(graph);
        // Frees memory perhaps, so after unlocking.
        drop(chain);
    }

    /// The chain that owns the runtime now.
    pub(super) fn owner(&self) -> Option<Arc<Chain>> {
        let _graph = graph().lock();
        // SAFETY: `GRAPH` is held.
        unsafe { (*self.owner.get()).clone() }
    }

    /// Makes the owner look up, if it waits for another runtime.
    pub(super) fn wake_owner(&self) {
        let _graph = graph().lock();
        // SAFETY: `GRAPH` is held.
        if let Some(chain) = unsafe { &*self.owner.get() } {
            // SAFETY: `GRAPH` is held; a waiter keeps alive what it waits for.
            if let Some(target) = unsafe { (*chain.waits_for.get()).as_ref() } {
                // SAFETY: `GRAPH` is held.
                unsafe { target.ownership().notify() };
            }
        }
    }

    /// Waits until nobody owns the runtime, `jiffies` at most. Returns whether that is so.
    ///
    /// `None` is returned if a signal came.
    pub(super) fn wait_released(&self, mut jiffies: kernel::time::Jiffies) -> Option<bool> {
        let mut graph = graph().lock();
        loop {
            // SAFETY: `GRAPH` is held.
            if unsafe { (*self.owner.get()).is_none() } {
                return Some(true);
            }
            // SAFETY: `GRAPH` is held.
            unsafe { self.count_waiter(1) };
            let woken = self
                .released
                .wait_interruptible_timeout(&mut graph, jiffies);
            // SAFETY: `GRAPH` is held again.
            unsafe { self.count_waiter(-1) };
            match woken {
                kernel::sync::CondVarTimeoutResult::Timeout => {
                    // SAFETY: `GRAPH` is held.
                    return Some(unsafe { (*self.owner.get()).is_none() });
                }
                kernel::sync::CondVarTimeoutResult::Woken { jiffies: left } => jiffies = left,
                kernel::sync::CondVarTimeoutResult::Signal { .. } => return None,
            }
        }
    }
}
