// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The state of one runtime.

use lunatik_abi::abi::{Context, Messages, State, StatusRow};
use serde_json::{json, Value as Json};

use super::{format_age, format_cpu, hooks, printable, Hook};
use crate::size::format_size;

/// The state of one runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// A number that no other runtime has.
    pub id: u64,
    /// The number of the runtime whose worker it is; 0 if it is not a worker.
    pub parent: u64,
    /// How it was started.
    pub kind: String,
    /// Its state.
    pub state: State,
    /// The context in which its code runs once it is loaded.
    pub class: Context,
    /// The number of the pool that executes it: 0 for the shared one. None without a pool.
    pub context: Option<u64>,
    /// What it waits for; empty if that is unknown.
    pub waits_for: String,
    /// The CPU on which alone its hooks run.
    pub cpu: Option<u32>,
    /// Its hooks.
    pub hooks: Vec<Hook>,
    /// Whether it has ended because it was told to stop.
    pub stopped: bool,
    /// The number of lost messages and lines of its hooks, if they are counted.
    pub lost: Option<u64>,
    /// Its messages, if it has or had a queue for them.
    pub messages: Option<Messages>,
    /// Bytes in use.
    pub memory_used: u64,
    /// Bytes it may use.
    pub memory_limit: u64,
    /// CPU time that it has used.
    pub cpu_ns: u64,
    /// CPU time it may use in total, in milliseconds; 0 means no limit.
    pub cpu_limit_ms: u64,
    /// CPU time it may use at a stretch, likewise.
    pub slice_ms: u64,
    /// How long its Lua program took to end when it was interrupted; 0 if it never was.
    pub stop_latency_ns: u64,
    /// Time since its start.
    pub age_ns: u64,
    /// What it may do.
    pub permissions: String,
    /// The last error; empty without one.
    pub error: String,
    /// That error's traceback.
    pub traceback: String,
}

impl From<&StatusRow<'_>> for Row {
    fn from(row: &StatusRow<'_>) -> Self {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        Self {
            name: text(row.name),
            id: row.id,
            parent: row.parent,
            kind: text(row.kind),
            state: row.state,
            class: row.class,
            context: row.context,
            waits_for: text(row.waits_for),
            cpu: row.cpu,
            hooks: row.hooks.iter().map(Hook::from).collect(),
            stopped: row.stopped,
            lost: row.lost,
            messages: row.messages,
            memory_used: row.memory_used,
            memory_limit: row.memory_limit,
            cpu_ns: row.cpu_ns,
            cpu_limit_ms: row.cpu_limit_ms,
            slice_ms: row.slice_ms,
            stop_latency_ns: row.stop_latency_ns,
            age_ns: row.age_ns,
            permissions: text(row.permissions),
            error: text(row.error),
            traceback: text(row.traceback),
        }
    }
}

/// The kinds of runtimes that have unique names.
const SCRIPTS: [&str; 2] = ["run", "spawn"];

/// The kind of runtimes whose pool is shown.
const ACTOR: &str = "actor";

impl Row {
    /// Whether its name is unique among scripts.
    pub(crate) fn is_script(&self) -> bool {
        SCRIPTS.contains(&self.kind.as_str())
    }

    /// The name, printable.
    pub(crate) fn shown_name(&self) -> String {
        printable(&self.name)
    }

    /// The kind; with the pool, if it is an actor, and with the context in which its code runs, unless that is process.
    pub(crate) fn shown_kind(&self) -> String {
        let kind = printable(&self.kind);
        if self.class != Context::Process {
            let class = self.class.name();
            return match self.cpu {
                None => format!("{kind} ({class})"),
                Some(cpu) => format!("{kind} ({class}, CPU {cpu})"),
            };
        }
        match self.context.filter(|_| self.kind == ACTOR) {
            None => kind,
            Some(0) => format!("{kind} (shared)"),
            Some(context) => format!("{kind} ({context})"),
        }
    }

    /// The state, what it waits for, and how many hooks it has, unless it ends or has ended.
    pub(crate) fn shown_state(&self) -> String {
        let hooks = match self.state {
            State::Stopping | State::Finished | State::Failed => String::new(),
            _ => hooks::in_words(&self.hooks),
        };
        let notes = [printable(&self.waits_for), hooks];
        let notes: Vec<_> = notes.into_iter().filter(|note| !note.is_empty()).collect();
        match self.state.name() {
            name if notes.is_empty() => name.to_owned(),
            name => format!("{name} ({})", notes.join(", ")),
        }
    }

    /// The cells of its line, whose name is indented by this level.
    pub(super) fn cells(&self, level: usize) -> [String; 9] {
        let used = format_size(self.memory_used);
        let limit = format_size(self.memory_limit);
        [
            format!("{:1$}{2}", "", 2 * level, printable(&self.name)),
            self.shown_kind(),
            self.shown_state(),
            format!("{used}/{limit}"),
            match self.cpu_limit_ms {
                0 => format_cpu(self.cpu_ns),
                limit => format!("{}/{limit}ms", format_cpu(self.cpu_ns)),
            },
            format_age(self.age_ns),
            self.messages.map_or(String::new(), |messages| {
                format!(
                    "{} waiting, {} received",
                    messages.waiting, messages.received
                )
            }),
            printable(&self.permissions),
            printable(self.error.lines().next().unwrap_or_default()),
        ]
    }

    /// A JSON object; `parent` is the runtime that it is a part of.
    pub(super) fn json(&self, parent: Option<&Self>) -> Json {
        let or_null = |text: &str| match text {
            "" => Json::Null,
            text => Json::from(text),
        };
        let unless_zero = |number| match number {
            0 => Json::Null,
            number => Json::from(number),
        };
        json!({
            "name": self.name,
            "id": unless_zero(self.id),
            "parent": parent.map(|parent| &parent.name),
            "parent_id": unless_zero(self.parent),
            "kind": self.kind,
            "state": self.state.name(),
            "class": self.class.name(),
            "context": self.context,
            "waits_for": or_null(&self.waits_for),
            "cpu": self.cpu,
            "memory_used": self.memory_used,
            "memory_limit": self.memory_limit,
            "cpu_ns": self.cpu_ns,
            "cpu_limit_ms": unless_zero(self.cpu_limit_ms),
            "slice_ms": unless_zero(self.slice_ms),
            "stop_latency_ns": unless_zero(self.stop_latency_ns),
            "age_ns": self.age_ns,
            "hooks": self.hooks.iter().map(Hook::json).collect::<Json>(),
            "stopped": self.stopped,
            "lost": self.lost,
            "messages_waiting": self.messages.map(|messages| messages.waiting),
            "messages_received": self.messages.map(|messages| messages.received),
            "permissions": or_null(&self.permissions),
            "error": or_null(&self.error),
            "traceback": or_null(&self.traceback),
        })
    }

    /// A table of its hooks, for the lines below the table; empty if there are none.
    pub fn hook_table(&self) -> String {
        match hooks::table(&self.hooks) {
            table if table.is_empty() => table,
            table => format!("\n{table}"),
        }
    }

    /// The whole of the last error with its traceback, for the lines below the table.
    pub fn full_error(&self) -> String {
        let lines = self.error.lines().chain(self.traceback.lines());
        let lines: String = lines.map(|line| printable(line) + "\n").collect();
        if lines.is_empty() {
            lines
        } else {
            format!("\n{lines}")
        }
    }
}
