// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Call chains, and the ownership lock that decides which chain executes a runtime.
//!
//! A *chain* is one thread of execution through runtimes: it enters a runtime, which may resume a
//! second one, which may call a third. A runtime may itself wait for a chain, directly or through
//! other chains. If it waits for the chain that wants to enter it, the entry is refused. So
//! runtimes never deadlock.
//!
//! A chain is not a task: code may continue on another stack (see `linux/segment.rs`).
//!
//! Entering and leaving an uncontended runtime take one atomic operation each, on its owner word.
//! Only a chain that finds another owner, and a stop that looks for one, take the lock of the
//! graph.
//!
//! Lock order: [`GRAPH`] is a leaf, taken for a few instructions.

use core::ptr;
use kernel::{
    new_condvar, new_spinlock,
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        Arc,
        ArcBorrow,
        CondVar,
        LockedBy,
        SpinLock,
        SpinLockGuard, //
    },
};

use super::instance::Runtime;
use crate::linux::{
    context::MaySleep,
    global::{Global, Installed},
    owner_word::OwnerWord, //
};

/// The graph of chains and the runtimes that they own and wait for. Its edges lie in [`Ownership`]
/// and [`Chain`]. They are followed and changed with the lock held. The exception is an owner that
/// no other chain has looked up: it comes and goes without the lock.
pub(super) struct Graph {
    /// How often the lock was taken.
    locked: u64,
}

/// The graph; it exists as long as runtimes do.
static GRAPH: Global<SpinLock<Graph>> = Global::new();

/// The existence of the graph.
pub(crate) struct GraphLock {
    _graph: Installed<SpinLock<Graph>>,
}

impl GraphLock {
    /// Makes the lock. To be called before any runtime exists: without the lock no runtime can be
    /// made.
    pub(crate) fn new() -> Result<Self> {
        let lock = new_spinlock!(Graph { locked: 0 }, "lunatik::Graph");
        Ok(Self {
            _graph: GRAPH.set(Arc::pin_init(lock, GFP_KERNEL)?)?,
        })
    }
}

/// The graph that new chains and runtimes belong to.
pub(super) fn graph() -> Result<Arc<SpinLock<Graph>>> {
    GRAPH.get().ok_or(ENODEV)
}

/// How often the lock of the graph was taken so far.
pub(crate) fn graph_locks() -> u64 {
    GRAPH.get().map_or(0, |graph| graph.lock().locked)
}

/// A thread of execution through runtimes.
pub(crate) struct Chain {
    /// The runtime that this chain waits for. It is set only while the chain waits, by a caller
    /// that has references to both. So chains and runtimes do not keep each other alive in a cycle,
    /// and this reference is never the last one.
    waits_for: LockedBy<Option<Arc<Runtime>>, Graph>,
    /// How many times this chain has entered a runtime.
    entries: Atomic<u64>,
}

impl Chain {
    /// Begins a chain.
    pub(crate) fn new() -> Result<Arc<Self>> {
        let graph = graph()?;
        Ok(Arc::new(
            Self {
                waits_for: LockedBy::new(&graph, None),
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
    /// Only hooks execute it.
    Sealed,
}

/// The ownership of a runtime: the right to execute it, and to end it. There is one at a time.
///
/// If it is not [released](Self::release), the runtime stays owned for ever.
#[must_use]
pub(super) struct Owner<'a>(ArcBorrow<'a, Runtime>);

// SAFETY: Ownership belongs to a chain, and a chain to no thread. The reference is one to an `Arc`.
unsafe impl Send for Owner<'_> {}

impl<'a> Owner<'a> {
    /// The runtime.
    pub(super) fn runtime(&self) -> &Runtime {
        &self.0
    }

    /// A reference to the runtime.
    pub(super) fn borrow(&self) -> ArcBorrow<'a, Runtime> {
        self.0
    }

    /// Gives the ownership up, and returns the chain that had it. Dropping that may free memory.
    pub(super) fn release(self) -> Option<Arc<Chain>> {
        self.runtime().ownership().release()
    }

    /// Makes `chain` the owner in place of the chain that has the ownership now. Those who wait check
    /// again.
    pub(super) fn hand_over(&self, chain: &Arc<Chain>) {
        let former = self.runtime().ownership().replace(chain);
        // Dropping it may free memory.
        drop(former);
    }

    /// Passes the ownership on to the holder of the result.
    pub(super) fn suspend(self) -> SuspendedOwner {
        SuspendedOwner(self.runtime().id())
    }
}

/// The ownership of a runtime whose program has left its thread.
#[must_use]
pub(super) struct SuspendedOwner(u64);

impl SuspendedOwner {
    /// Takes the ownership up again. `None` if it belongs to another runtime.
    pub(super) fn resume(self, runtime: ArcBorrow<'_, Runtime>) -> Option<Owner<'_>> {
        (runtime.id() == self.0).then_some(Owner(runtime))
    }
}

/// The owner that a chain found when it wanted to become the owner.
enum Found {
    /// Nobody any more.
    Nobody,
    /// The chain itself, or one that waits for it.
    Caller,
    /// Another chain.
    Another,
}

/// The lock of a runtime.
#[pin_data]
pub(crate) struct Ownership {
    graph: Arc<SpinLock<Graph>>,
    owner: OwnerWord<Chain, Graph>,
    /// How many threads wait until there is no owner. Each has looked the owner up since it was
    /// last woken, so that owner will wake them.
    waiters: LockedBy<usize, Graph>,
    /// Notified when an owner that was looked up goes, or when a waiter has to check again.
    #[pin]
    released: CondVar,
}

impl Ownership {
    pub(super) fn new(graph: Arc<SpinLock<Graph>>) -> impl PinInit<Self> {
        pin_init!(Self {
            owner: OwnerWord::new(&graph),
            waiters: LockedBy::new(&graph, 0),
            graph,
            released <- new_condvar!("lunatik::Ownership"),
        })
    }

    fn lock_graph(&self) -> SpinLockGuard<'_, Graph> {
        let mut graph = self.graph.lock();
        graph.locked = graph.locked.wrapping_add(1);
        graph
    }

    /// Counts a thread that begins or stops waiting.
    fn count_waiter(&self, graph: &mut Graph, change: isize) {
        let waiters = self.waiters.access_mut(graph);
        *waiters = waiters.saturating_add_signed(change);
    }

    /// Wakes the waiting threads, so that they check again.
    fn notify(&self, graph: &Graph) {
        // All waiting threads were counted under the same lock.
        if *self.waiters.access(graph) > 0 {
            self.released.notify_all();
        }
    }

    /// Makes `chain` the owner of `runtime`, and waits for its turn.
    ///
    /// `give_up` is called first and after each wake-up. If it returns an error, the wait ends.
    pub(super) fn acquire<'a>(
        runtime: ArcBorrow<'a, Runtime>,
        _may: MaySleep<'_>,
        chain: &Arc<Chain>,
        mut give_up: impl FnMut() -> Result<(), EnterError>,
    ) -> Result<Owner<'a>, EnterError> {
        let this = runtime.ownership();
        give_up()?;
        if this.owner.try_set(chain) {
            return Ok(Owner(runtime));
        }
        let mut graph = this.lock_graph();
        loop {
            give_up()?;
            if this.owner.try_set(chain) {
                return Ok(Owner(runtime));
            }
            match this.find(&graph, chain) {
                Found::Nobody => continue,
                Found::Caller => return Err(EnterError::Deadlock),
                Found::Another => (),
            }
            *chain.waits_for.access_mut(&mut graph) = Some(Arc::from(runtime));
            this.count_waiter(&mut graph, 1);
            let signalled = this.released.wait_interruptible(&mut graph);
            this.count_waiter(&mut graph, -1);
            // This is not the last reference: the caller has one.
            *chain.waits_for.access_mut(&mut graph) = None;
            if signalled {
                give_up()?;
                return Err(EnterError::Interrupted);
            }
        }
    }

    /// Makes `chain` the owner of `runtime` if there is none.
    ///
    /// If this fails because there is an owner, everything that the caller did before is visible to
    /// that owner after it has [released](Owner::release) the runtime.
    pub(super) fn try_acquire<'a>(
        runtime: ArcBorrow<'a, Runtime>,
        chain: &Arc<Chain>,
    ) -> Option<Owner<'a>> {
        let this = runtime.ownership();
        if this.owner.try_set(chain) {
            return Some(Owner(runtime));
        }
        let graph = this.lock_graph();
        loop {
            if this.owner.try_set(chain) {
                return Some(Owner(runtime));
            }
            if this.owner.get(&graph).is_some() {
                return None;
            }
        }
    }

    /// Finds out whether the owner is `chain`, or waits (directly or through other chains) for a
    /// runtime that `chain` owns.
    ///
    /// The owner that was found stays until the lock is released, and wakes the waiters when it
    /// goes. The search ends because the graph has no cycles: this function keeps them out.
    fn find(&self, graph: &Graph, chain: &Chain) -> Found {
        let mut at = self;
        let mut found = Found::Nobody;
        while let Some(owner) = at.owner.get(graph) {
            if ptr::eq(owner, chain) {
                return Found::Caller;
            }
            found = Found::Another;
            match owner.waits_for.access(graph) {
                Some(runtime) => at = runtime.ownership(),
                None => break,
            }
        }
        found
    }

    /// Gives the ownership up, for [`Owner::release`].
    fn release(&self) -> Option<Arc<Chain>> {
        if let Some(chain) = self.owner.take_unseen() {
            return Some(chain);
        }
        let mut graph = self.lock_graph();
        self.notify(&graph);
        self.owner.take(&mut graph)
    }

    /// Replaces the owner, for [`Owner::hand_over`].
    fn replace(&self, chain: &Arc<Chain>) -> Option<Arc<Chain>> {
        let mut graph = self.lock_graph();
        let former = self.owner.replace(&mut graph, chain);
        self.notify(&graph);
        former
    }

    /// The chain that owns the runtime now.
    pub(super) fn owner(&self) -> Option<Arc<Chain>> {
        let graph = self.lock_graph();
        self.owner.get_shared(&graph)
    }

    /// As [`owner`](Self::owner), without a lock.
    ///
    /// # Safety
    ///
    /// The caller executes the runtime for the owner, if there is one.
    pub(super) unsafe fn own(&self) -> Option<Arc<Chain>> {
        // SAFETY: The owner goes when it calls `release()`, and executes the runtime until then.
        unsafe { self.owner.get_own() }
    }

    /// Wakes the owner, if it waits for another runtime, so that it checks again.
    pub(super) fn wake_owner(&self) {
        let graph = self.lock_graph();
        if let Some(chain) = self.owner.get(&graph) {
            if let Some(target) = chain.waits_for.access(&graph) {
                target.ownership().notify(&graph);
            }
        }
    }

    /// Waits until nobody owns the runtime, for `jiffies` at most. Returns whether that is the
    /// case.
    ///
    /// Returns `None` if a signal came.
    pub(super) fn wait_released(
        &self,
        _may: MaySleep<'_>,
        mut jiffies: kernel::time::Jiffies,
    ) -> Option<bool> {
        let mut graph = self.lock_graph();
        loop {
            if self.owner.get(&graph).is_none() {
                return Some(true);
            }
            self.count_waiter(&mut graph, 1);
            let woken = self
                .released
                .wait_interruptible_timeout(&mut graph, jiffies);
            self.count_waiter(&mut graph, -1);
            match woken {
                kernel::sync::CondVarTimeoutResult::Timeout => {
                    return Some(self.owner.get(&graph).is_none());
                }
                kernel::sync::CondVarTimeoutResult::Woken { jiffies: left } => jiffies = left,
                kernel::sync::CondVarTimeoutResult::Signal { .. } => return None,
            }
        }
    }
}
