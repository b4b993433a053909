// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! One function of a runtime that a hook calls.

use kernel::{
    prelude::*,
    sync::atomic::{Acquire, Atomic, Full, Relaxed, Release}, //
};

use super::{
    tally::Tally,
    trouble::{Reason, Trouble}, //
};
use crate::lua::Reference;

/// Whether the function of a slot is called.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum State {
    /// It is.
    On,
    /// The script has switched it off.
    Off,
    /// It was disabled, for this reason.
    Disabled(Reason),
    /// The script has stopped it for good.
    Stopped,
}

const ON: u32 = 0;
const OFF: u32 = 4;
const STOPPED: u32 = 5;

/// A function that a hook calls, and what came of that.
pub(crate) struct Slot {
    /// For logs and status.
    name: KVec<u8>,
    /// What tells its hook from all others of the script.
    key: KVec<u8>,
    /// Its place among those of its runtime.
    number: usize,
    function: Reference,
    /// What it gets as its argument.
    argument: Reference,
    state: Atomic<u32>,
    /// Whether it was told that the function is disabled.
    told: Atomic<bool>,
    tally: Tally,
    pub(super) trouble: Trouble,
}

impl Slot {
    /// A slot with the name `name`, whose kept `function` gets the kept `argument`; `number` is its place
    /// among the slots of the runtime. Members of a crew have slots with the same `key`s.
    pub(crate) fn new(
        name: KVec<u8>,
        key: KVec<u8>,
        number: usize,
        function: Reference,
        argument: Reference,
    ) -> Self {
        Self {
            name,
            key,
            number,
            function,
            argument,
            state: Atomic::new(ON),
            told: Atomic::new(false),
            tally: Tally::new(),
            trouble: Trouble::new(),
        }
    }

    /// For logs and status: `pre_routing`.
    pub(crate) fn name(&self) -> &[u8] {
        &self.name
    }

    pub(super) fn number(&self) -> usize {
        self.number
    }

    pub(super) fn function(&self) -> Reference {
        self.function
    }

    pub(super) fn argument(&self) -> Reference {
        self.argument
    }

    /// Whether the slot is for the same hook as one of another member of a crew.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.key == other.key
    }

    /// What its calls add up to.
    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Whether the function is called.
    #[inline]
    pub(super) fn is_on(&self) -> bool {
        self.state.load(Relaxed) == ON
    }

    /// Whether the function is called, or why not. In any context.
    pub(crate) fn state(&self) -> State {
        match self.state.load(Acquire) {
            ON => State::On,
            OFF => State::Off,
            raw => Reason::from_raw(raw).map_or(State::Stopped, State::Disabled),
        }
    }

    /// Changes the state, unless it is stopped.
    fn change(&self, to: u32) -> bool {
        let mut state = self.state.load(Relaxed);
        while state != STOPPED {
            match self.state.cmpxchg(state, to, Full) {
                Ok(_) => return true,
                Err(other) => state = other,
            }
        }
        false
    }

    /// Switches the function on or off. One that was disabled is called again. In any context.
    pub(crate) fn enable(&self, on: bool) {
        if on {
            self.trouble.forget();
        }
        self.change(if on { ON } else { OFF });
        if on {
            // If it is disabled again, that is told again.
            self.told.store(false, Relaxed);
        }
    }

    /// The function is not called any more. In any context.
    pub(crate) fn stop(&self) {
        self.state.store(STOPPED, Release);
    }

    /// Whether the caller is the first since the function was disabled.
    pub(super) fn tell_once(&self) -> bool {
        !self.told.xchg(true, Full)
    }

    /// Disables the function. It may be disabled already, by another CPU.
    pub(super) fn disable(&self, reason: Reason) {
        let _ = self.state.cmpxchg(ON, reason as u32, Full);
    }
}
