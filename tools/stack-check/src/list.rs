// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The reviewed list of facts that the machine code does not show. Every entry has a reason, and
//! must be in use. A list may extend another one, whose entries need not all be in use.

mod pattern;
mod stale;

use self::pattern::{any_fits, Pattern, Use};
use serde::Deserialize;

pub use self::pattern::fits;

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
    used: Use,
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
    used: Use,
}

/// A kind of calls through pointers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pointer {
    /// A description of them.
    pub what: String,
    /// Functions that make such calls; patterns.
    #[serde(default)]
    pub from: Vec<Pattern>,
    /// Functions that are called in this way; patterns. Without any, they are functions of the
    /// kernel.
    #[serde(default)]
    pub to: Vec<Pattern>,
    /// Functions in `to` that are not called in this way; patterns.
    #[serde(default)]
    pub except: Vec<Pattern>,
    /// Variables whose functions are called in this way; patterns.
    #[serde(default)]
    pub held_by: Vec<Pattern>,
}

/// Functions that the kernel calls.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// A description of them.
    pub what: String,
    /// Their names; patterns.
    #[serde(default)]
    pub to: Vec<Pattern>,
    /// Variables that hold these functions; patterns.
    #[serde(default)]
    pub held_by: Vec<Pattern>,
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
    used: Use,
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
    used: Use,
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

impl Pointer {
    /// Whether functions of the kernel are called in this way.
    #[must_use]
    pub fn is_kernel(&self) -> bool {
        self.to.is_empty() && self.held_by.is_empty()
    }

    /// Whether a function makes such calls.
    #[must_use]
    pub fn is_from(&self, name: &str) -> bool {
        any_fits(&self.from, name)
    }

    /// Whether a function that is `held` by these variables is called in this way.
    #[must_use]
    pub fn is_to(&self, name: &str, held: &[&str]) -> bool {
        let by_name = !any_fits(&self.except, name) && any_fits(&self.to, name);
        held.iter().fold(by_name, |any, holder| {
            any_fits(&self.held_by, holder) || any
        })
    }

    /// Adds the entry of another list for the same kind.
    fn add(&mut self, other: Self) {
        self.from.extend(other.from);
        self.to.extend(other.to);
        self.except.extend(other.except);
        self.held_by.extend(other.held_by);
    }
}

impl Entry {
    /// Whether the kernel calls a function that is `held` by these variables.
    #[must_use]
    pub fn is_to(&self, name: &str, held: &[&str]) -> bool {
        held.iter().fold(any_fits(&self.to, name), |any, holder| {
            any_fits(&self.held_by, holder) || any
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

    /// Adds the entries of `base`. Where only one entry counts, those of this list come first, and the `stack` of this
    /// list replaces that of `base`. Entries of `base` need not match, because another build has that code. Checks, and
    /// functions named without patterns, must exist all the same.
    #[must_use]
    pub fn extending(mut self, base: Self) -> Self {
        for kind in base.pointer {
            kind.patterns().for_each(|pattern| pattern.used.set());
            match self.pointer.iter_mut().find(|own| own.what == kind.what) {
                Some(own) => own.add(kind),
                None => self.pointer.push(kind),
            }
        }
        for entry in base.entry {
            entry.patterns().for_each(|pattern| pattern.used.set());
            self.entry.push(entry);
        }
        base.bounded.iter().for_each(|entry| entry.used.set());
        self.bounded.extend(base.bounded);
        self.check.extend(base.check);
        self.applies.extend(base.applies);
        self.leaf.extend(base.leaf);
        self.kernel.extend(base.kernel);
        self
    }

    /// The entry of a function that checks the stack.
    #[must_use]
    pub fn check(&self, function: &str) -> Option<&Check> {
        let found = self
            .check
            .iter()
            .find(|check| fits(&check.function, function))?;
        found.used.set();
        Some(found)
    }

    /// Whether a function calls its second argument.
    #[must_use]
    pub fn applies(&self, function: &str) -> bool {
        let found = self.applies.iter().find(|entry| entry.function == function);
        found.inspect(|entry| entry.used.set()).is_some()
    }

    /// Whether the code of a function must not be followed.
    #[must_use]
    pub fn is_leaf(&self, function: &str) -> bool {
        let found = self.leaf.iter().find(|leaf| leaf.function == function);
        found.inspect(|leaf| leaf.used.set()).is_some()
    }

    /// The index of the entry that bounds a call.
    #[must_use]
    pub fn bounded(&self, from: &str, to: &str) -> Option<usize> {
        let at = self
            .bounded
            .iter()
            .position(|entry| fits(&entry.from, from) && fits(&entry.to, to))?;
        self.bounded[at].used.set();
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
}
