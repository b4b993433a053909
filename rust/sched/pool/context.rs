// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The run queue of one CPU, and who takes from it.

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

/// So many runtimes that were woken go first before one that computes gets its turn.
const TURNS: u32 = 8;

struct Ready {
    /// Those that were woken.
    woken: Fifo,
    /// Those that have used up a slice of time.
    expired: Fifo,
    /// Woken ones that went first since the last expired one.
    turns: u32,
}

/// The run queue of one CPU.
///
/// At any time one drainer at most has the slot of the context: that is, takes from the queue.
///
/// # Invariants
///
/// - While nobody has the slot, `idle` is not empty.
/// - Only who has just taken the slot takes from `idle`.
#[pin_data]
pub(super) struct Context {
    pub(super) cpu: u32,
    inbox: Inbox,
    #[pin]
    ready: SpinLock<Ready>,
    /// Runtimes in the queue, or about to be.
    backlog: Atomic<usize>,
    /// Whether a drainer has the slot.
    taken: Atomic<bool>,
    /// Whether somebody waits here while the drainer is long with another one.
    overdue: Atomic<bool>,
    /// Drainers that do nothing, linked through themselves.
    idle: Atomic<*mut Drainer>,
}

// SAFETY: Drainers may be used by all threads.
unsafe impl Send for Context {}
// SAFETY: As above.
unsafe impl Sync for Context {}

impl Context {
    pub(super) fn new(cpu: u32) -> impl PinInit<Self> {
        // INVARIANT: The caller adds a drainer before anybody else knows the context.
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

    /// How many runtimes wait here for a thread.
    pub(super) fn backlog(&self) -> usize {
        self.backlog.load(Acquire)
    }

    /// Whether nobody takes from the queue.
    pub(super) fn is_free(&self) -> bool {
        !self.taken.load(Acquire)
    }

    /// Adds a runtime that was woken. Returns how many wait now. In any context.
    pub(super) fn add(&self, runtime: Arc<Runtime>) -> usize {
        let backlog = self.backlog.fetch_add(1, Relaxed).wrapping_add(1);
        self.inbox.push(runtime);
        backlog
    }

    /// Adds a runtime that has used up its slice. Only in a context that holds no spin lock.
    pub(super) fn add_expired(&self, runtime: Arc<Runtime>) {
        self.backlog.fetch_add(1, Relaxed);
        self.ready.lock().expired.push(runtime);
    }

    /// Who waits here waits too long: others may take from the queue. In any context.
    pub(super) fn set_overdue(&self) {
        self.overdue.store(true, Relaxed);
    }

    /// Takes the next runtime for the drainer of another context, if there are more than the one that
    /// the drainer here is about to run: two that talk to each other stay on one CPU.
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

    /// Takes the slot, if nobody has it. The exchange orders this after what the caller did before.
    pub(super) fn take_slot(&self) -> bool {
        !self.taken.xchg(true, Full)
    }

    /// Gives the slot up, whose holder has seen to it that there is an idle drainer. What has come
    /// into the queue is seen to.
    pub(super) fn release_slot(&self, shared: &Shared) {
        // The exchange orders this before the look at the queue: who adds to it looks later whether
        // somebody has the slot.
        self.taken.xchg(false, Full);
        if self.backlog() > 0 {
            self.kick(shared);
        }
    }

    /// Has a drainer take from the queue, if none does. In any context.
    pub(super) fn kick(&self, shared: &Shared) {
        if self.is_free() && self.take_slot() {
            // By the type invariants there is one.
            if let Some(drainer) = self.take_idle() {
                shared.queue_on(self.cpu, drainer);
            }
        }
    }

    /// Whether there is an idle drainer.
    pub(super) fn has_idle(&self) -> bool {
        !self.idle.load(Acquire).is_null()
    }

    /// Adds an idle drainer. In any context.
    pub(super) fn add_idle(&self, drainer: &'static Drainer) {
        let drainer = ptr::from_ref(drainer).cast_mut();
        let mut head = self.idle.load(Relaxed);
        loop {
            // SAFETY: Drainers live as long as the pool does, and the link of an idle one is the
            // list's.
            unsafe { (*drainer).next_idle.store(head, Relaxed) };
            match self.idle.cmpxchg(head, drainer, Full) {
                Ok(_) => return,
                Err(other) => head = other,
            }
        }
    }

    /// Takes an idle drainer. For who has just taken the slot.
    fn take_idle(&self) -> Option<&'static Drainer> {
        let mut head = self.idle.load(Acquire);
        loop {
            // SAFETY: Drainers live as long as the pool does.
            let drainer = unsafe { head.as_ref() }?;
            // Nobody else takes, so the first may get others in front but stays in the list.
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
