// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What keeps a script whose chunk has returned, and its end when nothing does any more.
//!
//! A script that was started by `run` stays for what can call its code later:
//!
//! - a device that it made;
//! - a worker of it, until that has ended;
//! - a kernel thread that runs a function for it: of `llthreads2`, or of a child runtime;
//! - a device, worker or thread of a child runtime or of a worker, however far below;
//! - the function that it left to be resumed, which others find by the script's name.
//!
//! All but the last are counted, by a [`Keep`] each. The script ends when it is left and nothing
//! keeps it: in the thread that leaves it, or by the reaper when the last [`Keep`] goes while
//! nobody executes it.

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
    /// The runtime that stays for what this one has: the one at the top of its makers, so that no
    /// chain of references is left to be dropped. `None` if no other runtime has made it.
    top: Option<Arc<Runtime>>,
    /// How many [`Keep`]s there are.
    keeps: Atomic<usize>,
    /// Whether its chunk has returned, and it stays for what keeps it, and no longer.
    stays: Atomic<bool>,
    /// Whether its text was compiled, so that its chunk has begun.
    ran: Atomic<bool>,
}

impl Staying {
    /// Of a runtime that `made_by` has made, if any.
    pub(super) fn new(made_by: Option<&Arc<Runtime>>) -> Self {
        let top = made_by.map(|maker| match &maker.staying.top {
            Some(top) => top.clone(),
            None => maker.clone(),
        });
        Self {
            top,
            keeps: Atomic::new(0),
            stays: Atomic::new(false),
            ran: Atomic::new(false),
        }
    }
}

/// Something that keeps a runtime, or the one at the top of those that have made it.
pub(crate) struct Keep(Arc<Runtime>);

impl Keep {
    /// Something of `runtime` that can call its code, or that of those that have made it.
    pub(crate) fn new(runtime: &Arc<Runtime>) -> Self {
        let top = runtime.staying.top.as_ref().unwrap_or(runtime);
        top.staying.keeps.fetch_add(1, Full);
        Self(top.clone())
    }
}

impl Drop for Keep {
    fn drop(&mut self) {
        let staying = &self.0.staying;
        let was_last = staying.keeps.fetch_sub(1, Full) == 1;
        // A thread that executes the runtime looks when it leaves.
        if was_last && staying.stays.load(Acquire) && !self.0.stop_requested() {
            reaper::settle(self.0.clone());
        }
    }
}

impl Runtime {
    /// Whether its chunk has not returned, or something is counted that keeps it. In any context.
    ///
    /// A thread that leaves the runtime asks again after it has, and the reaper runs after the last
    /// [`Keep`] has gone. So either that thread sees it gone, or the reaper finds the runtime left.
    pub(super) fn is_kept(&self) -> bool {
        !self.staying.stays.load(Acquire) || self.staying.keeps.load(Acquire) > 0
    }

    /// Ends the runtime if nothing keeps it and nobody executes it. For the reaper alone; sleeps.
    pub(crate) fn settle(self: ArcBorrow<'_, Self>) {
        if self.is_kept() {
            return;
        }
        if let Some(owner) = Ownership::try_acquire(self, self.ending_chain()) {
            // Looks again, as every thread does that leaves a runtime.
            drop(Entered::of_owner(owner));
        }
    }

    /// Whether it has an outcome to show: its chunk has begun, or could not for its own fault.
    pub(in super::super) fn has_outcome(&self) -> bool {
        self.staying.ran.load(Acquire) || self.failure().is_some()
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
    /// The chunk has returned: from now on the runtime stays for what keeps it, and no longer.
    pub(crate) fn stay_while_kept(&self) {
        // A full barrier: either a `Keep` that goes now sees this, or this thread sees it gone.
        self.staying.stays.xchg(true, Full);
    }
}
