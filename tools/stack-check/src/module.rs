// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The contents of the built object: functions, references in their code, and addresses in its
//! data.

use object::{
    elf,
    read::elf::{ElfFile64, FileHeader, Rela, SectionHeader, Sym},
    Endianness,
    Object,
    ObjectSection, //
};
use std::collections::{BTreeMap, HashMap};

mod parts;
mod tables;

use self::parts::Parts;

/// Why an object cannot be read.
pub type Error = Box<dyn std::error::Error>;

/// The target of a reference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A function of the module, by its index in [`Module::functions`].
    Function(usize),
    /// The inside of a function: a jump, or an entry of a table of jumps.
    Inside(usize, u64),
    /// A symbol of the kernel.
    Kernel(String),
    /// Data of the module: section and offset.
    Data(usize, u64),
}

impl Place {
    fn in_function(function: usize, offset: u64) -> Self {
        match offset {
            0 => Self::Function(function),
            offset => Self::Inside(function, offset),
        }
    }
}

/// A reference from code.
#[derive(Clone, Debug)]
pub struct Reference {
    /// The target of the reference.
    pub place: Place,
    /// Whether the address is in a slot of the linker's table, from which the instruction loads it.
    pub through_table: bool,
}

/// A function and its code.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name, after the name of its file if several functions share the name.
    pub name: String,
    /// Its machine code. Separate parts follow it: see `parts.rs`.
    pub code: Vec<u8>,
    /// References by their offset in the code.
    pub references: BTreeMap<u64, (u32, RawReference)>,
    /// Offsets that are targets of jump tables, or of places that the kernel patches.
    pub inside: Vec<u64>,
    /// The offsets of each table, by its section and offset.
    pub tables: HashMap<(usize, u64), Vec<u64>>,
    /// The file that a local function is from.
    source: Option<String>,
    section: usize,
    start: u64,
}

/// A relocation, before the effect of its instruction is known.
#[derive(Clone, Debug)]
pub struct RawReference {
    symbol: Symbol,
    addend: i64,
    relative: bool,
    through_table: bool,
}

#[derive(Clone, Debug)]
enum Symbol {
    At(usize, u64),
    Kernel(String),
}

/// An address of a function that data holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    /// The function.
    pub function: usize,
    /// The variable or section that holds it.
    pub holder: String,
}

/// The object.
#[derive(Debug, Default)]
pub struct Module {
    /// All functions, by section and address.
    pub functions: Vec<Function>,
    /// Addresses of functions in data.
    pub held: Vec<Held>,
    parts: Parts,
    relative: BTreeMap<(usize, u64), RawReference>,
}

/// Sections that describe code to tools and to the kernel. Nothing is called through them.
const DESCRIPTIONS: &[&str] = &[
    ".debug",
    ".eh_frame",
    ".orc_",
    ".discard",
    "__patchable_function_entries",
    "__mcount_loc",
    ".call_sites",
    ".return_sites",
    ".retpoline_sites",
    ".ibt_endbr_seal",
    ".cfi_sites",
    "__bug_table",
    ".altinstructions",
    ".smp_locks",
    ".llvm",
    ".static_call_sites",
    ".parainstructions",
    ".export_symbol",
    "___ksymtab",
    "___kentry",
    "__kcfi_traps",
];

/// Sections whose entries are places where the kernel resumes code: patched jumps and faults.
const RESUMPTIONS: &[&str] = &["__jump_table", "__ex_table"];

fn demangled(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}

impl Module {
    /// Reads a relocatable ELF object.
    ///
    /// # Errors
    ///
    /// If it is not such an object.
    pub fn read(bytes: &[u8]) -> Result<Self, Error> {
        let file: ElfFile64<'_, Endianness> = ElfFile64::parse(bytes)?;
        let endian = file.endian();
        if file.elf_header().e_type(endian) != elf::ET_REL {
            return Err("it is not a relocatable object".into());
        }
        let table = file.elf_symbol_table();
        let mut module = Module::default();
        let mut objects: HashMap<usize, Vec<(u64, u64, String)>> = HashMap::new();
        let mut source = String::new();
        for symbol in table.symbols() {
            let name = String::from_utf8_lossy(symbol.name(endian, table.strings())?).into_owned();
            let section = usize::from(symbol.st_shndx(endian));
            match symbol.st_type() {
                elf::STT_FILE => source = name,
                elf::STT_FUNC if section != 0 => {
                    let size = symbol.st_size(endian);
                    let start = symbol.st_value(endian);
                    let data = file
                        .section_by_index(object::SectionIndex(section))?
                        .data()?;
                    let code = usize::try_from(start)
                        .ok()
                        .zip(usize::try_from(start + size).ok())
                        .and_then(|(from, to)| data.get(from..to))
                        .ok_or_else(|| format!("{name} lies outside its section"))?;
                    let local = symbol.st_bind() == elf::STB_LOCAL;
                    module.functions.push(Function {
                        name: demangled(&name),
                        code: code.to_vec(),
                        references: BTreeMap::new(),
                        inside: Vec::new(),
                        tables: HashMap::new(),
                        source: local.then(|| source.clone()),
                        section,
                        start,
                    });
                }
                elf::STT_OBJECT if section != 0 => {
                    objects.entry(section).or_default().push((
                        symbol.st_value(endian),
                        symbol.st_size(endian),
                        demangled(&name),
                    ));
                }
                _ => {}
            }
        }
        module.name_apart();
        module.sort();
        module.join_parts()?;
        module.read_relocations(&file, &objects)?;
        Ok(module)
    }

    /// Adds the names of files to functions that share a name.
    fn name_apart(&mut self) {
        let mut count: HashMap<String, usize> = HashMap::new();
        for function in &self.functions {
            *count.entry(function.name.clone()).or_default() += 1;
        }
        for function in &mut self.functions {
            let source = function.source.as_ref();
            if let Some(source) = source.filter(|source| source.ends_with(".c")) {
                if count[&function.name] > 1 {
                    function.name = format!("{source}:{}", function.name);
                }
            }
        }
    }

    /// Sorts by address, and drops all names of a function except one.
    fn sort(&mut self) {
        self.functions
            .sort_by_key(|f| (f.section, f.start, usize::MAX - f.code.len()));
        self.functions.dedup_by_key(|f| (f.section, f.start));
    }

    fn read_relocations(
        &mut self,
        file: &ElfFile64<'_, Endianness>,
        objects: &HashMap<usize, Vec<(u64, u64, String)>>,
    ) -> Result<(), Error> {
        let endian = file.endian();
        let sections = file.elf_section_table();
        let symbols = file.elf_symbol_table();
        let mut held = Vec::new();
        for section in sections.iter() {
            let Some((relocations, _)) = section.rela(endian, file.data())? else {
                continue;
            };
            let of = section.info_link(endian).0;
            let target = sections.section(object::SectionIndex(of))?;
            let name = String::from_utf8_lossy(sections.section_name(endian, target)?).into_owned();
            let code = target.sh_flags(endian) & u64::from(elf::SHF_EXECINSTR) != 0;
            let described = DESCRIPTIONS.iter().any(|start| name.starts_with(start));
            let resumes = RESUMPTIONS.contains(&name.as_str());
            if described || (!code && target.sh_flags(endian) & u64::from(elf::SHF_ALLOC) == 0) {
                continue;
            }
            for relocation in relocations {
                let kind = relocation.r_type(endian, false);
                let symbol = symbols
                    .symbol(object::SymbolIndex(relocation.r_sym(endian, false) as usize))?;
                let at = relocation.r_offset(endian);
                let raw = RawReference {
                    symbol: if usize::from(symbol.st_shndx(endian)) == 0 {
                        Symbol::Kernel(demangled(&String::from_utf8_lossy(
                            symbol.name(endian, symbols.strings())?,
                        )))
                    } else {
                        Symbol::At(
                            usize::from(symbol.st_shndx(endian)),
                            symbol.st_value(endian),
                        )
                    },
                    addend: relocation.r_addend(endian),
                    relative: matches!(
                        kind,
                        elf::R_X86_64_PC32
                            | elf::R_X86_64_PLT32
                            | elf::R_X86_64_PC64
                            | elf::R_X86_64_GOTPCREL
                            | elf::R_X86_64_GOTPCRELX
                            | elf::R_X86_64_REX_GOTPCRELX
                    ),
                    through_table: matches!(
                        kind,
                        elf::R_X86_64_GOTPCREL
                            | elf::R_X86_64_GOTPCRELX
                            | elf::R_X86_64_REX_GOTPCRELX
                    ),
                };
                let width = match kind {
                    elf::R_X86_64_64 | elf::R_X86_64_PC64 => 8,
                    _ => 4,
                };
                if code {
                    if let Some((index, offset)) = self.parts.at(of, at) {
                        self.functions[index]
                            .references
                            .insert(offset, (width, raw));
                    }
                    continue;
                }
                let object = objects.get(&of).and_then(|all| {
                    all.iter()
                        .find(|(from, size, _)| (*from..from + (*size).max(1)).contains(&at))
                });
                if raw.relative && !resumes {
                    self.relative.insert((of, at), raw.clone());
                }
                // A relative entry counts from its table, or from itself.
                let place = match object {
                    Some((table, ..)) if raw.relative && !resumes => {
                        self.place(&raw, table.wrapping_sub(at))
                    }
                    None if raw.relative && !resumes => continue,
                    _ => self.place(&raw, 0),
                };
                match place {
                    Place::Function(function) if !resumes => held.push(Held {
                        function,
                        holder: object.map_or_else(|| name.clone(), |(_, _, name)| name.clone()),
                    }),
                    Place::Inside(function, offset) => self.functions[function].inside.push(offset),
                    _ => {}
                }
            }
        }
        self.read_relative_tables();
        held.sort();
        held.dedup();
        self.held = held;
        for function in &mut self.functions {
            function.inside.sort_unstable();
            function.inside.dedup();
        }
        Ok(())
    }

    /// The target of a reference. `beyond` is added, because a relative reference does not count
    /// from its own place.
    fn place(&self, raw: &RawReference, beyond: u64) -> Place {
        let (section, value) = match &raw.symbol {
            Symbol::Kernel(name) => return Place::Kernel(name.clone()),
            Symbol::At(section, value) => (*section, *value),
        };
        let at = value.wrapping_add_signed(raw.addend).wrapping_add(beyond);
        match self.parts.at(section, at) {
            Some((index, offset)) => Place::in_function(index, offset),
            None => Place::Data(section, at),
        }
    }

    /// The reference at `offset` in the code of a function, in an instruction that ends `after` it.
    #[must_use]
    pub fn reference(&self, function: usize, offset: u64, after: u64) -> Option<Reference> {
        let (_, raw) = self.functions[function].references.get(&offset)?;
        Some(Reference {
            place: self.place(raw, if raw.relative { after - offset } else { 0 }),
            through_table: raw.through_table,
        })
    }
}
