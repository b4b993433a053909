// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The parts of functions. GCC moves seldom executed code of a function elsewhere, under the symbol `NAME.cold`. This
//! part is not a function: the function jumps to it with a frame on the stack, and it may jump back. Here its code
//! follows that of the function NAME, so that one offset addresses both.

use super::{Error, Function, Module, Place};
use std::collections::{BTreeMap, HashMap};

/// The suffix of a part's name.
const APART: &str = ".cold";
/// The instruction between parts, `int3`: nothing executes it.
const BETWEEN: u8 = 0xcc;

/// A part of a function.
#[derive(Debug)]
struct Part {
    function: usize,
    /// The offset in the function's code.
    offset: u64,
    bytes: u64,
}

/// All parts, by section and address.
#[derive(Debug, Default)]
pub(super) struct Parts(HashMap<usize, BTreeMap<u64, Part>>);

impl Parts {
    fn add(&mut self, section: usize, start: u64, part: Part) {
        self.0.entry(section).or_default().insert(start, part);
    }

    /// The function at an address, and the offset in its code.
    pub(super) fn at(&self, section: usize, at: u64) -> Option<(usize, u64)> {
        let (start, part) = self.0.get(&section)?.range(..=at).next_back()?;
        let inside = at - start;
        (inside < part.bytes).then_some((part.function, part.offset + inside))
    }

    /// The section and address of an offset in the code of a function.
    fn address(&self, module: &Module, function: usize, offset: u64) -> Option<(usize, u64)> {
        let whole = &module.functions[function];
        let main = (whole.section, whole.start);
        let first = self.0.get(&main.0)?.get(&main.1)?;
        if offset < first.bytes {
            return Some((main.0, main.1 + offset));
        }
        self.0.iter().find_map(|(&section, parts)| {
            let (start, part) = parts.iter().find(|(_, part)| {
                part.function == function
                    && (part.offset..part.offset + part.bytes).contains(&offset)
            })?;
            Some((section, start + (offset - part.offset)))
        })
    }
}

impl Module {
    /// Finds the parts of all functions, and joins separate ones to their functions.
    ///
    /// # Errors
    ///
    /// If a part belongs to no function.
    pub(super) fn join_parts(&mut self) -> Result<(), Error> {
        let (apart, whole): (Vec<_>, Vec<_>) = std::mem::take(&mut self.functions)
            .into_iter()
            .partition(|function| function.name.ends_with(APART));
        self.functions = whole;
        for (index, function) in self.functions.iter().enumerate() {
            let part = Part {
                function: index,
                offset: 0,
                bytes: function.code.len() as u64,
            };
            self.parts.add(function.section, function.start, part);
        }
        for part in apart {
            let index = self
                .whole_of(&part)
                .ok_or_else(|| format!("{} is a part of no function", part.name))?;
            let code = &mut self.functions[index].code;
            // At least one, so that code that runs off the end of a part is not followed.
            code.resize((code.len() + 1).next_multiple_of(16), BETWEEN);
            let joined = Part {
                function: index,
                offset: code.len() as u64,
                bytes: part.code.len() as u64,
            };
            code.extend(&part.code);
            self.parts.add(part.section, part.start, joined);
        }
        Ok(())
    }

    /// The function that a part belongs to: of the same file, or else a global one.
    fn whole_of(&self, part: &Function) -> Option<usize> {
        let file = part.source.as_ref()?;
        let own = |name: &str| {
            let name = name.strip_suffix(APART)?;
            Some(
                name.strip_prefix(&format!("{file}:"))
                    .unwrap_or(name)
                    .to_owned(),
            )
        };
        let name = own(&part.name)?;
        let named_apart = format!("{file}:{name}");
        let find = |local: bool| {
            self.functions.iter().position(|function| {
                let source = function.source.as_ref();
                (function.name == name || function.name == named_apart)
                    && source == local.then_some(file)
            })
        };
        find(true).or_else(|| find(false))
    }

    /// The target of an address without relocation: code in the same section. `from` is the offset
    /// of the instruction, and `to` that of the target as if the code around it did not end.
    #[must_use]
    pub fn near(&self, function: usize, from: u64, to: i64) -> Option<Place> {
        let (section, at) = self.parts.address(self, function, from)?;
        let distance = to.checked_sub_unsigned(from)?;
        let (index, offset) = self.parts.at(section, at.checked_add_signed(distance)?)?;
        Some(Place::in_function(index, offset))
    }
}
