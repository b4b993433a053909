// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Who executes a runtime: call chains and the lock of a runtime.
//!
//! One thread of execution that enters a runtime, which resumes another runtime, which calls a
//! third, is one *chain*. A chain that would wait for a runtime which waits, however indirectly,
//! for that same chain is refused instead: there are no deadlocks between runtimes.
//!
//! A chain is not a task: code may continue on another stack (see `linux/segment.rs`).
//!
//! A runtime that nobody else wants is entered and left by an atomic operation on its own word. Only
//! a chain that finds another one there, and a stop that asks for it, takes the lock of the graph.
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

/// The graph of chains and the runtimes that they own and wait for. Its edges lie in
/// [`Ownership`] and [`Chain`]. They are followed and changed with the lock held; only an owner that
/// nobody looks at comes and goes without it.
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
    /// Makes the lock. To be called before any runtime exists: without it none can be made.
    pub(crate) fn new() -> Result<Self> {
        let lock = new_spinlock!(Graph { locked: 0 }, "lunatik::Graph");
        Ok(Self {
            _graph: GRAPH.set(Arc::pin_init(lock, GFP_KERNEL)?)?,
        })
    }
}

/// The graph that everything new belongs to.
pub(super) fn graph() -> Result<Arc<SpinLock<Graph>>> {
    GRAPH.get().ok_or(ENODEV)
}

/// How often the lock of the graph was taken so far.
pub(crate) fn graph_locks() -> u64 {
    GRAPH.get().map_or(0, |graph| graph.lock().locked)
}

/// A thread of execution through runtimes.
pub(crate) struct Chain {
    /// What this chain waits for. Set while it waits, by who has references to both; so there is no circle
    /// of chains and runtimes that keep each other, and none of these references is the last one.
    waits_for: LockedBy<Option<Arc<Runtime>>, Graph>,
    /// How many times it has entered a runtime.
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
}

/// The ownership of a runtime: the right to execute it, and to end it. There is one at a time.
///
/// Where it is not [released](Self::release), the runtime stays owned for ever.
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

    /// Leaves the ownership to who has the result.
    pub(super) fn suspend(self) -> SuspendedOwner {
        SuspendedOwner(self.runtime().id())
    }
}

/// The ownership of a runtime whose program has left its thread.
#[must_use]
pub(super) struct SuspendedOwner(u64);

impl SuspendedOwner {
    /// Goes on with it. `None` if it is that of another runtime.
    pub(super) fn resume(self, runtime: ArcBorrow<'_, Runtime>) -> Option<Owner<'_>> {
        (runtime.id() == self.0).then_some(Owner(runtime))
    }
}

/// Who was found where a chain wants to be the owner.
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
    /// How many wait until there is no owner. Each of them has looked at the owner since it was
    /// woken last, so that owner wakes them.
    waiters: LockedBy<usize, Graph>,
    /// Notified when an owner goes that was looked at, or when a waiter is to check again.
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

    /// Counts a thread that waits, or that does not any more.
    fn count_waiter(&self, graph: &mut Graph, change: isize) {
        let waiters = self.waiters.access_mut(graph);
        *waiters = waiters.saturating_add_signed(change);
    }

    /// Makes the threads that wait check again.
    fn notify(&self, graph: &Graph) {
        // All that wait were counted under the same lock.
        if *self.waiters.access(graph) > 0 {
            self.released.notify_all();
        }
    }

    /// Makes `chain` the owner of `runtime`, waiting for its turn.
    ///
    /// `give_up` is asked first and after each wake-up; returning an error ends the wait.
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
            // Not the last reference, for the caller has one.
            *chain.waits_for.access_mut(&mut graph) = None;
            if signalled {
                give_up()?;
                return Err(EnterError::Interrupted);
            }
        }
    }

    /// Makes `chain` the owner of `runtime` if there is none.
    ///
    /// If this fails, the owner that it has found sees what the caller did before, after that owner
    /// has [released](Owner::release) the runtime.
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

    /// Finds whether the owner is `chain` or waits, however indirectly, for what `chain` owns.
    ///
    /// The owner that was found stays until the lock is released, and wakes the waiters when it
    /// goes. Ends because the graph has no cycle: this function keeps them out.
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

    /// Makes the owner check again, if it waits for another runtime.
    pub(super) fn wake_owner(&self) {
        let graph = self.lock_graph();
        if let Some(chain) = self.owner.get(&graph) {
            if let Some(target) = chain.waits_for.access(&graph) {
                target.ownership().notify(&graph);
            }
        }
    }

    /// Waits until nobody owns the runtime, `jiffies` at most. Returns whether that is so.
    ///
    /// `None` is returned if a signal came.
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
