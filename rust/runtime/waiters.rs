// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Runtimes whose code waits for a change of something that they share.
//!
//! A runtime that checks for something and does not find it is added to the list under the lock of
//! the check. A change is made under the same lock, and wakes the runtimes on the list:
//! [`Runtime::wake`] sets a token that the next wait of the runtime takes. If the check comes
//! before the change, the change finds the runtime on the list; if it comes after, it sees the
//! change. So no wake-up is lost.
//!
//! A runtime may have stopped waiting and still be on the list. To wake it is harmless. But because
//! of such entries a change wakes all runtimes on the list: a single one might not wait any more.

use core::mem;
use kernel::{
    prelude::*,
    sync::Arc, //
};

use super::instance::Runtime;

/// The most runtimes that may wait for the same thing at one time.
const MAX_WAITING: usize = 4096;

/// Beside the first of them.
const MAX_OTHERS: usize = MAX_WAITING - 1;

/// The runtimes that wait for one thing. The list lies in data that a lock guards. Dropping it
/// frees memory, so it is taken out of that data first.
///
/// # Invariants
///
/// If there is no `first`, there are no `others`.
#[derive(Default)]
pub(crate) struct Waiters {
    /// The first one, which needs no memory: for most things a single runtime waits.
    first: Option<Arc<Runtime>>,
    others: KVec<Arc<Runtime>>,
}

/// Memory for [`Waiters`], allocated with no lock held.
#[derive(Default)]
pub(crate) struct Spare(KVec<Arc<Runtime>>);

/// The result of [`Waiters::note`].
pub(crate) enum Noted {
    /// It will be woken.
    Yes,
    /// First, [`Spare::grow`] must make room for this many, with the lock released.
    NeedsRoom(usize),
    /// There are too many.
    TooMany,
}

impl Spare {
    /// Makes room for `count` runtimes. Sleeps.
    pub(crate) fn grow(&mut self, count: usize) -> Result {
        self.0 = KVec::with_capacity(count, GFP_KERNEL | __GFP_NOWARN)?;
        Ok(())
    }
}

impl Waiters {
    /// Notes that the code of `runtime` waits. Takes memory from `spare` if the list has no room.
    pub(crate) fn note(&mut self, runtime: &Arc<Runtime>, spare: &mut Spare) -> Noted {
        let is_known = |known: &Arc<Runtime>| Arc::ptr_eq(known, runtime);
        match &self.first {
            None => {
                self.first = Some(runtime.clone());
                return Noted::Yes;
            }
            Some(first) if is_known(first) => return Noted::Yes,
            Some(_) => (),
        }
        if self.others.iter().any(is_known) {
            return Noted::Yes;
        }
        let count = self.others.len();
        if count == self.others.capacity() || count >= MAX_OTHERS {
            let needed = count.saturating_add(1).next_power_of_two().min(MAX_OTHERS);
            if spare.0.capacity() < needed {
                return Noted::NeedsRoom(needed);
            }
            mem::swap(&mut self.others, &mut spare.0);
            // Runtimes that have ended are moved to `spare`, which is dropped with the lock
            // released.
            let others = &mut self.others;
            spare.0.retain(|known| {
                known.phase().is_over() || others.push_within_capacity(known.clone()).is_err()
            });
            if others.len() >= MAX_OTHERS {
                return Noted::TooMany;
            }
        }
        // There is room.
        let _ = self.others.push_within_capacity(runtime.clone());
        Noted::Yes
    }

    /// Takes all of them out, to be woken when the lock is released.
    #[inline]
    pub(crate) fn take(&mut self) -> Self {
        // Most changes find nobody.
        match self.first {
            None => Self::default(),
            Some(_) => mem::take(self),
        }
    }

    /// Wakes them. To be called with no lock held, in a context that may free memory.
    #[inline]
    pub(crate) fn wake(self) {
        if let Some(first) = &self.first {
            first.wake();
            for runtime in self.others.iter() {
                runtime.wake();
            }
        }
    }
}
