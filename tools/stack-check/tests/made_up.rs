// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Checks made-up objects: problems are found, and a correct object has none.

use iced_x86::code_asm::*;
use object::{
    write::{Object, Relocation, SectionId, StandardSection, Symbol, SymbolId, SymbolSection},
    Architecture, BinaryFormat, Endianness, RelocationFlags, SectionKind, SymbolFlags, SymbolKind,
    SymbolScope,
};
use stack_check::{graph, list::List, module::Module};

const R_X86_64_64: u32 = 1;
const R_X86_64_PLT32: u32 = 4;

/// A jump to the next callee.
const JUMP: &[u8] = &[0xe9, 0, 0, 0, 0];
/// A call through a variable, which the next callee names.
const CALL_THROUGH: &[u8] = &[0xff, 0x15, 0, 0, 0, 0];

/// An object that is being made.
struct Made {
    object: Object<'static>,
}

impl Made {
    fn new() -> Self {
        Self {
            object: Object::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little),
        }
    }

    /// Returns the symbol of a function. It is a function of the kernel until [`code`](Self::code)
    /// makes it.
    fn name(&mut self, name: &str) -> SymbolId {
        if let Some(id) = self.object.symbol_id(name.as_bytes()) {
            return id;
        }
        self.object.add_symbol(Symbol {
            name: name.into(),
            value: 0,
            size: 0,
            kind: SymbolKind::Text,
            scope: if name.ends_with(".cold") {
                SymbolScope::Compilation
            } else {
                SymbolScope::Linkage
            },
            weak: false,
            section: SymbolSection::Undefined,
            flags: SymbolFlags::None,
        })
    }

    /// The section of a function, or of a separate part.
    fn section(&mut self, name: &str) -> SectionId {
        if name.ends_with(".cold") {
            let name = b".text.unlikely".to_vec();
            self.object.add_section(Vec::new(), name, SectionKind::Text)
        } else {
            self.object.section_id(StandardSection::Text)
        }
    }

    /// Makes a function. Each call of address 0, [`JUMP`] and [`CALL_THROUGH`] refers to the next of
    /// `callees`, which may be `NAME+OFFSET`.
    fn code(
        &mut self,
        name: &str,
        callees: &[&str],
        write: impl Fn(&mut CodeAssembler) -> Result<(), IcedError>,
    ) {
        let mut assembler = CodeAssembler::new(64).unwrap();
        write(&mut assembler).unwrap();
        let code = assembler.assemble(0).unwrap();
        let id = self.name(name);
        let section = self.section(name);
        let start = self.object.add_symbol_data(id, section, &code, 16);
        let mut callees = callees.iter();
        for instruction in iced_x86::Decoder::new(64, &code, 0) {
            let target = instruction.near_branch_target();
            let refers = instruction.is_call_near() && target == 0
                || instruction.is_jmp_near() && target == instruction.next_ip()
                || instruction.is_call_near_indirect() && instruction.is_ip_rel_memory_operand();
            if refers {
                let callee = callees.next().expect("a callee for each call");
                let (callee, beyond) = callee.split_once('+').unwrap_or((callee, "0"));
                let symbol = self.name(callee);
                self.object
                    .add_relocation(
                        section,
                        Relocation {
                            offset: start + instruction.next_ip() - 4,
                            symbol,
                            addend: beyond.parse::<i64>().unwrap() - 4,
                            flags: RelocationFlags::Elf {
                                r_type: R_X86_64_PLT32,
                            },
                        },
                    )
                    .unwrap();
            }
        }
        assert!(callees.next().is_none(), "each callee is called");
    }

    /// A variable that holds the address of a function.
    fn holder(&mut self, name: &str, function: &str) {
        let symbol = self.name(function);
        let section = self.object.section_id(StandardSection::Data);
        let id = self.object.add_symbol(Symbol {
            name: name.into(),
            value: 0,
            size: 8,
            kind: SymbolKind::Data,
            scope: SymbolScope::Compilation,
            weak: false,
            section: SymbolSection::Undefined,
            flags: SymbolFlags::None,
        });
        let offset = self.object.add_symbol_data(id, section, &[0; 8], 8);
        self.object
            .add_relocation(
                section,
                Relocation {
                    offset,
                    symbol,
                    addend: 0,
                    flags: RelocationFlags::Elf {
                        r_type: R_X86_64_64,
                    },
                },
            )
            .unwrap();
    }

    /// The problems that a list with these entries finds.
    fn problems(&self, entries: &str) -> Vec<String> {
        self.problems_of(&list(entries))
    }

    fn problems_of(&self, list: &List) -> Vec<String> {
        let module = Module::read(&self.object.write().unwrap()).unwrap();
        graph::check(&module, list).problems
    }
}

/// A list with these entries.
fn list(entries: &str) -> List {
    let stack = "[stack]\nsize = 16384\nabove = 3072\nreserve = 3072\n";
    List::read(&(stack.to_string() + entries)).unwrap()
}

/// Calls what a register points to.
fn call_through_pointer() -> impl Fn(&mut CodeAssembler) -> Result<(), IcedError> {
    |a| {
        a.push(rbx)?;
        a.call(rax)?;
        a.pop(rbx)?;
        a.ret()
    }
}

/// Calls the next callee with a frame of `frame` bytes.
fn call(frame: i32) -> impl Fn(&mut CodeAssembler) -> Result<(), IcedError> {
    move |a| {
        a.sub(rsp, frame)?;
        a.call(0)?;
        a.add(rsp, frame)?;
        a.ret()
    }
}

/// The same after a check, with another callee if less than `bytes` are left.
fn checked(bytes: i32, frame: i32) -> impl Fn(&mut CodeAssembler) -> Result<(), IcedError> {
    move |a| {
        let mut low = a.create_label();
        a.sub(rsp, frame)?;
        a.mov(rax, rsp)?;
        a.and(eax, 0x3fff)?;
        a.cmp(rax, bytes)?;
        a.jb(low)?;
        a.call(0)?;
        a.set_label(&mut low)?;
        a.add(rsp, frame)?;
        a.ret()
    }
}

const CHECK: &str = "[[check]]\nfunction = 'checks'\nbytes = 2048\nreason = ''\n";

fn one(problems: &[String], text: &str) {
    assert!(
        problems.len() == 1 && problems[0].contains(text),
        "{problems:#?} instead of {text}"
    );
}

#[test]
fn a_recursion_without_a_check_is_found() {
    let mut made = Made::new();
    made.code("first", &["second"], call(40));
    made.code("second", &["first"], call(24));
    let problems = made.problems("");
    one(&problems, "a recursion without a check");
    assert!(problems[0].contains("first -> second") && problems[0].contains("second -> first"));
}

/// The way in which upstream's parser looks up names, see `0016-parser.patch`.
#[test]
fn a_recursion_between_two_checks_is_found() {
    let mut made = Made::new();
    made.code("checks", &["buildvar"], checked(7168, 40));
    made.code("buildvar", &["singlevaraux"], call(56));
    made.code("singlevaraux", &["singlevaraux"], call(88));
    let problems = made.problems(CHECK);
    one(&problems[..1], "a recursion without a check");
    assert!(problems[0].contains("singlevaraux -> singlevaraux"));
}

#[test]
fn a_check_makes_it_sound() {
    let mut made = Made::new();
    made.code("checks", &["body"], checked(7168, 40));
    made.code("body", &["checks"], call(600));
    assert_eq!(made.problems(CHECK), [""; 0]);
}

#[test]
fn a_check_that_is_not_on_the_list_is_found() {
    let mut made = Made::new();
    made.code("checks", &["body"], checked(7168, 40));
    made.code("body", &["checks"], call(600));
    one(&made.problems(""), "checks checks the stack");
}

#[test]
fn a_way_that_is_too_long_is_found() {
    let mut made = Made::new();
    made.code("checks", &["body"], checked(4096, 40));
    made.code("body", &["kmalloc"], call(1200));
    let problems = made.problems(CHECK);
    one(
        &problems,
        "below checks 4280 bytes are needed, and 4088 are left",
    );
    assert!(problems[0].contains("kmalloc (the kernel)"));
}

#[test]
fn a_turn_that_takes_more_than_the_list_says_is_found() {
    let mut made = Made::new();
    made.code("checks", &["body"], checked(14000, 40));
    made.code("body", &["work"], call(3000));
    one(
        &made.problems(CHECK),
        "a turn through checks takes 3056 bytes",
    );
}

#[test]
fn a_recursion_through_a_pointer_is_found() {
    let mut made = Made::new();
    made.code("caller", &[], call_through_pointer());
    made.code("called", &["caller"], call(24));
    made.holder("table", "called");
    let problems = made.problems("");
    assert!(problems
        .iter()
        .any(|text| text.contains("caller calls through a pointer")));
    assert!(problems
        .iter()
        .any(|text| text.contains("the address of called is taken (by table)")));
    let problems =
        made.problems("[[pointer]]\nwhat = ''\nfrom = ['caller']\nheld_by = ['table']\n");
    one(&problems, "a recursion without a check");
}

#[test]
fn an_entry_that_fits_nothing_is_found() {
    let mut made = Made::new();
    made.code("first", &["work"], call(24));
    one(
        &made.problems(CHECK),
        "check: checks does not check the stack",
    );
    let bounded = "[[bounded]]\nfrom = 'first'\nto = 'first'\nturns = 1\nreason = ''\n";
    one(
        &made.problems(bounded),
        "bounded: first does not call first",
    );
    let pointer = "[[pointer]]\nwhat = 'x'\nfrom = ['caller']\nto = ['first']\n";
    one(&made.problems(pointer), "nothing fits \"caller\"");
}

#[test]
fn a_bound_counts_the_turns() {
    let mut made = Made::new();
    made.code("checks", &["halves"], checked(8192, 40));
    made.code("halves", &["halves"], call(120));
    let bounded = |turns: u32| {
        format!(
            "{CHECK}[[bounded]]\nfrom = 'halves'\nto = 'halves'\nturns = {turns}\nreason = ''\n"
        )
    };
    assert_eq!(made.problems(&bounded(14)), [""; 0]);
    one(&made.problems(&bounded(31)), "a turn through checks takes");
    let problems = made.problems(&bounded(80));
    assert!(problems[0].contains("below checks"), "{problems:#?}");
}

/// GCC moves code that is seldom executed to a part of its own, from where it jumps back.
#[test]
fn a_part_that_lies_apart_belongs_to_its_function() {
    let mut made = Made::new();
    made.code("checks", &["grows"], checked(3100, 40));
    made.code("grows", &["grows.cold"], |a| {
        a.sub(rsp, 40)?;
        a.db(JUMP)?;
        a.add(rsp, 40)?;
        a.ret()
    });
    made.code("grows.cold", &["kmalloc", "grows+9"], |a| {
        a.call(0)?;
        a.db(JUMP)
    });
    one(
        &made.problems(CHECK),
        "below checks 3120 bytes are needed, and 3092 are left",
    );
    let enough = "[[kernel]]\nfunctions = ['kmalloc']\nbytes = 3000\nreason = ''\n";
    assert_eq!(made.problems(&(CHECK.to_string() + enough)), [""; 0]);
}

#[test]
fn a_part_of_no_function_is_refused() {
    let mut made = Made::new();
    made.code("lost.cold", &["kmalloc"], call(24));
    let error = Module::read(&made.object.write().unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "lost.cold is a part of no function");
}

#[test]
fn a_variable_of_the_kernel_leads_to_the_kernel() {
    let mut made = Made::new();
    made.code("checks", &["switches"], checked(3000, 40));
    made.code("switches", &["pv_ops+220"], |a| {
        a.db(CALL_THROUGH)?;
        a.ret()
    });
    let problems = made.problems(CHECK);
    one(&problems, "below checks 3080 bytes are needed");
    assert!(problems[0].contains("pv_ops (the kernel)"));
}

#[test]
fn a_list_extends_another_one() {
    let mut made = Made::new();
    made.code("caller", &[], call_through_pointer());
    made.code("called", &["work"], call(24));
    made.holder("table", "called");
    let base = "[[pointer]]\nwhat = 'x'\nfrom = ['nobody']\nto = ['called']\n\
        [[bounded]]\nfrom = 'nobody'\nto = '*'\nturns = 1\nreason = ''\n";
    let own = "[[pointer]]\nwhat = 'x'\nfrom = ['caller']\n";
    assert_eq!(made.problems_of(&list(own).extending(list(base))), [""; 0]);
    // Without the other list the kind has no targets in the module.
    one(&made.problems(own), "the address of called is taken");
    // The entries of the last list must be in use, and checks must exist in any case.
    let unused = own.to_string() + "[[entry]]\nwhat = 'y'\nto = ['none']\n";
    one(
        &made.problems_of(&list(&unused).extending(list(base))),
        "entry \"y\": nothing fits \"none\"",
    );
    let check = base.to_string() + CHECK;
    one(
        &made.problems_of(&list(own).extending(list(&check))),
        "check: checks does not check the stack",
    );
}

#[test]
fn the_first_of_two_bounds_is_that_of_the_last_list() {
    let mut made = Made::new();
    made.code("checks", &["halves"], checked(8192, 40));
    made.code("halves", &["halves"], call(120));
    let bounded = |turns: u32| {
        format!("[[bounded]]\nfrom = 'halves'\nto = '*'\nturns = {turns}\nreason = ''\n")
    };
    let base = CHECK.to_string() + &bounded(80);
    let extended = list(&bounded(2)).extending(list(&base));
    assert_eq!(made.problems_of(&extended), [""; 0]);
}
