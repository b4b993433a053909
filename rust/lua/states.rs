// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! How many states there are, for what may only change while there is none, or one.

use kernel::{
    prelude::*,
    sync::atomic::{Atomic, Full, Relaxed}, //
};

/// Nobody may make a state.
const CLOSED: usize = 1 << (usize::BITS - 1);
/// Nobody may make a second state.
const ONE: usize = CLOSED >> 1;
/// What of the word is the count.
const COUNT: usize = ONE - 1;

/// The number of states, with the flags above.
static STATES: Atomic<usize> = Atomic::new(0);

/// Counts a state that is to be made. `EBUSY` if none may be made now.
pub(super) fn count() -> Result {
    let mut states = STATES.load(Relaxed);
    loop {
        if states & CLOSED != 0 || (states & ONE != 0 && states & COUNT != 0) {
            return Err(EBUSY);
        }
        match STATES.cmpxchg(states, states.wrapping_add(1), Full) {
            Ok(_) => return Ok(()),
            Err(other) => states = other,
        }
    }
}

/// A state that was counted is gone, or was not made.
pub(super) fn uncount() {
    STATES.fetch_sub(1, Full);
}

/// While this lives, states are kept from being made.
pub(super) struct Kept(usize);

impl Kept {
    fn new(states: usize, flag: usize) -> Result<Self> {
        match STATES.cmpxchg(states, states | flag, Full) {
            Ok(_) => Ok(Self(flag)),
            Err(_) => Err(EBUSY),
        }
    }

    /// Where there is no state, keeps all from being made. `EBUSY` if there is one.
    pub(super) fn none() -> Result<Self> {
        Self::new(0, CLOSED)
    }

    /// Where there is one state only, keeps others from being made. `EBUSY` if there are more, or none.
    pub(super) fn only_one() -> Result<Self> {
        Self::new(1, CLOSED)
    }

    /// Where there is no state, keeps all from being made but one at a time. `EBUSY` if there is one.
    pub(super) fn one_at_a_time() -> Result<Self> {
        Self::new(0, ONE)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        STATES.fetch_sub(self.0, Full);
    }
}
