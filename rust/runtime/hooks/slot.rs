// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! One function of a runtime that a hook calls.

use kernel::{
    prelude::*,
    sync::atomic::{Acquire, Atomic, Full, Relaxed, Release}, //
};

use super::{
    place::{Place, PlaceText},
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
    /// It is not called any more: the script has stopped it, or has ended.
    Stopped,
}

impl State {
    /// Its name for Lua.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Disabled(_) => "disabled",
            Self::Stopped => "stopped",
        }
    }

    /// Why it was disabled; empty if it was not.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Disabled(reason) => reason.text(),
            _ => "",
        }
    }
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
    /// Whether nobody has to be told that the function was disabled.
    told: Atomic<bool>,
    tally: Tally,
    pub(super) trouble: Trouble,
    /// Where the function has failed.
    pub(super) place: Place,
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
            told: Atomic::new(true),
            tally: Tally::new(),
            trouble: Trouble::new(),
            place: Place::unknown(),
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

    /// Where the function has failed last, as far as that is known.
    pub(crate) fn failed_at(&self) -> PlaceText {
        self.place.text()
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

    /// Whether failures have disabled the function. In any context.
    pub(crate) fn is_disabled(&self) -> bool {
        matches!(self.state(), State::Disabled(_))
    }

    /// Switches the function on or off. One that was disabled is called again once it is switched on. In any context.
    pub(crate) fn enable(&self, on: bool) {
        let to = if on { ON } else { OFF };
        let mut state = self.state.load(Acquire);
        while state != STOPPED {
            // Failures of a function that is not disabled still count: it could excuse them itself.
            if Reason::from_raw(state).is_some() {
                self.trouble.forget();
            }
            match self.state.cmpxchg(state, to, Full) {
                Ok(_) => return,
                Err(other) => state = other,
            }
        }
    }

    /// The function is not called any more. In any context.
    pub(crate) fn stop(&self) {
        self.state.store(STOPPED, Release);
    }

    /// Whether the caller is the first one since the function was disabled.
    pub(super) fn tell_once(&self) -> bool {
        !self.told.xchg(true, Full)
    }

    /// Disables the function, unless another CPU or the script has switched it off meanwhile. Returns whether that is
    /// to be told.
    pub(super) fn disable(&self, reason: Reason) -> bool {
        let is_new = self.state.cmpxchg(ON, reason as u32, Full).is_ok();
        if is_new {
            self.told.store(false, Release);
        }
        is_new
    }
}
