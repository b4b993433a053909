// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The effects of instructions on registers and on the frame.

use super::Walk;
use crate::{
    module::Place,
    value::{Compared, Signed, State, Value}, //
};
use iced_x86::{Code, ConditionCode, Instruction, Mnemonic, OpAccess, OpKind, Register};

impl Walk<'_> {
    pub(super) fn give(&mut self, value: &Value) {
        if let Value::Functions(places) = value {
            for place in places {
                if let Place::Function(index) = place {
                    self.summary.gives.insert(*index);
                }
            }
        }
    }

    pub(super) fn address(&self, instruction: &Instruction) -> Option<Value> {
        let near = || {
            let address = instruction.ip_rel_memory_address().signed();
            let place = instruction.is_ip_rel_memory_operand().then(|| {
                self.known
                    .module
                    .near(self.function, instruction.ip(), address)
            });
            place.flatten().map(|place| (place, false))
        };
        match self.place(instruction).or_else(near)? {
            (place @ (Place::Function(_) | Place::Kernel(_)), _) => {
                Some(Value::Functions(vec![place]))
            }
            (Place::Data(section, at), _) => Some(Value::Table(Some((section, at)))),
            // An address inside the function itself is the address of a label for a computed jump.
            (Place::Inside(..), _) => Some(Value::Table(None)),
        }
    }

    /// The depth of the word that a memory operand refers to, if it is in the frame.
    pub(super) fn frame_word(instruction: &Instruction, state: &State) -> Option<i64> {
        if instruction.memory_index() != Register::None {
            return None;
        }
        match state.get(instruction.memory_base()) {
            Value::Frame(depth) => {
                Some(depth.wrapping_sub(instruction.memory_displacement64().signed()))
            }
            _ => None,
        }
    }

    /// Applies the effect of an instruction that continues with the next one.
    pub(super) fn effect(&mut self, instruction: &Instruction, state: &mut State) {
        let register = instruction.op0_register();
        let to_register = instruction.op0_kind() == OpKind::Register;
        match instruction.mnemonic() {
            Mnemonic::Push => {
                let value = if to_register {
                    state.get(register)
                } else {
                    Value::Unknown
                };
                self.give(&value);
                state.depth += 8;
                state.set_word(state.depth, value);
                return;
            }
            Mnemonic::Pop => {
                let value = state.word(state.depth);
                state.depth -= 8;
                if to_register {
                    state.set(register, value);
                }
                return;
            }
            Mnemonic::Pushfq => return state.depth += 8,
            Mnemonic::Popfq => return state.depth -= 8,
            Mnemonic::Leave => {
                match state.get(Register::RBP) {
                    Value::Frame(depth) => state.depth = depth,
                    _ => self.summary.unbounded = true,
                }
                let value = state.word(state.depth);
                state.depth -= 8;
                return state.set(Register::RBP, value);
            }
            Mnemonic::Sub | Mnemonic::Add if register == Register::RSP => {
                let sign = if instruction.mnemonic() == Mnemonic::Sub {
                    1
                } else {
                    -1
                };
                match instruction.try_immediate(1) {
                    Ok(bytes) => state.depth += sign * bytes.signed(),
                    Err(_) => self.summary.unbounded = true,
                }
                return;
            }
            Mnemonic::And if register == Register::RSP => {
                let most = instruction
                    .try_immediate(1)
                    .map_or(0, |mask| -mask.signed() - 1);
                state.depth += most;
                return;
            }
            Mnemonic::And if to_register => {
                if let (Value::Frame(depth), Ok(mask)) =
                    (state.get(register), instruction.try_immediate(1))
                {
                    // Fewer bits give a number below the bytes that are left, so a comparison
                    // requires at least as many.
                    if mask & !(self.known.stack - 1) == 0 && mask & self.known.stack >> 1 != 0 {
                        state.set(register, Value::Left(depth));
                        return;
                    }
                }
            }
            Mnemonic::Cmp => {
                state.compared = match (
                    to_register.then(|| state.get(register)),
                    instruction.try_immediate(1),
                ) {
                    (Some(Value::Left(depth)), Ok(bytes)) => Some(Compared::Left {
                        bytes: bytes.signed(),
                        depth,
                    }),
                    (Some(Value::Answer(left)), Ok(0)) => Some(Compared::Answer(left)),
                    _ => None,
                };
                return;
            }
            Mnemonic::Test
                if to_register
                    && instruction.try_immediate(1).ok() == Some(self.known.stack / 2) =>
            {
                state.compared = match state.get(register) {
                    Value::Frame(depth) => Some(Compared::Half(depth)),
                    _ => None,
                };
                return;
            }
            Mnemonic::Test if to_register && instruction.op1_kind() == OpKind::Register => {
                state.compared = match state.get(register) {
                    Value::Answer(left) if instruction.op1_register() == register => {
                        Some(Compared::Answer(left))
                    }
                    _ => None,
                };
                return;
            }
            Mnemonic::Setb | Mnemonic::Setbe if to_register => {
                let more = i64::from(instruction.mnemonic() == Mnemonic::Setbe);
                let value = match state.compared {
                    Some(Compared::Left { bytes, depth }) => {
                        self.summary.asks.insert(bytes + more);
                        Value::Answer(bytes + more + depth)
                    }
                    _ => Value::Unknown,
                };
                return state.set(register, value);
            }
            Mnemonic::Xor
                if to_register
                    && instruction.op1_kind() == OpKind::Register
                    && instruction.op1_register() == register =>
            {
                state.compared = None;
                return state.set(register, Value::Number(0));
            }
            Mnemonic::Lea => {
                let value = if let Some(depth) = Self::frame_word(instruction, state) {
                    Value::Frame(depth)
                } else {
                    self.address(instruction).unwrap_or_else(|| {
                        match state.get(instruction.memory_base()) {
                            value @ Value::Table(_) => value,
                            _ => Value::Unknown,
                        }
                    })
                };
                if register == Register::RSP && !matches!(value, Value::Frame(_)) {
                    self.summary.unbounded = true;
                }
                return state.set(register, value);
            }
            Mnemonic::Mov | Mnemonic::Movsxd | Mnemonic::Movzx => {
                return self.moved(instruction, state)
            }
            _ => {}
        }
        self.other(instruction, state);
    }

    pub(super) fn moved(&mut self, instruction: &Instruction, state: &mut State) {
        let value = match instruction.op1_kind() {
            OpKind::Register => state.get(instruction.op1_register()),
            OpKind::Memory => match (
                Self::frame_word(instruction, state),
                self.place(instruction),
            ) {
                (Some(depth), _) => state.word(depth),
                (None, Some((place, true))) => match place {
                    Place::Data(section, at) => Value::Table(Some((section, at))),
                    Place::Inside(..) => Value::Table(None),
                    place => Value::Functions(vec![place]),
                },
                (None, Some((Place::Data(section, at), false))) => {
                    Value::Table(Some((section, at)))
                }
                (None, _) => match (
                    state.get(instruction.memory_base()),
                    state.get(instruction.memory_index()),
                ) {
                    (value @ Value::Table(_), _) | (_, value @ Value::Table(_)) => value,
                    _ => Value::Unknown,
                },
            },
            // A relocation may belong to the destination, not to the number.
            _ if instruction.op0_kind() == OpKind::Memory
                && instruction.is_ip_rel_memory_operand() =>
            {
                Value::Unknown
            }
            _ => self.address(instruction).unwrap_or_else(|| {
                instruction
                    .try_immediate(1)
                    .map_or(Value::Unknown, |number| Value::Number(number.signed()))
            }),
        };
        if instruction.op0_kind() == OpKind::Register {
            let register = instruction.op0_register();
            // Half of an address is not an address.
            let whole = register.is_gpr64()
                || register.is_gpr32()
                    && matches!(
                        value,
                        Value::Functions(_)
                            | Value::Frame(_)
                            | Value::Left(_)
                            | Value::Table(_)
                            | Value::Number(_)
                            | Value::Answer(_)
                    );
            if register == Register::RSP && !matches!(value, Value::Frame(_)) {
                self.summary.unbounded = true;
            }
            if register == Register::RSP && matches!(value, Value::Unknown) {
                return;
            }
            return state.set(register, if whole { value } else { Value::Unknown });
        }
        self.give(&value);
        if let Some(depth) = Self::frame_word(instruction, state) {
            state.set_word(depth, value);
        }
    }

    /// For all other instructions: values that are written become unknown, except those that come
    /// from tables.
    pub(super) fn other(&mut self, instruction: &Instruction, state: &mut State) {
        let mut written = Vec::new();
        let mut table = None;
        let mut given = Vec::new();
        let conditional =
            instruction.condition_code() != ConditionCode::None && instruction.op_count() == 2;
        let tests = instruction.mnemonic() == Mnemonic::Test;
        for used in self.info.info(instruction).used_registers() {
            let value = state.get(used.register());
            let reads = !matches!(used.access(), OpAccess::Write | OpAccess::CondWrite);
            if reads && matches!(value, Value::Table(_)) {
                table = Some(value.clone());
            }
            if reads && !tests && !conditional {
                given.push(value);
            }
            if !matches!(used.access(), OpAccess::Read | OpAccess::CondRead) {
                written.push(used.register());
            }
        }
        for value in given {
            self.give(&value);
        }
        if conditional && instruction.op1_kind() == OpKind::Register {
            let mut both = state.get(instruction.op0_register());
            join_values(&mut both, &state.get(instruction.op1_register()));
            return state.set(instruction.op0_register(), both);
        }
        for register in written {
            if register.full_register() == Register::RSP {
                self.summary.unbounded |=
                    !matches!(instruction.code(), Code::Nopw | Code::Nopd | Code::Nopq);
                continue;
            }
            state.set(register, table.clone().unwrap_or(Value::Unknown));
        }
        state.compared = None;
    }
}

fn join_values(one: &mut Value, other: &Value) {
    one.join(other);
}
