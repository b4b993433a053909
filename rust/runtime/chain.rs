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
        atomic::{Atomic, Relaxed},
        Arc,
        ArcBorrow,
        CondVar,
        LockedBy,
        SpinLock, //
    },
};

use super::instance::Runtime;
use crate::linux::global::{Global, Installed};

/// The graph of chains and the runtimes that they own and wait for. Its edges lie in
/// [`Ownership`] and [`Chain`]; whoever follows or changes them holds the lock.
pub(super) struct Graph {
    /// [`LockedBy`] tells graphs from each other by their address, so they have a size.
    _address: u8,
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
        let lock = new_spinlock!(Graph { _address: 0 }, "lunatik::Graph");
        Ok(Self {
            _graph: GRAPH.set(Arc::pin_init(lock, GFP_KERNEL)?)?,
        })
    }
}

/// The graph that everything new belongs to.
pub(super) fn graph() -> Result<Arc<SpinLock<Graph>>> {
    GRAPH.get().ok_or(ENODEV)
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

    /// Gives the ownership up.
    pub(super) fn release(self) {
        self.runtime().ownership().release();
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

/// Who owns a runtime, and who wants to.
struct Owned {
    owner: Option<Arc<Chain>>,
    /// How many wait until nobody does.
    waiters: usize,
}

/// The lock of a runtime.
#[pin_data]
pub(crate) struct Ownership {
    graph: Arc<SpinLock<Graph>>,
    owned: LockedBy<Owned, Graph>,
    /// Notified whenever the owner goes, or a waiter is to look up.
    #[pin]
    released: CondVar,
}

impl Ownership {
    pub(super) fn new(graph: Arc<SpinLock<Graph>>) -> impl PinInit<Self> {
        let none = Owned {
            owner: None,
            waiters: 0,
        };
        pin_init!(Self {
            owned: LockedBy::new(&graph, none),
            graph,
            released <- new_condvar!("lunatik::Ownership"),
        })
    }

    /// Counts one who waits, or who does not any more.
    fn count_waiter(&self, graph: &mut Graph, change: isize) {
        let waiters = &mut self.owned.access_mut(graph).waiters;
        *waiters = waiters.saturating_add_signed(change);
    }

    /// Makes those who wait look up.
    fn notify(&self, graph: &Graph) {
        // Whoever waits was counted under the same lock.
        if self.owned.access(graph).waiters > 0 {
            self.released.notify_all();
        }
    }

    /// Makes `chain` the owner of `runtime`, waiting for its turn.
    ///
    /// `give_up` is asked after each wake-up; returning an error ends the wait.
    pub(super) fn acquire<'a>(
        runtime: ArcBorrow<'a, Runtime>,
        chain: &Arc<Chain>,
        mut give_up: impl FnMut() -> Result<(), EnterError>,
    ) -> Result<Owner<'a>, EnterError> {
        let this = runtime.ownership();
        let mut graph = this.graph.lock();
        loop {
            give_up()?;
            let owner = &mut this.owned.access_mut(&mut graph).owner;
            if owner.is_none() {
                *owner = Some(chain.clone());
                return Ok(Owner(runtime));
            }
            if this.leads_to(&graph, chain) {
                return Err(EnterError::Deadlock);
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

    /// Makes `chain` the owner of `runtime` if nobody is.
    pub(super) fn try_acquire<'a>(
        runtime: ArcBorrow<'a, Runtime>,
        chain: &Arc<Chain>,
    ) -> Option<Owner<'a>> {
        let this = runtime.ownership();
        let mut graph = this.graph.lock();
        let owner = &mut this.owned.access_mut(&mut graph).owner;
        if owner.is_some() {
            return None;
        }
        *owner = Some(chain.clone());
        Some(Owner(runtime))
    }

    /// Whether the owner is `chain` or waits, however indirectly, for what `chain` owns.
    ///
    /// Ends because the graph has no cycle: this function keeps them out.
    fn leads_to(&self, graph: &Graph, chain: &Chain) -> bool {
        let mut at = self;
        loop {
            let Some(owner) = &at.owned.access(graph).owner else {
                return false;
            };
            if ptr::eq(&**owner, chain) {
                return true;
            }
            match owner.waits_for.access(graph) {
                Some(runtime) => at = runtime.ownership(),
                None => return false,
            }
        }
    }

    /// Gives the ownership up, for [`Owner::release`].
    fn release(&self) {
        let mut graph = self.graph.lock();
        self.notify(&graph);
        let chain = self.owned.access_mut(&mut graph).owner.take();
        drop(graph);
        // Frees memory perhaps, so after unlocking.
        drop(chain);
    }

    /// The chain that owns the runtime now.
    pub(super) fn owner(&self) -> Option<Arc<Chain>> {
        let graph = self.graph.lock();
        self.owned.access(&graph).owner.clone()
    }

    /// Makes the owner look up, if it waits for another runtime.
    pub(super) fn wake_owner(&self) {
        let graph = self.graph.lock();
        if let Some(chain) = &self.owned.access(&graph).owner {
            if let Some(target) = chain.waits_for.access(&graph) {
                target.ownership().notify(&graph);
            }
        }
    }

    /// Waits until nobody owns the runtime, `jiffies` at most. Returns whether that is so.
    ///
    /// `None` is returned if a signal came.
    pub(super) fn wait_released(&self, mut jiffies: kernel::time::Jiffies) -> Option<bool> {
        let mut graph = self.graph.lock();
        loop {
            if self.owned.access(&graph).owner.is_none() {
                return Some(true);
            }
            self.count_waiter(&mut graph, 1);
            let woken = self
                .released
                .wait_interruptible_timeout(&mut graph, jiffies);
            self.count_waiter(&mut graph, -1);
            match woken {
                kernel::sync::CondVarTimeoutResult::Timeout => {
                    return Some(self.owned.access(&graph).owner.is_none());
                }
                kernel::sync::CondVarTimeoutResult::Woken { jiffies: left } => jiffies = left,
                kernel::sync::CondVarTimeoutResult::Signal { .. } => return None,
            }
        }
    }
}
