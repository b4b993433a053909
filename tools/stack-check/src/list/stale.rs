// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Entries that are not in use.

use super::{Entry, List, Pattern, Pointer};

impl Pointer {
    /// All patterns that must be in use.
    pub(super) fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.from.iter().chain(&self.to).chain(&self.held_by)
    }
}

impl Entry {
    /// All patterns that must be in use.
    pub(super) fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.to.iter().chain(&self.held_by)
    }
}

impl List {
    /// Entries for which no function was found.
    #[must_use]
    pub fn stale(&self) -> Vec<String> {
        let mut stale = Vec::new();
        for name in self.bounded.iter().flat_map(|entry| &entry.then_never) {
            if !self
                .bounded
                .iter()
                .any(|entry| entry.name.as_ref() == Some(name))
            {
                stale.push(format!("bounded: no entry has the name \"{name}\""));
            }
        }
        for what in self.kernel.iter().filter_map(|entry| entry.calls.as_ref()) {
            if !self.pointer.iter().any(|kind| kind.what == *what) {
                stale.push(format!("kernel: there is no kind of pointers \"{what}\""));
            }
        }
        for kind in &self.pointer {
            for pattern in kind.patterns().filter(|pattern| !pattern.used.is_set()) {
                stale.push(format!(
                    "pointer \"{}\": nothing fits \"{}\"",
                    kind.what, pattern.text
                ));
            }
        }
        for entry in &self.entry {
            for pattern in entry.patterns().filter(|pattern| !pattern.used.is_set()) {
                stale.push(format!(
                    "entry \"{}\": nothing fits \"{}\"",
                    entry.what, pattern.text
                ));
            }
        }
        for entry in self.check.iter().filter(|entry| !entry.used.is_set()) {
            stale.push(format!(
                "check: {} does not check the stack",
                entry.function
            ));
        }
        for entry in self.applies.iter().filter(|entry| !entry.used.is_set()) {
            stale.push(format!("applies: there is no function {}", entry.function));
        }
        for entry in self.leaf.iter().filter(|entry| !entry.used.is_set()) {
            stale.push(format!("leaf: there is no function {}", entry.function));
        }
        for entry in self.bounded.iter().filter(|entry| !entry.used.is_set()) {
            stale.push(format!(
                "bounded: {} does not call {}",
                entry.from, entry.to
            ));
        }
        stale
    }
}
