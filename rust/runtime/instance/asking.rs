// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Runtimes that are asked to end by themselves before their parent is stopped.

use kernel::{
    prelude::*,
    sync::Arc,
    time::msecs_to_jiffies, //
};

use super::{Kind, Runtime};
use crate::linux::context::MaySleep;

/// How a runtime is asked to end. It ends, or not, whenever its code likes.
pub(crate) trait Asked: Send + Sync {
    /// Asks it. Must not wait. May be called again.
    fn ask(&self);
}

impl Runtime {
    /// Has the runtime asked to end before its parent is stopped. Only for a runtime that was made just
    /// now.
    pub(crate) fn set_asked(&self, asked: Arc<dyn Asked>) {
        self.asked.populate(asked);
        let details = self.details.lock();
        if let Some(child) = &details.child {
            child.parent.children.note_asked();
        }
    }

    /// Has an actor told to stop before its parent ends, so that it can clean up while the parent's log
    /// is there. Only for an actor that was made just now.
    pub(crate) fn set_stops_with_parent(&self) {
        if let Some(parent) = self.parent() {
            parent.children.note_asked();
        }
    }

    /// Whether it has actors that have not ended. Each wakes it when it ends.
    pub(crate) fn has_actors(&self) -> bool {
        self.children.has_actors()
    }

    /// Asks it to end, or tells it to stop, if it is one for which the stop of the parent waits. Returns
    /// whether it is.
    ///
    /// Not inlined, because the check of the stack knows this function by its name.
    #[inline(never)]
    fn ask(&self) -> bool {
        if let Some(asked) = self.asked.as_ref() {
            asked.ask();
            return true;
        }
        let is_actor = self.kind == Kind::Actor;
        if is_actor {
            self.request_stop();
        }
        is_actor
    }

    /// Tells its actors to stop, after it was told itself.
    pub(crate) fn stop_actors(&self) {
        let mut id = 0;
        while let Some(child) = self.children.next_asked(id) {
            id = child.id;
            if child.kind == Kind::Actor {
                child.request_stop();
            }
        }
    }

    /// Ends the code of its actors: they have had their grace.
    fn kill_actors(&self, tidy_ms: u32) {
        let mut id = 0;
        while let Some(child) = self.children.next_asked(id) {
            id = child.id;
            if child.kind == Kind::Actor {
                child.kill(tidy_ms);
            }
        }
    }

    /// Asks its children to end that are to be asked, and waits until all of them have, as long as
    /// `left` says that milliseconds are left. They have the same time, however many there are. If there
    /// are actors among them, this runtime is told to stop at the same time. Actors that have not ended then
    /// are killed. Closing methods and finalizers of all of them get `tidy_ms`.
    ///
    /// Fails with `EINTR` if a signal comes, or if `caller` is told to stop.
    pub(super) fn ask_children(
        &self,
        may: MaySleep<'_>,
        caller: Option<&Self>,
        left: &impl Fn() -> u32,
        tidy_ms: u32,
    ) -> Result {
        /// How often the wait checks whether the caller itself has to end, in milliseconds.
        const LOOK_UP_MS: u32 = 10;

        // First: once they are told, they may end at any time.
        let mut id = 0;
        while let Some(child) = self.children.next_asked(id) {
            id = child.id;
            child.ended_waits.raise_grace(tidy_ms);
        }
        if self.has_actors() {
            // Before they are asked: each actor looks here, too, before it takes what others have caused
            // by their stop.
            self.request_stop();
        }
        let mut id = 0;
        while let Some(child) = self.children.next_asked(id) {
            id = child.id;
            child.ask();
        }
        let mut id = 0;
        while let Some(child) = self.children.next_asked(id) {
            id = child.id;
            // It may have been made since the others were asked.
            child.ended_waits.raise_grace(tidy_ms);
            if !child.ask() {
                continue;
            }
            loop {
                let slice = left().min(LOOK_UP_MS);
                if slice == 0 {
                    self.kill_actors(tidy_ms);
                    return Ok(());
                }
                let jiffies = msecs_to_jiffies(slice);
                // The program of a runtime owns it from its begin to its end.
                if child.ownership.wait_released(may, jiffies).ok_or(EINTR)? {
                    break;
                }
                if let Some(caller) = caller.filter(|caller| caller.waits_end()) {
                    caller.end_waiter();
                    return Err(EINTR);
                }
            }
        }
        Ok(())
    }
}
