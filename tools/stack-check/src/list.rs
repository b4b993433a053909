// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The reviewed list of facts that the machine code does not show. Every entry has a reason, and
//! must be in use.

use serde::Deserialize;
use std::cell::Cell;

/// The list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// The stack itself.
    pub stack: Stack,
    /// Functions that check the stack.
    #[serde(default)]
    pub check: Vec<Check>,
    /// Calls that can be taken only a limited number of times on one stack.
    #[serde(default)]
    pub bounded: Vec<Bounded>,
    /// Kinds of calls through pointers.
    #[serde(default)]
    pub pointer: Vec<Pointer>,
    /// Functions that the kernel calls.
    #[serde(default)]
    pub entry: Vec<Entry>,
    /// Functions that call their second argument.
    #[serde(default)]
    pub applies: Vec<Applies>,
    /// Functions whose code is not followed.
    #[serde(default)]
    pub leaf: Vec<Leaf>,
    /// Functions of the kernel whose needs are known better than the reserve.
    #[serde(default)]
    pub kernel: Vec<Kernel>,
}

/// The stack itself, in bytes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stack {
    /// All of it.
    pub size: u64,
    /// The most bytes that the kernel has used when it calls the module.
    pub above: i64,
    /// The bytes for functions of the kernel that the list does not name.
    pub reserve: i64,
}

/// A function that checks the stack.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Its name.
    pub function: String,
    /// The bytes that functions of the module may take from its entry to the next check.
    pub bytes: i64,
    /// How it recurses.
    pub reason: String,
    #[serde(skip)]
    used: Cell<bool>,
}

/// A call that can be taken only a limited number of times on one stack.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounded {
    /// The caller; a pattern.
    pub from: String,
    /// The callee; a pattern.
    pub to: String,
    /// How often it can be taken.
    pub turns: u16,
    /// The name by which other entries refer to it.
    pub name: Option<String>,
    /// The names of other entries whose calls cannot be taken beyond this one.
    #[serde(default)]
    pub then_never: Vec<String>,
    /// Why.
    pub reason: String,
    #[serde(skip)]
    used: Cell<bool>,
}

/// A kind of calls through pointers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pointer {
    /// A description of them.
    pub what: String,
    /// Functions that make such calls; patterns.
    #[serde(default)]
    pub from: Vec<String>,
    /// Functions that are called in this way; patterns. Without any, they are functions of the
    /// kernel.
    #[serde(default)]
    pub to: Vec<String>,
    /// Functions in `to` that are not called in this way; patterns.
    #[serde(default)]
    pub except: Vec<String>,
    /// Variables whose functions are called in this way; patterns.
    #[serde(default)]
    pub held_by: Vec<String>,
    #[serde(skip)]
    used: Cell<u64>,
}

/// Functions that the kernel calls.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// A description of them.
    pub what: String,
    /// Their names; patterns.
    #[serde(default)]
    pub to: Vec<String>,
    /// Variables that hold these functions; patterns.
    #[serde(default)]
    pub held_by: Vec<String>,
    #[serde(skip)]
    used: Cell<u64>,
}

/// A function that calls its second argument, or passes it to another function that does.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Applies {
    /// Its name.
    pub function: String,
    /// The purpose of that.
    pub reason: String,
    #[serde(skip)]
    used: Cell<bool>,
}

/// A function whose code is not followed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaf {
    /// Its name.
    pub function: String,
    /// Why.
    pub reason: String,
    #[serde(skip)]
    used: Cell<bool>,
}

/// Functions of the kernel.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kernel {
    /// Their names; patterns.
    pub functions: Vec<String>,
    /// The bytes that they need.
    #[serde(default)]
    pub bytes: i64,
    /// Whether they do not return.
    #[serde(default)]
    pub ends: bool,
    /// The kind of pointers through which they call functions of the module.
    pub calls: Option<String>,
    /// How that is known.
    pub reason: String,
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

/// Whether any pattern matches the name. Marks each matching pattern as used; `first` is the bit of
/// the first pattern.
fn fitting(patterns: &[String], name: &str, first: usize, used: &Cell<u64>) -> bool {
    let mut any = false;
    for (index, pattern) in patterns.iter().enumerate() {
        if fits(pattern, name) {
            used.set(used.get() | 1 << (first + index).min(63));
            any = true;
        }
    }
    any
}

impl Pointer {
    /// Whether functions of the kernel are called in this way.
    #[must_use]
    pub fn is_kernel(&self) -> bool {
        self.to.is_empty() && self.held_by.is_empty()
    }

    /// Whether a function makes such calls.
    #[must_use]
    pub fn is_from(&self, name: &str) -> bool {
        fitting(&self.from, name, 0, &self.used)
    }

    /// Whether a function that is `held` by these variables is called in this way.
    #[must_use]
    pub fn is_to(&self, name: &str, held: &[&str]) -> bool {
        let first = self.from.len();
        let excepted = self.except.iter().any(|pattern| fits(pattern, name));
        let by_name = !excepted && fitting(&self.to, name, first, &self.used);
        let first = first + self.to.len();
        held.iter().fold(by_name, |any, holder| {
            fitting(&self.held_by, holder, first, &self.used) || any
        })
    }
}

impl Entry {
    /// Whether the kernel calls a function that is `held` by these variables.
    #[must_use]
    pub fn is_to(&self, name: &str, held: &[&str]) -> bool {
        let by_name = fitting(&self.to, name, 0, &self.used);
        let first = self.to.len();
        held.iter().fold(by_name, |any, holder| {
            fitting(&self.held_by, holder, first, &self.used) || any
        })
    }
}

impl List {
    /// Reads the list.
    ///
    /// # Errors
    ///
    /// If the text does not have the format that is described here.
    pub fn read(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// The entry of a function that checks the stack.
    #[must_use]
    pub fn check(&self, function: &str) -> Option<&Check> {
        let found = self
            .check
            .iter()
            .find(|check| fits(&check.function, function))?;
        found.used.set(true);
        Some(found)
    }

    /// Whether a function calls its second argument.
    #[must_use]
    pub fn applies(&self, function: &str) -> bool {
        let found = self.applies.iter().find(|entry| entry.function == function);
        found.inspect(|entry| entry.used.set(true)).is_some()
    }

    /// Whether the code of a function must not be followed.
    #[must_use]
    pub fn is_leaf(&self, function: &str) -> bool {
        let found = self.leaf.iter().find(|leaf| leaf.function == function);
        found.inspect(|leaf| leaf.used.set(true)).is_some()
    }

    /// The index of the entry that bounds a call.
    #[must_use]
    pub fn bounded(&self, from: &str, to: &str) -> Option<usize> {
        let at = self
            .bounded
            .iter()
            .position(|entry| fits(&entry.from, from) && fits(&entry.to, to))?;
        self.bounded[at].used.set(true);
        Some(at)
    }

    /// The indices of the entries whose calls cannot be taken beyond this one.
    pub fn never_beyond(&self, bounded: usize) -> impl Iterator<Item = usize> + '_ {
        let never = &self.bounded[bounded].then_never;
        let named = |entry: &Bounded| entry.name.as_ref().is_some_and(|name| never.contains(name));
        self.bounded
            .iter()
            .enumerate()
            .filter(move |(_, entry)| named(entry))
            .map(|(at, _)| at)
    }

    /// The bytes that a function of the kernel needs.
    #[must_use]
    pub fn kernel_needs(&self, name: &str) -> i64 {
        self.kernel_entry(name)
            .map_or(self.stack.reserve, |entry| entry.bytes)
    }

    /// Whether a function of the kernel does not return.
    #[must_use]
    pub fn ends(&self, name: &str) -> bool {
        self.kernel_entry(name).is_some_and(|entry| entry.ends)
    }

    /// The kind of pointers through which a function of the kernel calls the module.
    #[must_use]
    pub fn called_by_kernel(&self, name: &str) -> Option<usize> {
        let what = self.kernel_entry(name)?.calls.as_ref()?;
        self.pointer.iter().position(|kind| kind.what == *what)
    }

    fn kernel_entry(&self, name: &str) -> Option<&Kernel> {
        self.kernel
            .iter()
            .find(|entry| entry.functions.iter().any(|pattern| fits(pattern, name)))
    }

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
        let mut unused = |used: u64, kind: &str, what: &str, patterns: Vec<&String>| {
            for (index, pattern) in patterns.into_iter().enumerate() {
                if used & 1 << index.min(63) == 0 {
                    stale.push(format!("{kind} \"{what}\": nothing fits \"{pattern}\""));
                }
            }
        };
        for entry in &self.pointer {
            let patterns = entry
                .from
                .iter()
                .chain(&entry.to)
                .chain(&entry.held_by)
                .collect();
            unused(entry.used.get(), "pointer", &entry.what, patterns);
        }
        for entry in &self.entry {
            let patterns = entry.to.iter().chain(&entry.held_by).collect();
            unused(entry.used.get(), "entry", &entry.what, patterns);
        }
        for entry in self.check.iter().filter(|entry| !entry.used.get()) {
            stale.push(format!(
                "check: {} does not check the stack",
                entry.function
            ));
        }
        for entry in self.applies.iter().filter(|entry| !entry.used.get()) {
            stale.push(format!("applies: there is no function {}", entry.function));
        }
        for entry in self.leaf.iter().filter(|entry| !entry.used.get()) {
            stale.push(format!("leaf: there is no function {}", entry.function));
        }
        for entry in self.bounded.iter().filter(|entry| !entry.used.get()) {
            stale.push(format!(
                "bounded: {} does not call {}",
                entry.from, entry.to
            ));
        }
        stale
    }
}
