// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What is known at one place of a function's code: how deep its stack is, what its registers hold
//! that matters here, and how much stack a check has found.

use crate::module::Place;
use iced_x86::Register;
use std::collections::BTreeMap;

/// Numbers in code that stand for negative ones.
pub trait Signed {
    /// The same bits as a number with a sign.
    fn signed(self) -> i64;
}

impl Signed for u64 {
    fn signed(self) -> i64 {
        i64::from_ne_bytes(self.to_ne_bytes())
    }
}

/// What a register or a word of the stack holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing that matters.
    Unknown,
    /// The address of one of these functions.
    Functions(Vec<Place>),
    /// An address in the function's own frame, so far below where the function was entered.
    Frame(i64),
    /// How much stack was left when it was so deep.
    Left(i64),
    /// An address in data, or what was loaded from there; with the section and offset, if all ways agree.
    Table(Option<(usize, u64)>),
    /// A number.
    Number(i64),
    /// The answer of a function: if it is 0, so much stack was left at the entry of the function that asked.
    Answer(i64),
}

/// What the next conditional jump decides by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// What was left at this depth, with a number of bytes.
    Left {
        /// The number.
        bytes: i64,
        /// The depth.
        depth: i64,
    },
    /// The highest bit of what was left at this depth with 0: half of the stack, or less.
    Half(i64),
    /// An answer with 0; if it is, so much was left at the entry.
    Answer(i64),
}

impl Value {
    /// What it is if it may be either.
    pub fn join(&mut self, other: &Value) {
        if self == other {
            return;
        }
        *self = match (std::mem::replace(self, Value::Unknown), other) {
            (Value::Functions(mut all), Value::Functions(more)) => {
                all.extend(more.iter().cloned());
                all.sort();
                all.dedup();
                Value::Functions(all)
            }
            (Value::Table(_), Value::Table(_)) => Value::Table(None),
            _ => Value::Unknown,
        };
    }
}

/// What is known at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Bytes pushed since the function was entered.
    pub depth: i64,
    /// Bytes that were left, at the least, when the function was entered: what checks have found.
    pub left: i64,
    registers: [Value; 16],
    words: BTreeMap<i64, Value>,
    /// What was compared last.
    pub compared: Option<Compared>,
}

/// No check has been made.
pub const UNCHECKED: i64 = i64::MIN;

impl State {
    /// Where a function is entered.
    #[must_use]
    pub fn entry() -> Self {
        Self {
            depth: 0,
            left: UNCHECKED,
            registers: std::array::from_fn(|_| Value::Unknown),
            words: BTreeMap::new(),
            compared: None,
        }
    }

    /// What holds whichever way one came; returns whether that is less than before.
    pub fn join(&mut self, other: &State) -> bool {
        let before = self.clone();
        self.depth = self.depth.max(other.depth);
        self.left = self.left.min(other.left);
        for (mine, theirs) in self.registers.iter_mut().zip(&other.registers) {
            mine.join(theirs);
        }
        self.words.retain(|at, _| other.words.contains_key(at));
        for (at, mine) in &mut self.words {
            mine.join(&other.words[at]);
        }
        if self.compared != other.compared {
            self.compared = None;
        }
        *self != before
    }

    /// Ways that come with different answers are followed apart: 0, another number, or anything.
    #[must_use]
    pub fn way(&self) -> u8 {
        match self.registers[Register::RAX.number()] {
            Value::Number(0) => 0,
            Value::Number(_) => 1,
            _ => 2,
        }
    }

    fn index(register: Register) -> Option<usize> {
        let full = register.full_register();
        full.is_gpr64().then(|| full.number())
    }

    /// What a register holds.
    #[must_use]
    pub fn get(&self, register: Register) -> Value {
        match Self::index(register) {
            Some(index) if index == Register::RSP.number() => Value::Frame(self.depth),
            Some(index) => self.registers[index].clone(),
            None => Value::Unknown,
        }
    }

    /// Changes a register; the stack pointer as well, if the value is an address in the frame.
    pub fn set(&mut self, register: Register, value: Value) {
        match (Self::index(register), value) {
            (Some(index), Value::Frame(depth)) if index == Register::RSP.number() => {
                self.depth = depth;
            }
            (Some(index), value) => self.registers[index] = value,
            (None, _) => {}
        }
    }

    /// The word of the frame so far below the entry.
    #[must_use]
    pub fn word(&self, depth: i64) -> Value {
        self.words.get(&depth).cloned().unwrap_or(Value::Unknown)
    }

    /// Changes a word of the frame.
    pub fn set_word(&mut self, depth: i64, value: Value) {
        if value == Value::Unknown {
            self.words.remove(&depth);
        } else {
            self.words.insert(depth, value);
        }
    }

    /// After a call: what callees may change is not known.
    pub fn forget_scratch(&mut self) {
        for register in [
            Register::RAX,
            Register::RCX,
            Register::RDX,
            Register::RSI,
            Register::RDI,
            Register::R8,
            Register::R9,
            Register::R10,
            Register::R11,
        ] {
            self.set(register, Value::Unknown);
        }
        self.compared = None;
    }
}
