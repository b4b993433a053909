// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The run queue of one CPU, and the drainers that take from it.

use core::ptr;
use kernel::{
    new_spinlock,
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Full, Relaxed},
        Arc,
        SpinLock, //
    },
};

use super::{
    drainer::Drainer,
    queue::{Inbox, Pair},
    Shared, //
};
use crate::runtime::instance::Runtime;

/// The number of woken runtimes that go first before a computing runtime gets its turn.
const TURNS: u32 = 8;

struct Ready {
    /// Runtimes that were woken.
    woken: Pair,
    /// Runtimes that have used up a slice of time.
    expired: Pair,
    /// The number of woken runtimes that went first since the last expired one.
    turns: u32,
}

/// The run queue of one CPU.
///
/// At any time, at most one drainer holds the slot of the context. Only its holder takes runtimes
/// from the queue.
///
/// # Invariants
///
/// - While nobody holds the slot, `idle` is not empty.
/// - Only the code that has just taken the slot takes from `idle`.
#[pin_data]
pub(super) struct Context {
    /// The number of its worker.
    pub(super) number: u32,
    pub(super) cpu: u32,
    inbox: Inbox,
    /// As `inbox`, for runtimes that are bound to the worker.
    bound_inbox: Inbox,
    #[pin]
    ready: SpinLock<Ready>,
    /// The number of runtimes that are in the queue, or about to enter it.
    backlog: Atomic<usize>,
    /// The number of those that are bound. Never more than `backlog`.
    bound: Atomic<usize>,
    /// Whether the slot is held.
    taken: Atomic<bool>,
    /// Whether a runtime waits here while the drainer spends long on another one.
    overdue: Atomic<bool>,
    /// Idle drainers, linked through themselves.
    idle: Atomic<*mut Drainer>,
}

// SAFETY: All threads may use drainers.
unsafe impl Send for Context {}
// SAFETY: As above.
unsafe impl Sync for Context {}

impl Context {
    pub(super) fn new(number: u32, cpu: u32) -> impl PinInit<Self> {
        // INVARIANT: The caller adds a drainer before anybody else can use the context.
        pin_init!(Self {
            number,
            cpu,
            inbox: Inbox::new(),
            bound_inbox: Inbox::new(),
            ready <- new_spinlock!(Ready {
                woken: Pair::new(),
                expired: Pair::new(),
                turns: 0,
            }, "lunatik::pool::Context"),
            backlog: Atomic::new(0),
            bound: Atomic::new(0),
            taken: Atomic::new(false),
            overdue: Atomic::new(false),
            idle: Atomic::new(ptr::null_mut()),
        })
    }

    /// The number of runtimes that wait here for a thread.
    pub(super) fn backlog(&self) -> usize {
        self.backlog.load(Acquire)
    }

    /// Whether nobody holds the slot.
    pub(super) fn is_free(&self) -> bool {
        !self.taken.load(Acquire)
    }

    /// Adds a runtime that was woken. Returns the number of waiting runtimes. May be called in any
    /// context.
    pub(super) fn add(&self, runtime: Arc<Runtime>) -> usize {
        let backlog = self.backlog.fetch_add(1, Relaxed).wrapping_add(1);
        self.inbox.push(runtime);
        backlog
    }

    /// Adds a runtime that has used up its slice. The caller must hold no spin lock.
    pub(super) fn add_expired(&self, runtime: Arc<Runtime>) {
        self.backlog.fetch_add(1, Relaxed);
        self.ready.lock().expired.free.push(runtime);
    }

    /// As [`add`](Self::add), for a runtime that is bound to the worker.
    pub(super) fn add_bound(&self, runtime: Arc<Runtime>) {
        self.backlog.fetch_add(1, Relaxed);
        self.bound.fetch_add(1, Relaxed);
        self.bound_inbox.push(runtime);
    }

    /// As [`add_expired`](Self::add_expired), for a runtime that is bound to the worker. The thread
    /// may be that of another one.
    pub(super) fn add_bound_expired(&self, runtime: Arc<Runtime>) {
        // The addition is ordered before the caller's check whether the slot is held.
        self.backlog.fetch_add(1, Full);
        self.bound.fetch_add(1, Relaxed);
        self.ready.lock().expired.bound.push(runtime);
    }

    /// Stores that a runtime waits here too long, so that drainers of other contexts may take from
    /// the queue. May be called in any context.
    pub(super) fn set_overdue(&self) {
        self.overdue.store(true, Relaxed);
    }

    /// Takes the next runtime for the drainer of another context. Leaves a single one, which the
    /// drainer here is about to run, so that two runtimes that talk to each other stay on one CPU.
    /// Takes it nevertheless if it is overdue, or if nobody holds the slot. Never takes one that is
    /// bound.
    pub(super) fn steal(&self) -> Option<Arc<Runtime>> {
        let backlog = self.backlog.load(Relaxed);
        let backlog = backlog.saturating_sub(self.bound.load(Relaxed));
        let spare = backlog > 1 || (backlog == 1 && (self.overdue.load(Relaxed) || self.is_free()));
        spare.then(|| self.take(|pair| pair.free.pop())).flatten()
    }

    /// Takes the next runtime.
    pub(super) fn next(&self) -> Option<Arc<Runtime>> {
        if self.backlog() == 0 {
            return None;
        }
        self.take(Pair::pop)
    }

    /// Takes the next runtime that `pop` takes.
    fn take(&self, pop: impl Fn(&mut Pair) -> Option<Arc<Runtime>>) -> Option<Arc<Runtime>> {
        if self.overdue.load(Relaxed) {
            self.overdue.store(false, Relaxed);
        }
        let mut ready = self.ready.lock();
        ready.woken.free.append(&self.inbox);
        ready.woken.bound.append(&self.bound_inbox);
        let expired_first = ready.turns >= TURNS;
        let runtime = if expired_first {
            ready.turns = 0;
            pop(&mut ready.expired).or_else(|| pop(&mut ready.woken))
        } else {
            ready.turns = ready.turns.wrapping_add(1);
            pop(&mut ready.woken).or_else(|| {
                ready.turns = 0;
                pop(&mut ready.expired)
            })
        };
        drop(ready);
        if let Some(runtime) = &runtime {
            // Only its owner binds it, which is the caller now.
            if runtime.pooled().bound().is_some() {
                self.bound.fetch_sub(1, Relaxed);
            }
            self.backlog.fetch_sub(1, Relaxed);
        }
        runtime
    }

    /// Takes the slot, if nobody holds it. The exchange orders this after the caller's earlier
    /// accesses.
    pub(super) fn take_slot(&self) -> bool {
        !self.taken.xchg(true, Full)
    }

    /// Releases the slot. The holder must have ensured that there is an idle drainer. If runtimes
    /// are in the queue, an idle drainer is started for them.
    pub(super) fn release_slot(&self, shared: &Shared) {
        // The exchange orders this before the check of the queue. Code that adds to the queue first
        // adds, and then checks whether somebody holds the slot.
        self.taken.xchg(false, Full);
        if self.backlog() > 0 {
            self.kick(shared);
        }
    }

    /// Starts a drainer on the queue, if nobody holds the slot. May be called in any context.
    pub(super) fn kick(&self, shared: &Shared) {
        if self.is_free() && self.take_slot() {
            // By the type invariants there is an idle drainer.
            if let Some(drainer) = self.take_idle() {
                shared.queue_on(self.cpu, drainer);
            }
        }
    }

    /// Whether there is an idle drainer.
    pub(super) fn has_idle(&self) -> bool {
        !self.idle.load(Acquire).is_null()
    }

    /// Adds an idle drainer. May be called in any context.
    pub(super) fn add_idle(&self, drainer: &'static Drainer) {
        let drainer = ptr::from_ref(drainer).cast_mut();
        let mut head = self.idle.load(Relaxed);
        loop {
            // SAFETY: Drainers live as long as the pool, and the link of an idle drainer belongs to
            // the list.
            unsafe { (*drainer).next_idle.store(head, Relaxed) };
            match self.idle.cmpxchg(head, drainer, Full) {
                Ok(_) => return,
                Err(other) => head = other,
            }
        }
    }

    /// Takes an idle drainer. Only for code that has just taken the slot.
    fn take_idle(&self) -> Option<&'static Drainer> {
        let mut head = self.idle.load(Acquire);
        loop {
            // SAFETY: Drainers live as long as the pool.
            let drainer = unsafe { head.as_ref() }?;
            // Nobody else takes from the list. So others may be added in front of the first
            // drainer, but it stays in the list.
            match self
                .idle
                .cmpxchg(head, drainer.next_idle.load(Relaxed), Full)
            {
                Ok(_) => return Some(drainer),
                Err(other) => head = other,
            }
        }
    }
}
