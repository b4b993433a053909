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
    queue::{Fifo, Inbox},
    Shared, //
};
use crate::runtime::instance::Runtime;

/// The number of woken runtimes that go first before a computing runtime gets its turn.
const TURNS: u32 = 8;

struct Ready {
    /// Runtimes that were woken.
    woken: Fifo,
    /// Runtimes that have used up a slice of time.
    expired: Fifo,
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
    pub(super) cpu: u32,
    inbox: Inbox,
    #[pin]
    ready: SpinLock<Ready>,
    /// The number of runtimes that are in the queue, or about to enter it.
    backlog: Atomic<usize>,
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
    pub(super) fn new(cpu: u32) -> impl PinInit<Self> {
        // INVARIANT: The caller adds a drainer before anybody else can use the context.
        pin_init!(Self {
            cpu,
            inbox: Inbox::new(),
            ready <- new_spinlock!(Ready {
                woken: Fifo::new(),
                expired: Fifo::new(),
                turns: 0,
            }, "lunatik::pool::Context"),
            backlog: Atomic::new(0),
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
        self.ready.lock().expired.push(runtime);
    }

    /// Stores that a runtime waits here too long, so that drainers of other contexts may take from
    /// the queue. May be called in any context.
    pub(super) fn set_overdue(&self) {
        self.overdue.store(true, Relaxed);
    }

    /// Takes the next runtime for the drainer of another context. Leaves a single one, which the
    /// drainer here is about to run, so that two runtimes that talk to each other stay on one CPU.
    /// Takes it nevertheless if it is overdue, or if nobody holds the slot.
    pub(super) fn steal(&self) -> Option<Arc<Runtime>> {
        let backlog = self.backlog.load(Relaxed);
        let spare = backlog > 1 || (backlog == 1 && (self.overdue.load(Relaxed) || self.is_free()));
        spare.then(|| self.next()).flatten()
    }

    /// Takes the next runtime.
    pub(super) fn next(&self) -> Option<Arc<Runtime>> {
        if self.backlog() == 0 {
            return None;
        }
        if self.overdue.load(Relaxed) {
            self.overdue.store(false, Relaxed);
        }
        let mut ready = self.ready.lock();
        ready.woken.append(&self.inbox);
        let expired_first = ready.turns >= TURNS;
        let runtime = if expired_first {
            ready.turns = 0;
            ready.expired.pop().or_else(|| ready.woken.pop())
        } else {
            ready.turns = ready.turns.wrapping_add(1);
            ready.woken.pop().or_else(|| {
                ready.turns = 0;
                ready.expired.pop()
            })
        };
        drop(ready);
        if runtime.is_some() {
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
