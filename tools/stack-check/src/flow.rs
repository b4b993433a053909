// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Follows a function's code along all its ways: whom it calls, how deep its stack is there, and
//! how much stack checks have found by then.

use crate::{
    module::{Module, Place},
    value::{Compared, State, Value, UNCHECKED}, //
};
use iced_x86::{
    Code,
    ConditionCode,
    Decoder,
    DecoderOptions,
    FlowControl,
    Instruction,
    InstructionInfoFactory,
    Mnemonic,
    OpAccess,
    OpKind,
    Register, //
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Whom a call may reach.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Callee {
    /// A function of the module.
    Function(usize),
    /// One of the kernel.
    Kernel(String),
    /// Whatever a pointer leads to.
    Pointer,
}

/// A call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// Whom.
    pub callee: Callee,
    /// Bytes of stack between the entry of the caller and that of the callee.
    pub depth: i64,
    /// Bytes that are left at the entry of the callee, if a check has found that.
    pub left: Option<i64>,
    /// The functions whose address is the second argument, where that is known.
    pub argument: Vec<usize>,
}

/// What a function does to the stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Its calls.
    pub calls: BTreeSet<Call>,
    /// Its own deepest place.
    pub deepest: i64,
    /// Whether it returns at all.
    pub returns: bool,
    /// Bytes that were left at its entry, if it returns only after a check that has found them.
    pub ensures: Option<i64>,
    /// The same, if it is known only for when it returns 0.
    pub ensures_if_zero: Option<i64>,
    /// Functions whose addresses it gives to somebody.
    pub gives: BTreeSet<usize>,
    /// Bytes that its checks ask for.
    pub asks: BTreeSet<i64>,
    /// Its frame grows by what only the running code knows.
    pub unbounded: bool,
}

/// What is known of the machine and of all functions while one of them is followed.
pub struct Known<'a> {
    /// The object.
    pub module: &'a Module,
    /// What is known of each function so far.
    pub summaries: &'a [Summary],
    /// The size of a kernel stack.
    pub stack: u64,
    /// Functions of the kernel that do not return.
    pub ends: &'a dyn Fn(&str) -> bool,
}

const THUNK: &str = "__x86_indirect_thunk_";
const RETURN: &str = "__x86_return_thunk";

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
    // Places that the kernel goes on at by itself, and code behind what looks like an end.
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
        // Nothing real is as deep; a loop that pushes would never end.
        if depth > 1 << 20 {
            self.summary.unbounded = true;
        }
    }

    /// Goes past one instruction.
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

    /// The place that a direct jump or call names.
    fn target(&self, instruction: &Instruction) -> Option<Place> {
        match self.place(instruction) {
            Some((place, _)) => Some(place),
            None => self.known.module.near(
                self.function,
                instruction.near_branch_target().cast_signed(),
            ),
        }
    }

    /// Goes on at all entries of the table that a jump is made by; returns false if it is made by none.
    fn jump_by_table(&mut self, instruction: &Instruction, state: &State, value: &Value) -> bool {
        let module = self.known.module;
        let function = &module.functions[self.function];
        let table = match (value, self.place(instruction)) {
            (Value::Table(table), _) => *table,
            (_, Some((Place::Data(section, at), false))) => Some((section, at)),
            // A call that leaves the function leaves nothing on the stack.
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

    fn branch(&mut self, instruction: &Instruction, state: State) {
        let (mut taken, mut not_taken) = (state.clone(), state);
        let condition = instruction.condition_code();
        match taken.compared {
            Some(Compared::Left { bytes, depth }) => {
                // `bytes` is the first number that is enough.
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
                let half = (self.known.stack / 2).cast_signed();
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

    /// Notes a call, or a jump that leaves the function; returns whether it comes back.
    fn call(&mut self, instruction: &Instruction, state: &mut State, jump: bool) -> bool {
        let mut used = Register::None;
        let places = match instruction.op0_kind() {
            OpKind::Register => {
                used = instruction.op0_register();
                state.get(used)
            }
            OpKind::Memory => match self.place(instruction) {
                Some((place, true)) => Value::Functions(vec![place]),
                _ => Value::Unknown,
            },
            _ => match self.target(instruction) {
                Some(Place::Kernel(name)) if name == RETURN => {
                    self.returns(state);
                    return false;
                }
                Some(Place::Kernel(name)) if name.starts_with(THUNK) => {
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

    fn give(&mut self, value: &Value) {
        if let Value::Functions(places) = value {
            for place in places {
                if let Place::Function(index) = place {
                    self.summary.gives.insert(*index);
                }
            }
        }
    }

    fn give_arguments(&mut self, state: &State, called: Register) {
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

    fn address(&self, instruction: &Instruction) -> Option<Value> {
        let near = || {
            let address = instruction.ip_rel_memory_address().cast_signed();
            let place = instruction
                .is_ip_rel_memory_operand()
                .then(|| self.known.module.near(self.function, address));
            place.flatten().map(|place| (place, false))
        };
        match self.place(instruction).or_else(near)? {
            (place @ (Place::Function(_) | Place::Kernel(_)), _) => {
                Some(Value::Functions(vec![place]))
            }
            (Place::Data(section, at), _) => Some(Value::Table(Some((section, at)))),
            // An address inside the function itself is that of a label, for a computed jump.
            (Place::Inside(..), _) => Some(Value::Table(None)),
        }
    }

    /// The depth of the word that an operand in memory is, if it is in the frame.
    fn frame_word(instruction: &Instruction, state: &State) -> Option<i64> {
        if instruction.memory_index() != Register::None {
            return None;
        }
        match state.get(instruction.memory_base()) {
            Value::Frame(depth) => {
                Some(depth.wrapping_sub(instruction.memory_displacement64().cast_signed()))
            }
            _ => None,
        }
    }

    /// What an instruction that goes on with the next one does.
    fn effect(&mut self, instruction: &Instruction, state: &mut State) {
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
                    Ok(bytes) => state.depth += sign * bytes.cast_signed(),
                    Err(_) => self.summary.unbounded = true,
                }
                return;
            }
            Mnemonic::And if register == Register::RSP => {
                let most = instruction
                    .try_immediate(1)
                    .map_or(0, |mask| -mask.cast_signed() - 1);
                state.depth += most;
                return;
            }
            Mnemonic::And if to_register => {
                if let (Value::Frame(depth), Ok(mask)) =
                    (state.get(register), instruction.try_immediate(1))
                {
                    // Fewer bits are less than what is left, so that a comparison asks for more.
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
                        bytes: bytes.cast_signed(),
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

    fn moved(&mut self, instruction: &Instruction, state: &mut State) {
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
            // A relocation may belong to the place that is written, not to the number.
            _ if instruction.op0_kind() == OpKind::Memory
                && instruction.is_ip_rel_memory_operand() =>
            {
                Value::Unknown
            }
            _ => self.address(instruction).unwrap_or_else(|| {
                instruction
                    .try_immediate(1)
                    .map_or(Value::Unknown, |number| Value::Number(number.cast_signed()))
            }),
        };
        if instruction.op0_kind() == OpKind::Register {
            let register = instruction.op0_register();
            // Half of an address is none.
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

    /// Whatever else: what is written is not known any more, but for what comes from tables.
    fn other(&mut self, instruction: &Instruction, state: &mut State) {
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
