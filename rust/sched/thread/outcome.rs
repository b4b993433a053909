// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What threads keep of how they have ended.
//!
//! Results may refer to threads, whose results may refer to others. If they led back to the thread that
//! keeps them, each would keep the next one for ever. So a thread whose results lead back to it keeps none: as
//! the last one of a circle that ends finds the whole of it, there is no circle.
//!
//! Lock order: [`WALKS`], then `Thread::end`, which is a leaf.

use kernel::{
    new_mutex,
    prelude::*,
    sync::{
        Arc,
        Mutex,
        UniqueArc, //
    },
};

use super::Thread;
use crate::{
    linux::global::{Global, Installed},
    runtime::{
        instance::Failure,
        message::Message,
        waiters::Waiters, //
    },
};

/// How a thread has ended.
#[derive(Clone)]
pub(crate) enum Outcome {
    /// Its function has returned these values.
    Returned(Arc<Message>),
    /// Its function has raised an error.
    Failed(Arc<Failure>),
}

/// The end of a thread.
#[derive(Default)]
pub(super) struct End {
    /// Set once, before the task is taken away.
    outcome: Option<Outcome>,
    /// Set last of all.
    ended: bool,
    /// Who waits for that.
    joiners: Waiters,
    /// The next thread that is to be dropped; see [`drop_all`].
    next: Option<Pin<UniqueArc<Thread>>>,
    /// The last walk that has come here.
    walk: u64,
    /// The next thread that this walk is to look at.
    ahead: Option<Arc<Thread>>,
}

impl End {
    /// Whether the thread has ended.
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Who waits for the end of the thread.
    pub(super) fn joiners(&mut self) -> &mut Waiters {
        &mut self.joiners
    }

    /// Notes that the thread has ended. Returns who is to be woken when the lock is released.
    pub(super) fn set_ended(&mut self) -> Waiters {
        self.ended = true;
        self.joiners.take()
    }

    /// How the thread has ended; `None` if it has not, or has kept nothing.
    pub(super) fn outcome(&self) -> Option<Outcome> {
        self.outcome.clone()
    }

    /// Takes the outcome of a thread that is being dropped.
    pub(super) fn take_outcome(&mut self) -> Option<Outcome> {
        self.outcome.take()
    }
}

/// The number of the last walk.
static WALKS: Global<Mutex<u64>> = Global::new();

/// Must be held by the module while threads may run: without it none keeps how it has ended.
pub(crate) struct Walks {
    _walks: Installed<Mutex<u64>>,
}

impl Walks {
    /// Prepares the lock of the walks.
    pub(crate) fn new() -> Result<Self> {
        let lock = new_mutex!(0, "lunatik::Walks");
        Ok(Self {
            _walks: WALKS.set(Arc::pin_init(lock, GFP_KERNEL)?)?,
        })
    }
}

/// Has the thread keep how it has ended, but no results that lead back to it.
pub(super) fn keep(thread: &Thread, outcome: Option<Outcome>) {
    let Some(walks) = WALKS.get() else {
        return drop_all(outcome);
    };
    let mut walk = walks.lock();
    *walk = walk.wrapping_add(1);
    let refused = match outcome {
        Some(Outcome::Returned(values)) if leads_to(&values, thread, *walk) => {
            Some(Outcome::Returned(values))
        }
        outcome => {
            thread.end.lock().outcome = outcome;
            None
        }
    };
    drop(walk);
    drop_all(refused);
}

/// Whether the values refer to the thread, by themselves or by the results of others.
///
/// To be called with [`WALKS`] held, so that no other thread gets an outcome meanwhile. What is looked at is
/// kept by `values`, so none of the references that are dropped here is the last one.
fn leads_to(values: &Message, thread: &Thread, walk: u64) -> bool {
    let mut ahead = None;
    let mut found = look_at(values, thread, walk, &mut ahead);
    while let Some(other) = ahead {
        let mut end = other.end.lock();
        ahead = end.ahead.take();
        // Once it is found the rest of the list is only taken apart.
        let outcome = if found { None } else { end.outcome() };
        drop(end);
        if let Some(Outcome::Returned(values)) = outcome {
            found = look_at(&values, thread, walk, &mut ahead);
        }
    }
    found
}

/// Whether the values themselves refer to the thread. Puts the others that this walk has not seen yet on
/// the list.
fn look_at(values: &Message, thread: &Thread, walk: u64, ahead: &mut Option<Arc<Thread>>) -> bool {
    let mut found = false;
    for handle in values.handles() {
        let Some(other) = handle.get::<Thread>() else {
            continue;
        };
        if core::ptr::eq(&*other, thread) {
            found = true;
            continue;
        }
        let own = other.clone();
        let mut end = other.end.lock();
        if end.walk != walk {
            end.walk = walk;
            end.ahead = ahead.take();
            *ahead = Some(own);
        }
    }
    found
}

/// Drops an outcome, and with it each thread that only it refers to.
///
/// Values may refer to a thread whose values refer to the next one, and so on without end. So this is a loop:
/// threads that are to be dropped are linked to each other, which needs no memory, and each loses its
/// outcome before it is dropped.
pub(super) fn drop_all(first: Option<Outcome>) {
    let mut outcome = first;
    let mut unused: Option<Pin<UniqueArc<Thread>>> = None;
    loop {
        if let Some(Outcome::Returned(values)) = outcome {
            for handle in Message::into_handles(values) {
                // All others are dropped here: they lead to no thread that has ended.
                if let Ok(thread) = handle.into_inner::<Thread>() {
                    if let Some(thread) = Arc::into_unique_or_drop(thread) {
                        thread.end.lock().next = unused;
                        unused = Some(thread);
                    }
                }
            }
        }
        let Some(thread) = unused else {
            return;
        };
        let mut end = thread.end.lock();
        unused = end.next.take();
        outcome = end.outcome.take();
        drop(end);
    }
}
