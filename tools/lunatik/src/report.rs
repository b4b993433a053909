// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The state of runtimes, as a table and as JSON.

use std::collections::{HashMap, HashSet};

use lunatik_abi::abi::{Context, Messages, State, StatusRow};
use serde_json::{json, Value as Json};

use crate::size::format_size;

mod columns;
mod hooks;
#[cfg(test)]
pub(crate) mod sample;

pub(crate) use columns::in_columns;
pub use hooks::Hook;

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
    /// How many messages and lines of its hooks were lost, if that is counted.
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

/// The kinds of runtimes that have a name of their own, which no other one has.
const SCRIPTS: [&str; 2] = ["run", "spawn"];

/// The kind of runtimes whose pool is shown.
const ACTOR: &str = "actor";

impl Row {
    /// Whether it has a name of its own, which no other script has.
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

    fn cells(&self, level: usize) -> [String; 9] {
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

    fn json(&self, parent: Option<&Self>) -> Json {
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

/// The column of the messages.
const MESSAGES: usize = 6;

/// The column of the permissions.
const PERMISSIONS: usize = 7;

/// The state of many runtimes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// One row for each runtime.
    pub rows: Vec<Row>,
}

impl Report {
    /// The rows in their order, except that each worker comes below its parent; with the depth of
    /// each.
    fn tree(&self) -> Vec<(usize, &Row)> {
        let known: HashSet<_> = self.rows.iter().map(|row| row.id).collect();
        let top = |row: &&Row| row.parent == 0 || !known.contains(&row.parent);
        // The rows that are still to come, the next one last.
        let mut left: Vec<_> = self
            .rows
            .iter()
            .filter(top)
            .map(|row| (0, row))
            .rev()
            .collect();
        let mut children: HashMap<u64, Vec<&Row>> = HashMap::new();
        for row in self.rows.iter().filter(|row| !top(row)) {
            children.entry(row.parent).or_default().push(row);
        }
        let mut tree = Vec::new();
        while let Some((level, row)) = left.pop() {
            tree.push((level, row));
            let below = children.remove(&row.id).unwrap_or_default();
            left.extend(below.into_iter().rev().map(|row| (level + 1, row)));
        }
        tree
    }

    /// Columns for people, with a heading. `in_detail`, for the table of one name: also permissions, which may be long,
    /// and messages, if a runtime has a queue for them.
    pub fn table(&self, in_detail: bool) -> String {
        let heading = [
            "NAME",
            "KIND",
            "STATE",
            "MEMORY",
            "CPU",
            "AGE",
            "MESSAGES",
            "PERMISSIONS",
            "ERROR",
        ];
        let with_messages = in_detail && self.rows.iter().any(|row| row.messages.is_some());
        let cells: Vec<Vec<String>> = std::iter::once(heading.map(str::to_owned))
            .chain(self.tree().into_iter().map(|(level, row)| row.cells(level)))
            .map(|row| {
                let shown = |column: &usize| match *column {
                    MESSAGES => with_messages,
                    PERMISSIONS => in_detail,
                    _ => true,
                };
                let columns = row.into_iter().enumerate();
                columns
                    .filter(|(column, _)| shown(column))
                    .map(|(_, cell)| cell)
                    .collect()
            })
            .collect();
        in_columns(&cells)
    }

    /// An array of objects.
    pub fn json(&self) -> Json {
        let names: HashMap<_, _> = self.rows.iter().map(|row| (row.id, row)).collect();
        let parent = |row: &Row| names.get(&row.parent).copied().filter(|_| row.parent != 0);
        self.rows.iter().map(|row| row.json(parent(row))).collect()
    }
}

/// A name as text, for a line of its own or for JSON.
pub fn name_text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Text without control sequences for terminals, because scripts choose it.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\t' => ' '.to_string(),
            c if c.is_control() => c.escape_default().to_string(),
            c => c.to_string(),
        })
        .collect()
}

/// CPU time in seconds.
pub(crate) fn format_cpu(ns: u64) -> String {
    let ms = ns / 1_000_000;
    format!("{}.{:03}s", ms / 1000, ms % 1000)
}

fn format_age(ns: u64) -> String {
    let seconds = ns / 1_000_000_000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m{:02}s", seconds % 60),
        (0, _, _) => format!("{hours}h{:02}m", minutes % 60),
        _ => format!("{days}d{:02}h", hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use lunatik_abi::abi::{HookState, MissedCalls};

    use super::*;

    fn report() -> Report {
        let row = Row {
            name: "ticker".into(),
            id: 3,
            parent: 0,
            kind: "spawn".into(),
            state: State::Blocked,
            class: Context::Process,
            context: None,
            waits_for: String::new(),
            cpu: None,
            hooks: Vec::new(),
            stopped: false,
            lost: None,
            messages: None,
            memory_used: 1536,
            memory_limit: 64 << 20,
            cpu_ns: 1_234_567_890,
            cpu_limit_ms: 0,
            slice_ms: 0,
            stop_latency_ns: 0,
            age_ns: 3_723_000_000_000,
            permissions: "load fs:read=/a (sealed)".into(),
            error: String::new(),
            traceback: String::new(),
        };
        let failed = Row {
            name: "ä\x1b[31m".into(),
            id: 4,
            kind: "run".into(),
            state: State::Failed,
            error: "x:1: no\nmore".into(),
            traceback: "stack traceback:\n\tx:1: in main chunk".into(),
            ..row.clone()
        };
        Report {
            rows: vec![row, failed],
        }
    }

    #[test]
    fn a_table_has_columns_and_obeys_no_script() {
        assert_eq!(
            report().table(false),
            "\
NAME         KIND   STATE    MEMORY    CPU     AGE    ERROR
ticker       spawn  blocked  1.5K/64M  1.234s  1h02m
ä\\u{1b}[31m  run    failed   1.5K/64M  1.234s  1h02m  x:1: no
"
        );
    }

    #[test]
    fn a_table_of_one_shows_its_permissions() {
        let rows = report().rows.drain(..1).collect();
        assert_eq!(
            Report { rows }.table(true),
            "\
NAME    KIND   STATE    MEMORY    CPU     AGE    PERMISSIONS               ERROR
ticker  spawn  blocked  1.5K/64M  1.234s  1h02m  load fs:read=/a (sealed)
"
        );
    }

    #[test]
    fn a_table_of_one_name_shows_messages() {
        let [mut with, without]: [Row; 2] = report().rows.try_into().unwrap();
        with.messages = Some(Messages {
            waiting: 3,
            received: u64::MAX,
        });
        let report = Report {
            rows: vec![with, without],
        };
        assert_eq!(report.table(false), self::report().table(false));
        let table = report.table(true);
        assert_eq!(
            table.lines().next(),
            Some("NAME         KIND   STATE    MEMORY    CPU     AGE    MESSAGES                                  PERMISSIONS               ERROR")
        );
        assert!(table.contains("  1h02m  3 waiting, 18446744073709551615 received  load fs"));
        let json = report.json();
        assert_eq!(json[0]["messages_waiting"], 3);
        assert_eq!(json[0]["messages_received"], u64::MAX);
        assert_eq!(json[1]["messages_waiting"], Json::Null);
        assert_eq!(json[1]["messages_received"], Json::Null);
    }

    #[test]
    fn a_table_shows_where_actors_run_and_what_they_wait_for() {
        let [a, b]: [Row; 2] = report().rows.try_into().unwrap();
        let actor = |id, context, waits_for: &str| Row {
            name: format!("a{id}"),
            id,
            parent: 3,
            kind: "actor".into(),
            context: Some(context),
            waits_for: waits_for.into(),
            ..a.clone()
        };
        let worker = Row {
            kind: "worker".into(),
            ..actor(8, 3, "")
        };
        let waiting = Row {
            waits_for: "message".into(),
            ..a.clone()
        };
        let report = Report {
            rows: vec![
                waiting,
                b,
                actor(5, 0, "message, timer"),
                actor(6, 2, "rec\x1beiver"),
                actor(7, 2, ""),
                worker,
            ],
        };
        assert_eq!(
            report.table(false),
            "\
NAME         KIND            STATE                     MEMORY    CPU     AGE    ERROR
ticker       spawn           blocked (message)         1.5K/64M  1.234s  1h02m
  a5         actor (shared)  blocked (message, timer)  1.5K/64M  1.234s  1h02m
  a6         actor (2)       blocked (rec\\u{1b}eiver)  1.5K/64M  1.234s  1h02m
  a7         actor (2)       blocked                   1.5K/64M  1.234s  1h02m
  a8         worker          blocked                   1.5K/64M  1.234s  1h02m
ä\\u{1b}[31m  run             failed                    1.5K/64M  1.234s  1h02m  x:1: no
"
        );
        let json = report.json();
        assert_eq!(json[2]["context"], 0);
        assert_eq!(json[2]["waits_for"], "message, timer");
        assert_eq!(json[5]["context"], 3);
        assert_eq!(json[1]["context"], Json::Null);
        assert_eq!(json[1]["waits_for"], Json::Null);
    }

    #[test]
    fn a_table_shows_whose_code_hooks_call() {
        let [ticker, filter]: [Row; 2] = report().rows.try_into().unwrap();
        let hook = |state| Hook {
            name: "local_in".into(),
            state,
            reason: String::new(),
            place: String::new(),
            runs: 2,
            failures: 0,
            overruns: 0,
            missed: MissedCalls::default(),
            ns: 3000,
            longest_ns: 2000,
        };
        let failed = Row {
            name: "filter".into(),
            class: Context::Softirq,
            hooks: vec![hook(HookState::Stopped)],
            ..filter
        };
        let filter = Row {
            state: State::Ready,
            error: String::new(),
            hooks: vec![hook(HookState::On), hook(HookState::Disabled)],
            stopped: true,
            lost: Some(3),
            ..failed.clone()
        };
        let waiting = Row {
            state: State::Blocked,
            waits_for: "message".into(),
            cpu: Some(1),
            hooks: vec![hook(HookState::On)],
            ..filter.clone()
        };
        assert_eq!(ticker.hook_table(), "");
        assert_eq!(
            waiting.hook_table(),
            "
HOOK      STATE  RUNS  FAILED  OVER  MISSED  MEAN   LONGEST
local_in  on     2     0       0     0       1.5us  2.0us
"
        );
        let report = Report {
            rows: vec![ticker, failed, filter, waiting],
        };
        assert_eq!(
            report.table(false),
            "\
NAME    KIND                  STATE                        MEMORY    CPU     AGE    ERROR
ticker  spawn                 blocked                      1.5K/64M  1.234s  1h02m
filter  run (softirq)         failed                       1.5K/64M  1.234s  1h02m  x:1: no
filter  run (softirq)         ready (2 hooks, 1 disabled)  1.5K/64M  1.234s  1h02m
filter  run (softirq, CPU 1)  blocked (message, 1 hook)    1.5K/64M  1.234s  1h02m
"
        );
        let json = report.json();
        assert_eq!(json[0]["class"], "process");
        assert_eq!(json[0]["hooks"], json!([]));
        assert_eq!(json[0]["lost"], Json::Null);
        assert_eq!(json[0]["cpu"], Json::Null);
        assert_eq!(json[1]["class"], "softirq");
        assert_eq!(json[2]["hooks"][1]["state"], "disabled");
        assert_eq!(json[2]["hooks"][1]["mean_ns"], 1500);
        assert_eq!(json[2]["lost"], 3);
        assert_eq!(json[0]["stopped"], false);
        assert_eq!(json[2]["stopped"], true);
        assert_eq!(json[3]["cpu"], 1);
    }

    #[test]
    fn workers_are_below_their_parents() {
        let [a, b]: [Row; 2] = report().rows.try_into().unwrap();
        let row = |id, parent| Row {
            name: format!("w{id}"),
            id,
            parent,
            ..a.clone()
        };
        // A worker whose parent has gone meanwhile is on the first level.
        let rows = vec![
            a.clone(),
            b,
            row(5, 3),
            row(6, 4),
            row(7, 5),
            row(8, 3),
            row(9, 99),
        ];
        let report = Report { rows };
        let table = report.table(false);
        let order: Vec<_> = report
            .tree()
            .iter()
            .map(|(level, row)| (*level, row.id))
            .collect();
        assert_eq!(
            order,
            [(0, 3), (1, 5), (2, 7), (1, 8), (0, 4), (1, 6), (0, 9)]
        );
        assert!(
            table.contains("\n  w5 ") && table.contains("\n    w7 ") && table.contains("\nw9 ")
        );
        let json = report.json();
        assert_eq!(json[2]["parent"], "ticker");
        assert_eq!(json[2]["parent_id"], 3);
        assert_eq!(json[6]["parent"], Json::Null);
        assert_eq!(json[6]["parent_id"], 99);
        assert_eq!(json[0]["parent_id"], Json::Null);
    }

    #[test]
    fn nothing_running_is_a_heading_alone() {
        assert_eq!(Report::default().table(false).lines().count(), 1);
        assert_eq!(Report::default().json().to_string(), "[]");
    }

    #[test]
    fn json_has_every_number_as_it_is() {
        let json = report().json();
        assert_eq!(json[0]["memory_used"], 1536);
        assert_eq!(json[0]["cpu_limit_ms"], Json::Null);
        assert_eq!(json[0]["error"], Json::Null);
        assert_eq!(json[1]["name"], "ä\x1b[31m");
        assert_eq!(json[1]["error"], "x:1: no\nmore");
        assert_eq!(json[1]["state"], "failed");
    }

    #[test]
    fn the_whole_error_follows_the_table_of_one() {
        let report = report();
        assert_eq!(report.rows[0].full_error(), "");
        assert_eq!(
            report.rows[1].full_error(),
            "\nx:1: no\nmore\nstack traceback:\n x:1: in main chunk\n"
        );
    }

    #[test]
    fn ages_are_short() {
        for (seconds, text) in [
            (0, "0s"),
            (59, "59s"),
            (61, "1m01s"),
            (3600, "1h00m"),
            (90_000, "1d01h"),
        ] {
            assert_eq!(format_age(seconds * 1_000_000_000), text);
        }
    }
}
