// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The known facts at one place of a function's code: how deep its stack is, the relevant contents
//! of its registers, and how much stack a check has found.

use crate::module::Place;
use iced_x86::Register;
use std::collections::BTreeMap;

/// Unsigned numbers in code that stand for negative numbers.
pub trait Signed {
    /// The same bits as a signed number.
    fn signed(self) -> i64;
}

impl Signed for u64 {
    fn signed(self) -> i64 {
        i64::from_ne_bytes(self.to_ne_bytes())
    }
}

/// The value of a register or of a word of the stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// No relevant value.
    Unknown,
    /// The address of one of these functions.
    Functions(Vec<Place>),
    /// An address in the function's own frame: the distance below its entry.
    Frame(i64),
    /// The stack that was left at this depth.
    Left(i64),
    /// An address in data, or a value that was loaded from there; with the section and offset, if
    /// all paths agree.
    Table(Option<(usize, u64)>),
    /// A number.
    Number(i64),
    /// The result of a function. If it is 0, this many bytes were left at the entry of the calling
    /// function.
    Answer(i64),
}

/// The comparison that decides the next conditional jump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// The bytes that were left at this depth, compared with a number.
    Left {
        /// The number.
        bytes: i64,
        /// The depth.
        depth: i64,
    },
    /// The highest bit of the bytes that were left at this depth, compared with 0: half of the
    /// stack, or less.
    Half(i64),
    /// A result, compared with 0. If it is 0, this many bytes were left at the entry.
    Answer(i64),
}

impl Value {
    /// Changes it to the value that covers both.
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

/// The known facts at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Bytes pushed since the function was entered.
    pub depth: i64,
    /// The least number of bytes that were left when the function was entered, as determined by
    /// checks.
    pub left: i64,
    registers: [Value; 16],
    words: BTreeMap<i64, Value>,
    /// The last comparison.
    pub compared: Option<Compared>,
}

/// No check has been made.
pub const UNCHECKED: i64 = i64::MIN;

impl State {
    /// The state at the entry of a function.
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

    /// Keeps only the facts that hold on both paths. Returns whether that changed the state.
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

    /// Paths with different results are followed separately: 0, another number, or anything.
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

    /// The value of a register.
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

    /// The word of the frame at this depth below the entry.
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

    /// After a call, forgets everything that callees may change.
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
