// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Calls and jumps: their targets, and the known facts after they return.

use super::{Call, Callee, Walk};
use crate::{
    module::Place,
    value::{Compared, Signed, State, Value, UNCHECKED}, //
};
use iced_x86::{ConditionCode, Instruction, OpKind, Register};
use std::collections::BTreeSet;

const THUNK: &str = "__x86_indirect_thunk_";
const RETURN: &str = "__x86_return_thunk";

impl Walk<'_> {
    /// The place that a direct jump or call names.
    pub(super) fn target(&self, instruction: &Instruction) -> Option<Place> {
        match self.place(instruction) {
            Some((place, _)) => Some(place),
            None => self.known.module.near(
                self.function,
                instruction.ip(),
                instruction.near_branch_target().signed(),
            ),
        }
    }

    /// Continues at all entries of the table that a jump uses. Returns false if it uses no table.
    pub(super) fn jump_by_table(
        &mut self,
        instruction: &Instruction,
        state: &State,
        value: &Value,
    ) -> bool {
        let module = self.known.module;
        let function = &module.functions[self.function];
        let table = match (value, self.place(instruction)) {
            (Value::Table(table), _) => *table,
            (_, Some((Place::Data(section, at), false))) => Some((section, at)),
            // A jump that leaves the function leaves nothing on the stack.
            _ if state.depth > 0 && !function.inside.is_empty() => None,
            _ => return false,
        };
        let targets = table
            .and_then(|table| function.tables.get(&table))
            .unwrap_or(&function.inside);
        for &offset in targets {
            self.go_to(offset, state.clone());
        }
        true
    }

    pub(super) fn branch(&mut self, instruction: &Instruction, state: State) {
        let (mut taken, mut not_taken) = (state.clone(), state);
        let condition = instruction.condition_code();
        match taken.compared {
            Some(Compared::Left { bytes, depth }) => {
                // `bytes` is the least sufficient number.
                let (enough, bytes) = match condition {
                    ConditionCode::b => (Some(&mut not_taken), bytes),
                    ConditionCode::be => (Some(&mut not_taken), bytes + 1),
                    ConditionCode::ae => (Some(&mut taken), bytes),
                    ConditionCode::a => (Some(&mut taken), bytes + 1),
                    _ => (None, bytes),
                };
                if let Some(state) = enough {
                    self.summary.asks.insert(bytes);
                    state.left = state.left.max(bytes + depth);
                }
            }
            Some(Compared::Half(depth)) => {
                let half = (self.known.stack / 2).signed();
                let enough = match condition {
                    ConditionCode::e => Some(&mut not_taken),
                    ConditionCode::ne => Some(&mut taken),
                    _ => None,
                };
                if let Some(state) = enough {
                    self.summary.asks.insert(half);
                    state.left = state.left.max(half + depth);
                }
            }
            Some(Compared::Answer(left)) => {
                let zero = match condition {
                    ConditionCode::e => Some(&mut taken),
                    ConditionCode::ne => Some(&mut not_taken),
                    _ => None,
                };
                if let Some(state) = zero {
                    state.left = state.left.max(left);
                }
            }
            None => {}
        }
        taken.compared = None;
        not_taken.compared = None;
        match self.target(instruction) {
            Some(Place::Inside(function, offset)) if function == self.function => {
                self.go_to(offset, taken)
            }
            Some(Place::Function(function)) if function == self.function && taken.depth > 0 => {
                self.go_to(0, taken)
            }
            _ => {
                self.call(instruction, &mut taken, true);
            }
        }
        self.go_to(instruction.next_ip(), not_taken);
    }

    /// Records a call, or a jump that leaves the function. Returns whether it returns.
    pub(super) fn call(
        &mut self,
        instruction: &Instruction,
        state: &mut State,
        jump: bool,
    ) -> bool {
        let mut used = Register::None;
        let places = match instruction.op0_kind() {
            OpKind::Register => {
                used = instruction.op0_register();
                state.get(used)
            }
            OpKind::Memory => match self.place(instruction) {
                // A kernel variable such as pv_ops points to functions of the kernel.
                Some((place, true)) | Some((place @ Place::Kernel(_), false)) => {
                    Value::Functions(vec![place])
                }
                _ => Value::Unknown,
            },
            _ => match self.target(instruction) {
                Some(Place::Kernel(name)) if name == RETURN => {
                    // As a mitigation on some processors, the thunk returns by a call of its own.
                    self.deeper(state.depth + 8);
                    self.returns(state);
                    return false;
                }
                Some(Place::Kernel(name)) if name.starts_with(THUNK) => {
                    // The thunk replaces a return address of its own.
                    self.deeper(state.depth + if jump { 8 } else { 16 });
                    used = thunk_register(&name);
                    let value = state.get(used);
                    if jump && self.jump_by_table(instruction, state, &value) {
                        return false;
                    }
                    value
                }
                Some(place) => Value::Functions(vec![place]),
                None => Value::Unknown,
            },
        };
        self.give_arguments(state, used);
        let second = state.get(Register::RSI);
        let depth = state.depth + if jump { 0 } else { 8 };
        let left = (state.left != UNCHECKED).then(|| state.left - depth);
        let mut callees = BTreeSet::new();
        if let Value::Functions(places) = &places {
            for place in places {
                callees.insert(match place {
                    Place::Function(index) | Place::Inside(index, _) => Callee::Function(*index),
                    Place::Kernel(name) => Callee::Kernel(name.clone()),
                    Place::Data(..) => Callee::Pointer,
                });
            }
        } else {
            callees.insert(Callee::Pointer);
        }
        let mut comes_back = false;
        let mut ensured: Option<i64> = None;
        let mut answer: Option<i64> = None;
        let least = |before: &mut Option<i64>, left: Option<i64>| {
            let left = left.map_or(UNCHECKED, |left| left + depth);
            *before = Some(before.map_or(left, |least| least.min(left)));
        };
        for callee in callees {
            let (returns, ensures, if_zero) = match &callee {
                Callee::Function(index) => {
                    let summary = &self.known.summaries[*index];
                    (summary.returns, summary.ensures, summary.ensures_if_zero)
                }
                Callee::Kernel(name) => (!(self.known.ends)(name), None, None),
                Callee::Pointer => (true, None, None),
            };
            self.deeper(depth);
            let argument = match (&callee, &second) {
                (Callee::Function(_), Value::Functions(places)) => places
                    .iter()
                    .filter_map(|place| match place {
                        Place::Function(index) => Some(*index),
                        _ => None,
                    })
                    .collect(),
                _ => Vec::new(),
            };
            self.summary.calls.insert(Call {
                callee,
                depth,
                left,
                argument,
            });
            if returns {
                least(&mut ensured, ensures);
                least(&mut answer, if_zero);
                comes_back = true;
            }
        }
        state.left = state.left.max(ensured.unwrap_or(UNCHECKED));
        state.forget_scratch();
        if let Some(left) = answer.filter(|&left| left != UNCHECKED) {
            state.set(Register::RAX, Value::Answer(left));
        }
        if jump && comes_back {
            self.returns(&state.clone());
        }
        comes_back
    }

    pub(super) fn give_arguments(&mut self, state: &State, called: Register) {
        for register in [
            Register::RDI,
            Register::RSI,
            Register::RDX,
            Register::RCX,
            Register::R8,
            Register::R9,
        ] {
            if called.full_register() != register {
                self.give(&state.get(register));
            }
        }
    }
}

fn thunk_register(name: &str) -> Register {
    match &name[THUNK.len()..] {
        "rax" => Register::RAX,
        "rbx" => Register::RBX,
        "rcx" => Register::RCX,
        "rdx" => Register::RDX,
        "rsi" => Register::RSI,
        "rdi" => Register::RDI,
        "rbp" => Register::RBP,
        "r8" => Register::R8,
        "r9" => Register::R9,
        "r10" => Register::R10,
        "r11" => Register::R11,
        "r12" => Register::R12,
        "r13" => Register::R13,
        "r14" => Register::R14,
        "r15" => Register::R15,
        _ => Register::None,
    }
}
