// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What keeps a script alive after its chunk has returned, and how it ends when nothing keeps it
//! any more.
//!
//! A script that was started by `run` stays for everything that can call its code later:
//!
//! - a device that it made;
//! - a worker of it, until that has ended;
//! - a kernel thread that runs a function for it: of `llthreads2`, or of a child runtime;
//! - a device, worker or thread of a child runtime or of a worker, however far below;
//! - the function that it left to be resumed, which others find by the script's name.
//!
//! All but the last are counted, each by a [`Keep`]. The script ends when no thread executes it and
//! nothing keeps it. The last thread that leaves it ends it; if the last [`Keep`] goes while no
//! thread executes it, the reaper does.

use kernel::sync::{
    atomic::{Acquire, Atomic, Full, Release},
    Arc,
    ArcBorrow, //
};

use super::{
    super::{
        chain::{Owner, Ownership},
        reaper, //
    },
    Entered,
    Runtime, //
};

/// What keeps one runtime.
pub(super) struct Staying {
    /// The runtime that stays as long as something keeps this one: the topmost of its makers, so
    /// that a drop never follows a chain of references. `None` if no other runtime has made this
    /// one.
    top: Option<Arc<Runtime>>,
    /// How many [`Keep`]s there are, and how many of those are in a [`KeepOfActor`].
    keeps: Atomic<usize>,
    actors: Atomic<usize>,
    /// Whether its chunk has returned, so that the runtime stays only while something keeps it.
    stays: Atomic<bool>,
    /// Whether its text was compiled, so that its chunk has begun.
    ran: Atomic<bool>,
    /// Whether it had finished before anybody told it to stop.
    ended_by_itself: Atomic<bool>,
}

impl Staying {
    /// The state of a runtime that `made_by` has made, if any.
    pub(super) fn new(made_by: Option<&Arc<Runtime>>) -> Self {
        let top = made_by.map(|maker| match &maker.staying.top {
            Some(top) => top.clone(),
            None => maker.clone(),
        });
        Self {
            top,
            keeps: Atomic::new(0),
            actors: Atomic::new(0),
            stays: Atomic::new(false),
            ran: Atomic::new(false),
            ended_by_itself: Atomic::new(false),
        }
    }
}

/// Keeps a runtime alive, or the topmost of its makers.
pub(crate) struct Keep(Arc<Runtime>);

impl Keep {
    /// Counts something of `runtime` that can call its code, or the code of its makers.
    pub(crate) fn new(runtime: &Arc<Runtime>) -> Self {
        let top = runtime.staying.top.as_ref().unwrap_or(runtime);
        top.staying.keeps.fetch_add(1, Full);
        Self(top.clone())
    }
}

/// A [`Keep`] for an actor, which calls no code of the script.
pub(crate) struct KeepOfActor(Keep);

impl KeepOfActor {
    /// Counts the actor `runtime`.
    pub(crate) fn new(runtime: &Arc<Runtime>) -> Self {
        let keep = Keep::new(runtime);
        keep.0.staying.actors.fetch_add(1, Full);
        Self(keep)
    }
}

impl Drop for KeepOfActor {
    fn drop(&mut self) {
        let Keep(runtime) = &self.0;
        runtime.staying.actors.fetch_sub(1, Full);
    }
}

impl Drop for Keep {
    fn drop(&mut self) {
        let staying = &self.0.staying;
        let was_last = staying.keeps.fetch_sub(1, Full) == 1;
        // A thread that executes the runtime checks this when it leaves.
        if was_last && staying.stays.load(Acquire) && !self.0.stop_requested() {
            reaper::settle(self.0.clone());
        }
    }
}

impl Runtime {
    /// Whether its chunk has not returned yet, or a [`Keep`] is counted. In any context.
    ///
    /// A thread that leaves the runtime checks again after it has left, and the reaper runs after
    /// the last [`Keep`] has gone. So either that thread sees that the [`Keep`] is gone, or the
    /// reaper finds that the runtime was left.
    pub(super) fn is_kept(&self) -> bool {
        !self.staying.stays.load(Acquire) || self.staying.keeps.load(Acquire) > 0
    }

    /// Whether something other than actors keeps it, which may call its code later.
    pub(crate) fn is_kept_for_calls(&self) -> bool {
        // An actor that is made or ends now can only make this true for a moment.
        let actors = self.staying.actors.load(Acquire);
        self.staying.keeps.load(Acquire) > actors
    }

    /// Ends the runtime if nothing keeps it and no thread executes it. Only for the reaper. Sleeps.
    pub(crate) fn settle(self: ArcBorrow<'_, Self>) {
        if self.is_kept() {
            return;
        }
        if let Some(owner) = Ownership::try_acquire(self, self.ending_chain()) {
            // Checks again, as every thread does when it leaves a runtime.
            drop(Entered::of_owner(owner));
        }
    }

    /// Whether it has an outcome to show: its chunk has begun, or could not begin because of an
    /// error in the script.
    pub(in super::super) fn has_outcome(&self) -> bool {
        self.staying.ran.load(Acquire) || self.failure().is_some()
    }

    /// Whether it was told to stop before it had ended by itself.
    pub(crate) fn was_stopped(&self) -> bool {
        self.stop_requested() && !self.staying.ended_by_itself.load(Acquire)
    }

    /// Ends it because it has finished. Only for its owner.
    pub(super) fn end_by_itself(&self) {
        if !self.stop_requested() {
            self.staying.ended_by_itself.store(true, Release);
        }
        self.request_stop();
    }

    /// Notes that its chunk begins.
    pub(super) fn note_run(&self) {
        self.staying.ran.store(true, Release);
    }
}

impl Owner<'_> {
    /// Whether the runtime has no more to do.
    pub(super) fn has_nothing_left(&self) -> bool {
        !self.runtime().is_kept() && self.vm().is_none_or(|vm| vm.body().is_none())
    }
}

impl Entered<'_> {
    /// The chunk has returned. From now on the runtime stays only while something keeps it.
    pub(crate) fn stay_while_kept(&self) {
        // A full barrier: either a `Keep` that is dropped now sees this change, or this thread sees
        // that the `Keep` is gone.
        self.staying.stays.xchg(true, Full);
    }
}
