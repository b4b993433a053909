// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The hooks of one runtime, as a client receives them.

use super::{
    error::AbiError,
    fields::{require, set, Body, FieldReader, FieldWriter},
    MAX_FRAME, MAX_HOOKS,
};
use crate::codec::{EncodeError, Message, Sink};

/// The state of a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookState {
    /// It calls its function.
    On,
    /// The script has switched it off.
    Off,
    /// Failures have disabled it.
    Disabled,
    /// The script has stopped it, or has ended.
    Stopped,
}

impl HookState {
    /// All states.
    pub const ALL: [Self; 4] = [Self::On, Self::Off, Self::Disabled, Self::Stopped];

    /// Its name for Lua, for people, and in frames.
    pub const fn name(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Disabled => "disabled",
            Self::Stopped => "stopped",
        }
    }

    /// The state with this name.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|state| state.name().as_bytes() == name)
    }
}

/// How many calls were not made, so that the default of the hook applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MissedCalls {
    /// The runtime was about to stop.
    pub closed: u64,
    /// The CPU executed the runtime already.
    pub busy: u64,
    /// Another CPU executed it for too long.
    pub contended: u64,
    /// The context was one in which no hook of this class runs.
    pub context: u64,
    /// Too many hooks were nested.
    pub depth: u64,
}

impl MissedCalls {
    /// The names of the reasons in frames, and the calls.
    pub const fn by_reason(self) -> [(&'static str, u64); 5] {
        [
            ("closed", self.closed),
            ("busy", self.busy),
            ("contended", self.contended),
            ("context", self.context),
            ("depth", self.depth),
        ]
    }

    /// All of them.
    pub fn sum(self) -> u64 {
        let sum = |sum: u64, (_, calls): (&str, u64)| sum.saturating_add(calls);
        self.by_reason().into_iter().fold(0, sum)
    }
}

/// The status of one hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HookRow<'a> {
    /// Its name among those of its runtime; several may have the same.
    pub name: &'a [u8],
    /// Its state.
    pub state: HookState,
    /// Why it was disabled, in words; empty if it was not.
    pub reason: &'a [u8],
    /// The place of the failure that has disabled it: `filter.lua:12`; empty if that is unknown.
    pub place: &'a [u8],
    /// Calls of its function.
    pub runs: u64,
    /// Those that have failed, over-runs included.
    pub failures: u64,
    /// Those that took too long.
    pub overruns: u64,
    /// Calls that were not made.
    pub missed: MissedCalls,
    /// Nanoseconds of all calls, estimated.
    pub ns: u64,
    /// Nanoseconds of the longest call whose time was taken.
    pub longest_ns: u64,
}

impl Body for HookRow<'_> {
    fn write<S: Sink>(&self, fields: &mut FieldWriter<S>) -> Result<(), EncodeError<S::Error>> {
        fields.bytes("name", self.name)?;
        fields.bytes("state", self.state.name().as_bytes())?;
        fields.bytes_unless_empty("reason", self.reason)?;
        fields.bytes_unless_empty("place", self.place)?;
        fields.number("runs", self.runs)?;
        fields.number("failures", self.failures)?;
        fields.number("overruns", self.overruns)?;
        for (reason, calls) in self.missed.by_reason() {
            fields.number(reason, calls)?;
        }
        fields.number("ns", self.ns)?;
        fields.number("longest_ns", self.longest_ns)
    }
}

impl<'a> HookRow<'a> {
    /// Reads the fields up to the end of their table.
    fn read(fields: &mut FieldReader<'a>) -> Result<Self, AbiError> {
        let (mut name, mut state, mut reason, mut place) = (None, None, None, None);
        let (mut runs, mut failures, mut overruns) = (None, None, None);
        let (mut closed, mut busy, mut contended) = (None, None, None);
        let (mut context, mut depth) = (None, None);
        let (mut ns, mut longest_ns) = (None, None);
        while let Some((field, value)) = fields.field()? {
            let number = |place: &mut _, name| set(place, name, value.number(name, u64::MAX)?);
            match field {
                b"name" => set(&mut name, "name", value.bytes("name", MAX_FRAME)?)?,
                b"state" => {
                    let given = HookState::from_name(value.bytes("state", MAX_FRAME)?)
                        .ok_or(AbiError::FieldRange("state"))?;
                    set(&mut state, "state", given)?;
                }
                b"reason" => set(&mut reason, "reason", value.bytes("reason", MAX_FRAME)?)?,
                b"place" => set(&mut place, "place", value.bytes("place", MAX_FRAME)?)?,
                b"runs" => number(&mut runs, "runs")?,
                b"failures" => number(&mut failures, "failures")?,
                b"overruns" => number(&mut overruns, "overruns")?,
                b"closed" => number(&mut closed, "closed")?,
                b"busy" => number(&mut busy, "busy")?,
                b"contended" => number(&mut contended, "contended")?,
                b"context" => number(&mut context, "context")?,
                b"depth" => number(&mut depth, "depth")?,
                b"ns" => number(&mut ns, "ns")?,
                b"longest_ns" => number(&mut longest_ns, "longest_ns")?,
                // A later kernel may send more fields.
                _ => {}
            }
        }
        Ok(Self {
            name: require(name, "name")?,
            state: require(state, "state")?,
            reason: reason.unwrap_or_default(),
            place: place.unwrap_or_default(),
            runs: require(runs, "runs")?,
            failures: require(failures, "failures")?,
            overruns: require(overruns, "overruns")?,
            missed: MissedCalls {
                closed: require(closed, "closed")?,
                busy: require(busy, "busy")?,
                contended: require(contended, "contended")?,
                context: require(context, "context")?,
                depth: require(depth, "depth")?,
            },
            ns: require(ns, "ns")?,
            longest_ns: require(longest_ns, "longest_ns")?,
        })
    }
}

/// The hooks of a runtime, in the order in which its script has registered them.
///
/// # Invariants
///
/// The bytes are a message of at most [`MAX_HOOKS`] tables, each with the fields of a [`HookRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hooks<'a>(&'a [u8]);

impl<'a> Hooks<'a> {
    /// No hooks.
    pub const NONE: Hooks<'static> = Hooks(&[]);

    /// Makes a list from a message of tables.
    pub fn new(message: Message<'a>) -> Result<Self, AbiError> {
        if message.values() > MAX_HOOKS {
            return Err(AbiError::FieldRange("hooks"));
        }
        let mut fields = FieldReader::of_tables(message.as_bytes());
        while fields.next_table()? {
            HookRow::read(&mut fields)?;
        }
        // INVARIANT: That was just checked.
        Ok(Self(message.as_bytes()))
    }

    /// The encoded list.
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// The hooks in the list, in their order.
    pub fn iter(&self) -> HookIter<'a> {
        HookIter(FieldReader::of_tables(self.0))
    }
}

/// An iterator over [`Hooks`].
pub struct HookIter<'a>(FieldReader<'a>);

impl<'a> Iterator for HookIter<'a> {
    type Item = HookRow<'a>;

    fn next(&mut self) -> Option<HookRow<'a>> {
        // By the invariants of `Hooks` an error does not occur.
        let is_there = self.0.next_table().ok()?;
        is_there.then(|| HookRow::read(&mut self.0).ok()).flatten()
    }
}

/// Encodes a list of hooks.
pub struct HooksWriter<S>(FieldWriter<S>);

impl<S: Sink> HooksWriter<S> {
    /// Begins a list.
    pub fn new(sink: S) -> Self {
        Self(FieldWriter::of_tables(sink))
    }

    /// Adds a hook. A list holds at most [`MAX_HOOKS`].
    pub fn add(&mut self, hook: &HookRow<'_>) -> Result<(), EncodeError<S::Error>> {
        self.0.table(hook)
    }

    /// Ends the list, and returns the sink.
    pub fn finish(self) -> Result<S, EncodeError<S::Error>> {
        self.0.finish()
    }
}
