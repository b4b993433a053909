// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Follows a function's code along all its paths: which functions it calls, how deep its stack is
//! there, and how much stack checks have found by then.

use crate::{
    module::{Module, Place},
    value::{State, Value, UNCHECKED}, //
};
use iced_x86::{
    Decoder,
    DecoderOptions,
    FlowControl,
    Instruction,
    InstructionInfoFactory,
    Mnemonic,

    OpKind,
    Register, //
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The functions that a call may reach.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Callee {
    /// A function of the module.
    Function(usize),
    /// A function of the kernel.
    Kernel(String),
    /// A function through a pointer.
    Pointer,
}

/// A call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// The callee.
    pub callee: Callee,
    /// Bytes of stack between the entry of the caller and the entry of the callee.
    pub depth: i64,
    /// Bytes that are left at the entry of the callee, if a check has determined them.
    pub left: Option<i64>,
    /// The functions whose address is the second argument, if that is known.
    pub argument: Vec<usize>,
}

/// The effects of a function on the stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Its calls.
    pub calls: BTreeSet<Call>,
    /// The greatest depth of its own frame.
    pub deepest: i64,
    /// Whether it returns at all.
    pub returns: bool,
    /// Bytes that were left at its entry, if it returns only after a check that has determined
    /// them.
    pub ensures: Option<i64>,
    /// The same, if that is known only when it returns 0.
    pub ensures_if_zero: Option<i64>,
    /// Functions whose addresses it passes on or stores.
    pub gives: BTreeSet<usize>,
    /// Bytes that its checks require.
    pub asks: BTreeSet<i64>,
    /// Whether its frame grows by an amount that is known only at run time.
    pub unbounded: bool,
}

/// The known facts about the machine and all functions while one function is followed.
pub struct Known<'a> {
    /// The object.
    pub module: &'a Module,
    /// The known facts about each function so far.
    pub summaries: &'a [Summary],
    /// The size of a kernel stack.
    pub stack: u64,
    /// Functions of the kernel that do not return.
    pub ends: &'a dyn Fn(&str) -> bool,
}

mod call;
mod effect;

struct Walk<'a> {
    known: &'a Known<'a>,
    function: usize,
    instructions: Vec<Instruction>,
    by_offset: HashMap<u64, usize>,
    states: BTreeMap<(usize, u8), State>,
    work: BTreeSet<(usize, u8)>,
    summary: Summary,
    returned: Option<i64>,
    returned_zero: Option<i64>,
    info: InstructionInfoFactory,
}

/// Follows one function.
#[must_use]
pub fn follow(known: &Known<'_>, function: usize) -> Summary {
    let code = &known.module.functions[function].code;
    let instructions: Vec<_> = Decoder::with_ip(64, code, 0, DecoderOptions::NONE)
        .into_iter()
        .collect();
    let by_offset = instructions
        .iter()
        .enumerate()
        .map(|(i, instruction)| (instruction.ip(), i))
        .collect();
    let mut walk = Walk {
        known,
        function,
        instructions,
        by_offset,
        states: BTreeMap::new(),
        work: BTreeSet::new(),
        summary: Summary::default(),
        returned: None,
        returned_zero: None,
        info: InstructionInfoFactory::new(),
    };
    walk.go_to(0, State::entry());
    walk.finish();
    // Places where the kernel itself resumes the code, and code after an apparent end.
    let mut deep = State::entry();
    deep.depth = walk.summary.deepest;
    for &offset in &known.module.functions[function].inside {
        if let Some(&index) = walk.by_offset.get(&offset) {
            if !walk.knows(index) {
                walk.join(index, deep.clone());
            }
        }
    }
    walk.finish();
    for index in 0..walk.instructions.len() {
        let idle = matches!(
            walk.instructions[index].mnemonic(),
            Mnemonic::Nop | Mnemonic::Int3 | Mnemonic::Ud2
        );
        if !walk.knows(index) && !idle {
            walk.join(index, deep.clone());
            walk.finish();
        }
    }
    walk.summary.ensures = walk.returned.filter(|&left| left != UNCHECKED);
    walk.summary.ensures_if_zero = walk.returned_zero.filter(|&left| left != UNCHECKED);
    walk.summary
}

impl Walk<'_> {
    fn go_to(&mut self, offset: u64, state: State) {
        if let Some(&index) = self.by_offset.get(&offset) {
            self.join(index, state);
        }
    }

    fn knows(&self, index: usize) -> bool {
        self.states
            .range((index, 0)..=(index, u8::MAX))
            .next()
            .is_some()
    }

    fn join(&mut self, index: usize, state: State) {
        let at = (index, state.way());
        let changed = match self.states.get_mut(&at) {
            Some(before) => before.join(&state),
            None => {
                self.states.insert(at, state);
                true
            }
        };
        if changed {
            self.work.insert(at);
        }
    }

    fn finish(&mut self) {
        while let Some(at) = self.work.pop_first() {
            let state = self.states[&at].clone();
            self.step(at.0, state);
        }
    }

    fn place(&self, instruction: &Instruction) -> Option<(Place, bool)> {
        let from = instruction.ip();
        let after = instruction.next_ip();
        let module = self.known.module;
        let references = &module.functions[self.function].references;
        let (&at, _) = references.range(from..after).next()?;
        let reference = module.reference(self.function, at, after)?;
        Some((reference.place, reference.through_table))
    }

    fn deeper(&mut self, depth: i64) {
        self.summary.deepest = self.summary.deepest.max(depth);
        // No real frame is as deep; without this bound, following a loop that pushes would never
        // end.
        if depth > 1 << 20 {
            self.summary.unbounded = true;
        }
    }

    /// Follows one instruction.
    fn step(&mut self, index: usize, mut state: State) {
        let instruction = self.instructions[index];
        self.deeper(state.depth);
        match instruction.flow_control() {
            FlowControl::Next => {
                self.effect(&instruction, &mut state);
                self.deeper(state.depth);
                self.go_to(instruction.next_ip(), state);
            }
            FlowControl::Call | FlowControl::IndirectCall => {
                if self.call(&instruction, &mut state, false) {
                    self.go_to(instruction.next_ip(), state);
                }
            }
            FlowControl::UnconditionalBranch => match self.target(&instruction) {
                Some(Place::Inside(function, offset)) if function == self.function => {
                    self.go_to(offset, state)
                }
                Some(Place::Function(function)) if function == self.function && state.depth > 0 => {
                    self.go_to(0, state);
                }
                _ => {
                    self.call(&instruction, &mut state, true);
                }
            },
            FlowControl::ConditionalBranch => self.branch(&instruction, state),
            FlowControl::IndirectBranch => {
                let value = match instruction.op0_kind() {
                    OpKind::Memory => state.get(instruction.memory_base()),
                    _ => state.get(instruction.op0_register()),
                };
                if !self.jump_by_table(&instruction, &state, &value) {
                    self.call(&instruction, &mut state, true);
                }
            }
            FlowControl::Return => self.returns(&state),
            FlowControl::Interrupt | FlowControl::Exception | FlowControl::XbeginXabortXend => {
                if instruction.mnemonic() == Mnemonic::Int {
                    self.go_to(instruction.next_ip(), state);
                }
            }
        }
    }

    fn returns(&mut self, state: &State) {
        self.summary.returns = true;
        self.returned = Some(
            self.returned
                .map_or(state.left, |left| left.min(state.left)),
        );
        let left = match state.get(Register::RAX) {
            Value::Number(number) if number != 0 => return,
            Value::Answer(left) => left.max(state.left),
            _ => state.left,
        };
        self.returned_zero = Some(self.returned_zero.map_or(left, |least| least.min(left)));
    }
}
