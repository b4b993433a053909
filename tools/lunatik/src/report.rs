// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The state of runtimes, as a table and as JSON.

use std::collections::{HashMap, HashSet};

use serde_json::Value as Json;

mod columns;
mod hooks;
mod row;
#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

pub(crate) use columns::in_columns;
pub use hooks::Hook;
pub use row::Row;

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
