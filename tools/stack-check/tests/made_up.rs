// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Checks made-up objects: problems are found, and a correct object has none.

use iced_x86::code_asm::*;
use object::{
    write::{Object, Relocation, Symbol, SymbolId, SymbolSection},
    Architecture, BinaryFormat, Endianness, RelocationFlags, SymbolFlags, SymbolKind, SymbolScope,
};
use stack_check::{graph, list::List, module::Module};

const R_X86_64_64: u32 = 1;
const R_X86_64_PLT32: u32 = 4;

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
            scope: SymbolScope::Linkage,
            weak: false,
            section: SymbolSection::Undefined,
            flags: SymbolFlags::None,
        })
    }

    /// Makes a function. Each call of address 0 calls the next of `callees`.
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
        let section = self.object.section_id(object::write::StandardSection::Text);
        let start = self.object.add_symbol_data(id, section, &code, 16);
        let mut callees = callees.iter();
        for instruction in iced_x86::Decoder::new(64, &code, 0) {
            if instruction.is_call_near() && instruction.near_branch_target() == 0 {
                let symbol = self.name(callees.next().expect("a callee for each call"));
                self.object
                    .add_relocation(
                        section,
                        Relocation {
                            offset: start + instruction.next_ip() - 4,
                            symbol,
                            addend: -4,
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
        let section = self.object.section_id(object::write::StandardSection::Data);
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
        let list = "[stack]\nsize = 16384\nabove = 3072\nreserve = 3072\n".to_string() + entries;
        let list = List::read(&list).unwrap();
        let module = Module::read(&self.object.write().unwrap()).unwrap();
        graph::check(&module, &list).problems
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
    made.code("caller", &[], |a| {
        a.push(rbx)?;
        a.call(rax)?;
        a.pop(rbx)?;
        a.ret()
    });
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
