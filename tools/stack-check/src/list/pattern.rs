// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Patterns for the names of functions and variables, and whether entries are in use.

use serde::Deserialize;
use std::cell::Cell;

/// Whether an entry or a pattern is in use.
#[derive(Debug, Default)]
pub(super) struct Use(Cell<bool>);

impl Use {
    pub(super) fn set(&self) {
        self.0.set(true);
    }

    pub(super) fn is_set(&self) -> bool {
        self.0.get()
    }
}

/// A pattern, and whether any name has matched it.
#[derive(Debug, Deserialize)]
#[serde(from = "String")]
pub struct Pattern {
    pub(super) text: String,
    pub(super) used: Use,
}

impl From<String> for Pattern {
    fn from(text: String) -> Self {
        let used = Use::default();
        Self { text, used }
    }
}

/// Whether a name matches a pattern, in which `*` stands for any text.
#[must_use]
pub fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = name.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let mut parts: Vec<_> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Whether any pattern matches the name. All patterns that match it are in use from now on.
pub(super) fn any_fits(patterns: &[Pattern], name: &str) -> bool {
    let mut any = false;
    for pattern in patterns.iter().filter(|pattern| fits(&pattern.text, name)) {
        pattern.used.set();
        any = true;
    }
    any
}
