// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Timers of a runtime, of which it may have many.
//!
//! Timers are entries of a tree that is attached to the VM, without timers of the kernel. A runtime that waits for them
//! takes the earliest one as the deadline of its wait, whose hrtimer serves all of them. The system that sets a timer
//! knows what it is for.

use kernel::{
    prelude::*,
    rbtree::{RBTree, RBTreeNode},
    time::{Delta, Instant}, //
};

use super::{
    parking::{wait_until, Waited},
    vm::Vm, //
};
use crate::{
    linux::{
        account::Charge,
        clock,
        context::MaySleep, //
    },
    lua::{self, State},
};

/// Timers that one runtime may have at a time.
pub(crate) const MAX_TIMERS: usize = 1 << 18;

/// Bytes that a timer counts: a node of the tree, as the allocator rounds it up.
const SIZE: usize = 64;

/// A timer: when it is due, and its number. Of those that are due at the same time, the one that was set first comes
/// first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timer {
    /// On the monotonic clock, in nanoseconds.
    pub(crate) at: i64,
    /// No two of one runtime have the same.
    pub(crate) number: u64,
}

/// The timers of one VM.
pub(crate) struct Timers {
    tree: RBTree<Timer, ()>,
    last: u64,
    count: usize,
    charge: Charge,
}

impl Timers {
    /// Calls `with` with the timers of the VM of `state`. It must not call Lua.
    fn of<R>(state: State, with: impl FnOnce(&mut Self) -> R) -> Result<R> {
        let make = || {
            Ok(Self {
                tree: RBTree::new(),
                last: 0,
                count: 0,
                charge: Charge::to(Vm::runtime_of(state).account()),
            })
        };
        Vm::with_attachment(state, make, with)
    }

    /// Sets a timer of the runtime that executes `state`. Sleeps for memory.
    ///
    /// Fails with `ENOSPC` if it has too many, or with `ENOMEM`.
    pub(crate) fn set(state: State, at: i64) -> Result<Timer> {
        Self::of(state, |timers| {
            if timers.count >= MAX_TIMERS {
                return Err(ENOSPC);
            }
            let counted = timers.charge.bytes();
            timers.charge.set(counted.saturating_add(SIZE))?;
            let timer = Timer {
                at,
                number: timers.last.wrapping_add(1),
            };
            match RBTreeNode::new(timer, (), GFP_KERNEL_ACCOUNT | __GFP_NOWARN) {
                Ok(node) => drop(timers.tree.insert(node)),
                Err(error) => {
                    timers.charge.set_anyway(counted);
                    return Err(error);
                }
            }
            timers.last = timer.number;
            timers.count = timers.count.saturating_add(1);
            Ok(timer)
        })?
    }

    /// Takes a timer back. Returns whether it was set still.
    pub(crate) fn cancel(state: State, timer: Timer) -> Result<bool> {
        Self::of(state, |timers| timers.remove(&timer))
    }

    fn remove(&mut self, timer: &Timer) -> bool {
        let removed = self.tree.remove(timer).is_some();
        if removed {
            self.count = self.count.saturating_sub(1);
            let left = self.charge.bytes().saturating_sub(SIZE);
            self.charge.set_anyway(left);
        }
        removed
    }

    /// The timer that is due first.
    fn earliest(&self) -> Option<Timer> {
        self.tree.cursor_front().map(|first| *first.current().0)
    }

    /// Takes the first of the timers that are due.
    fn take_due(&mut self) -> Option<Timer> {
        let first = self
            .earliest()
            .filter(|first| first.at <= clock::monotonic())?;
        self.remove(&first);
        Some(first)
    }

    /// How many there are.
    pub(crate) fn count(state: State) -> Result<usize> {
        Self::of(state, |timers| timers.count)
    }
}

/// What a wait has ended with that minds timers.
pub(crate) enum Next<T> {
    /// What it was for.
    Done(T),
    /// A timer, which is not set any more.
    Due(Timer),
    /// As [`Waited::Ended`].
    Ended,
}

/// Waits until `attempt` returns something or a timer of the runtime is due, for the native function that was called
/// with `state`; see [`wait_until`]. What is there comes before a timer.
pub(crate) fn wait_with_timers<T>(
    state: State,
    may: MaySleep<'_>,
    mut attempt: impl FnMut() -> lua::Result<Option<T>>,
) -> lua::Result<Next<T>> {
    loop {
        let earliest = Timers::of(state, |timers| timers.earliest())?;
        let deadline = earliest.map(|first| {
            // OVERFLOW: The clock shows less than this, which is 146 years. What is due later is looked at then.
            let left = first
                .at
                .saturating_sub(clock::monotonic())
                .clamp(0, i64::MAX / 2);
            Instant::now() + Delta::from_nanos(left)
        });
        match wait_until(state, may, deadline, &mut attempt)? {
            Waited::Done(value) => return Ok(Next::Done(value)),
            Waited::Ended { .. } => return Ok(Next::Ended),
            Waited::TimedOut => {
                if let Some(due) = Timers::of(state, Timers::take_due)? {
                    return Ok(Next::Due(due));
                }
                // The two clocks were read one after the other: it is due in a moment.
            }
        }
    }
}
