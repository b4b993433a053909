// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The status of one runtime, as a client receives it.

use super::{
    context::Context,
    error::AbiError,
    fields::{require, set, Body, FieldReader, FieldWriter},
    hooks::Hooks,
    MAX_FRAME,
};
use crate::codec::{EncodeError, Sink};

/// The state of a runtime in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its chunk is being loaded.
    Loading,
    /// It waits to be called.
    Ready,
    /// It runs.
    Running,
    /// It waits for something.
    Blocked,
    /// It was told to stop.
    Stopping,
    /// It has ended well.
    Finished,
    /// It has ended with an error.
    Failed,
}

impl State {
    /// All states.
    pub const ALL: [Self; 7] = [
        Self::Loading,
        Self::Ready,
        Self::Running,
        Self::Blocked,
        Self::Stopping,
        Self::Finished,
        Self::Failed,
    ];

    /// Its name for Lua, for people, and in frames.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Loading => "loading",
            Self::Ready => "ready",
            Self::Running => "running",
            Self::Blocked => "blocked",
            Self::Stopping => "stopping",
            Self::Finished => "finished",
            Self::Failed => "failed",
        }
    }

    /// The state with this name.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|state| state.name().as_bytes() == name)
    }

    /// Whether the runtime has ended.
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Finished | Self::Failed)
    }
}

/// The messages of a runtime that has a mailbox or another queue of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Messages {
    /// The number that waits for it.
    pub waiting: u64,
    /// The number that it has received.
    pub received: u64,
}

/// The status of one runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusRow<'a> {
    /// The name it is registered under.
    pub name: &'a [u8],
    /// A number that no other runtime has or had; 0 if the module does not send it.
    pub id: u64,
    /// The number of the runtime whose worker it is; 0 if it is not a worker.
    pub parent: u64,
    /// How it was started: `run`, `spawn`, `eval`, ...
    pub kind: &'a [u8],
    /// The state of its life.
    pub state: State,
    /// The context in which its code runs once it is loaded.
    pub class: Context,
    /// The number of the pool that executes it: 0 for the one that all runtimes share. None if its
    /// callers' threads execute it, or if the module does not send it.
    pub context: Option<u64>,
    /// What it waits for, in words separated by commas; empty if it does not wait, or for something
    /// that has no word.
    pub waits_for: &'a [u8],
    /// The CPU on which alone its hooks run, if it is a member of a crew.
    pub cpu: Option<u32>,
    /// Bytes in use.
    pub memory_used: u64,
    /// Bytes it may use.
    pub memory_limit: u64,
    /// CPU time that it has used.
    pub cpu_ns: u64,
    /// CPU time that it may use in total, in milliseconds; 0 is unlimited.
    pub cpu_limit_ms: u64,
    /// CPU time that it may use without interruption, in milliseconds; 0 is unlimited.
    pub slice_ms: u64,
    /// How long its Lua program took to end when it was interrupted; 0 if it never was.
    pub stop_latency_ns: u64,
    /// Time since it was started.
    pub age_ns: u64,
    /// Its hooks.
    pub hooks: Hooks<'a>,
    /// Whether it has ended because it was told to stop.
    pub stopped: bool,
    /// How many messages and lines of output of its hooks were lost, because there was no room. None for runtimes in
    /// process context.
    pub lost: Option<u64>,
    /// Its messages. None if it has never had a queue for them, or if the module does not send it.
    pub messages: Option<Messages>,
    /// Its permissions, in the form that `pledge` takes; empty if the module does not send them.
    pub permissions: &'a [u8],
    /// The message of the last error; empty if there is none.
    pub error: &'a [u8],
    /// The traceback of that error; empty if there is none.
    pub traceback: &'a [u8],
}

impl Body for StatusRow<'_> {
    fn write<S: Sink>(&self, fields: &mut FieldWriter<S>) -> Result<(), EncodeError<S::Error>> {
        fields.bytes("name", self.name)?;
        if self.id != 0 {
            fields.number("id", self.id)?;
        }
        if self.parent != 0 {
            fields.number("parent", self.parent)?;
        }
        fields.bytes("kind", self.kind)?;
        fields.bytes("state", self.state.name().as_bytes())?;
        if self.class != Context::Process {
            fields.number("class", self.class.number())?;
        }
        if let Some(context) = self.context {
            fields.number("context", context)?;
        }
        fields.bytes_unless_empty("waits_for", self.waits_for)?;
        if let Some(cpu) = self.cpu {
            fields.number("cpu", cpu)?;
        }
        fields.number("memory_used", self.memory_used)?;
        fields.number("memory_limit", self.memory_limit)?;
        fields.number("cpu_ns", self.cpu_ns)?;
        if self.cpu_limit_ms != 0 {
            fields.number("cpu_limit_ms", self.cpu_limit_ms)?;
        }
        if self.slice_ms != 0 {
            fields.number("slice_ms", self.slice_ms)?;
        }
        if self.stop_latency_ns != 0 {
            fields.number("stop_latency_ns", self.stop_latency_ns)?;
        }
        fields.number("age_ns", self.age_ns)?;
        fields.bytes_unless_empty("hooks", self.hooks.as_bytes())?;
        if self.stopped {
            fields.boolean("stopped", true)?;
        }
        if let Some(lost) = self.lost {
            fields.number("lost", lost)?;
        }
        if let Some(messages) = self.messages {
            fields.number("messages_waiting", messages.waiting)?;
            fields.number("messages_received", messages.received)?;
        }
        fields.bytes_unless_empty("permissions", self.permissions)?;
        fields.bytes_unless_empty("error", self.error)?;
        fields.bytes_unless_empty("traceback", self.traceback)
    }
}

impl<'a> StatusRow<'a> {
    pub(super) fn read(body: &'a [u8]) -> Result<Self, AbiError> {
        let (mut name, mut kind, mut state) = (None, None, None);
        let (mut id, mut parent) = (None, None);
        let (mut class, mut context, mut waits_for) = (None, None, None);
        let (mut cpu, mut hooks, mut stopped, mut lost) = (None, None, None, None);
        let (mut waiting, mut received) = (None, None);
        let (mut memory_used, mut memory_limit) = (None, None);
        let (mut cpu_ns, mut age_ns) = (None, None);
        let (mut cpu_limit_ms, mut slice_ms, mut stop_latency_ns) = (None, None, None);
        let (mut permissions, mut error, mut traceback) = (None, None, None);
        let mut fields = FieldReader::new(body)?;
        while let Some((field, value)) = fields.field()? {
            let number = |place: &mut _, name| set(place, name, value.number(name, u64::MAX)?);
            match field {
                b"id" => number(&mut id, "id")?,
                b"parent" => number(&mut parent, "parent")?,
                b"class" => set(&mut class, "class", Context::of_field(value, "class")?)?,
                b"context" => number(&mut context, "context")?,
                b"waits_for" => {
                    let bytes = value.bytes("waits_for", MAX_FRAME)?;
                    set(&mut waits_for, "waits_for", bytes)?;
                }
                b"cpu" => set(&mut cpu, "cpu", value.number_u32("cpu", u32::MAX)?)?,
                b"hooks" => {
                    let given = Hooks::new(value.message("hooks")?)?;
                    set(&mut hooks, "hooks", given)?;
                }
                b"stopped" => set(&mut stopped, "stopped", value.boolean("stopped")?)?,
                b"lost" => number(&mut lost, "lost")?,
                b"messages_waiting" => number(&mut waiting, "messages_waiting")?,
                b"messages_received" => number(&mut received, "messages_received")?,
                b"memory_used" => number(&mut memory_used, "memory_used")?,
                b"memory_limit" => number(&mut memory_limit, "memory_limit")?,
                b"cpu_ns" => number(&mut cpu_ns, "cpu_ns")?,
                b"cpu_limit_ms" => number(&mut cpu_limit_ms, "cpu_limit_ms")?,
                b"slice_ms" => number(&mut slice_ms, "slice_ms")?,
                b"stop_latency_ns" => number(&mut stop_latency_ns, "stop_latency_ns")?,
                b"age_ns" => number(&mut age_ns, "age_ns")?,
                b"name" => set(&mut name, "name", value.bytes("name", MAX_FRAME)?)?,
                b"kind" => set(&mut kind, "kind", value.bytes("kind", MAX_FRAME)?)?,
                b"state" => {
                    let given = State::from_name(value.bytes("state", MAX_FRAME)?)
                        .ok_or(AbiError::FieldRange("state"))?;
                    set(&mut state, "state", given)?;
                }
                b"permissions" => {
                    let bytes = value.bytes("permissions", MAX_FRAME)?;
                    set(&mut permissions, "permissions", bytes)?;
                }
                b"error" => set(&mut error, "error", value.bytes("error", MAX_FRAME)?)?,
                b"traceback" => {
                    let bytes = value.bytes("traceback", MAX_FRAME)?;
                    set(&mut traceback, "traceback", bytes)?;
                }
                // A later kernel may send more fields.
                _ => {}
            }
        }
        Ok(Self {
            name: require(name, "name")?,
            id: id.unwrap_or(0),
            parent: parent.unwrap_or(0),
            kind: require(kind, "kind")?,
            state: require(state, "state")?,
            class: class.unwrap_or_default(),
            context,
            waits_for: waits_for.unwrap_or_default(),
            cpu,
            memory_used: require(memory_used, "memory_used")?,
            memory_limit: require(memory_limit, "memory_limit")?,
            cpu_ns: require(cpu_ns, "cpu_ns")?,
            cpu_limit_ms: cpu_limit_ms.unwrap_or(0),
            slice_ms: slice_ms.unwrap_or(0),
            stop_latency_ns: stop_latency_ns.unwrap_or(0),
            age_ns: require(age_ns, "age_ns")?,
            hooks: hooks.unwrap_or(Hooks::NONE),
            stopped: stopped.unwrap_or(false),
            lost,
            messages: waiting
                .zip(received)
                .map(|(waiting, received)| Messages { waiting, received }),
            permissions: permissions.unwrap_or_default(),
            error: error.unwrap_or_default(),
            traceback: traceback.unwrap_or_default(),
        })
    }
}
