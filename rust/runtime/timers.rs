// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The timers of a runtime. A runtime may have many.
//!
//! Timers are entries of a tree that is attached to the VM, and have no kernel timers of their own.
//! A runtime that waits for them uses the earliest timer as the deadline of its wait, so the
//! hrtimer of the wait serves all of them. The code that sets a timer knows its purpose.

use kernel::{
    prelude::*,
    rbtree::{RBTree, RBTreeNode},
    time::{Delta, Instant}, //
};

use super::{
    parking::{wait_ending, wait_until, Deadline, Ends, Waited},
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

/// The most timers that one runtime may have at a time.
pub(crate) const MAX_TIMERS: usize = 1 << 18;

/// The bytes that a timer counts: a node of the tree, rounded up as the allocator does.
const SIZE: usize = 64;

/// A timer: the time when it is due, and its number. If timers are due at the same time, the one
/// that was set first comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timer {
    /// When it is due, in nanoseconds on the monotonic clock.
    pub(crate) at: i64,
    /// Unique within one runtime.
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
    /// Calls `with` with the timers of the VM of `state`. `with` must not call Lua.
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

    /// Sets a timer of the runtime that executes `state`. May sleep for memory.
    ///
    /// Fails with `ENOSPC` if the runtime has too many timers, or with `ENOMEM`.
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

    /// Cancels a timer. Returns whether it was still set.
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

    /// Removes and returns the first timer that is due.
    fn take_due(&mut self) -> Option<Timer> {
        let first = self
            .earliest()
            .filter(|first| first.at <= clock::monotonic())?;
        self.remove(&first);
        Some(first)
    }

    /// Takes the first timer that is due, as if a wait had ended with it.
    pub(crate) fn take(state: State) -> Result<Option<Timer>> {
        Self::of(state, Self::take_due)
    }

    /// The number of timers that are set.
    pub(crate) fn count(state: State) -> Result<usize> {
        Self::of(state, |timers| timers.count)
    }
}

/// How a wait with timers has ended.
pub(crate) enum Next<T> {
    /// `attempt` has returned this.
    Done(T),
    /// This timer was due. It is no longer set.
    Due(Timer),
    /// As [`Waited::Ended`].
    Ended,
}

/// When the first timer is due.
fn deadline(state: State) -> Result<Deadline> {
    let earliest = Timers::of(state, |timers| timers.earliest())?;
    Ok(earliest.map(|first| {
        // OVERFLOW: The clock is below `i64::MAX / 2`, which is 146 years. A timer that is due
        // later is checked again then.
        let left = first
            .at
            .saturating_sub(clock::monotonic())
            .clamp(0, i64::MAX / 2);
        Instant::now() + Delta::from_nanos(left)
    }))
}

/// As [`wait_until`], at most until a timer of the runtime is due, which stays set.
pub(crate) fn wait_beside_timers<T>(
    state: State,
    may: MaySleep<'_>,
    attempt: impl FnMut() -> lua::Result<Option<T>>,
) -> lua::Result<Waited<T>> {
    wait_until(state, may, deadline(state)?, attempt)
}

/// Waits until `attempt` returns something or a timer of the runtime is due, for the native
/// function that was called with `state`; see [`wait_until`]. A result of `attempt` takes
/// precedence over a timer that is due.
pub(crate) fn wait_with_timers<T>(
    state: State,
    may: MaySleep<'_>,
    attempt: impl FnMut() -> lua::Result<Option<T>>,
) -> lua::Result<Next<T>> {
    wait_with_timers_ending(state, may, Ends::AtStop, attempt)
}

/// As [`wait_with_timers`]; `ends` says what ends the wait early, see [`wait_ending`].
pub(crate) fn wait_with_timers_ending<T>(
    state: State,
    may: MaySleep<'_>,
    ends: Ends,
    mut attempt: impl FnMut() -> lua::Result<Option<T>>,
) -> lua::Result<Next<T>> {
    loop {
        let deadline = deadline(state)?;
        match wait_ending(state, may, deadline, ends, &mut attempt)? {
            Waited::Done(value) => return Ok(Next::Done(value)),
            Waited::Ended { .. } => return Ok(Next::Ended),
            Waited::TimedOut => {
                if let Some(due) = Timers::of(state, Timers::take_due)? {
                    return Ok(Next::Due(due));
                }
                // The two clocks were read one after the other, so the timer is due in a moment.
            }
        }
    }
}
