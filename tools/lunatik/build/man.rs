// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The man pages: clap's description of a command, and the sections of its text.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use clap::Command;
use clap_mangen::{
    roff::{bold, roman, Roff},
    Man,
};

use crate::manual::{self, Block, Section};

/// Commands for the administrator of a system.
const SECTION: &str = "8";

/// Writes the page of `root` and of each of its commands to `folder`.
pub fn write(root: Command, folder: &Path) -> io::Result<()> {
    let mut root = root.disable_help_subcommand(true);
    root.build();
    let version = root.get_version().unwrap_or_default();
    let source = format!("{} {version}", root.get_name());
    let commands = root
        .get_subcommands()
        .filter(|command| !command.is_hide_set());
    for command in commands.chain([&root]) {
        let mut page = Vec::new();
        render(command, &source, &mut page)?;
        let name = command.get_display_name().unwrap_or(command.get_name());
        fs::write(folder.join(format!("{name}.{SECTION}")), page)?;
    }
    Ok(())
}

fn render(command: &Command, source: &str, page: &mut Vec<u8>) -> io::Result<()> {
    let shown = match command.has_subcommands() {
        true => command.clone().subcommand_help_heading("COMMANDS"),
        false => command.clone(),
    };
    let title = command.get_display_name().unwrap_or(command.get_name());
    let man = Man::new(shown).section(SECTION);
    // `render_title()` omits an empty date, so the next field would be read as the date.
    writeln!(
        page,
        ".TH {} {SECTION} \"\" \"{source}\" \"Lunatik Manual\"",
        title.to_uppercase()
    )?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(page)?;
    }
    let text = manual::text(command.get_name()).unwrap_or_default();
    let mut roff = Roff::new();
    for section in manual::sections(&text) {
        add(&mut roff, &section);
    }
    roff.to_writer(page)
}

fn add(roff: &mut Roff, section: &Section) {
    roff.control("SH", [section.heading.to_uppercase().as_str()]);
    for block in &section.blocks {
        match block {
            Block::Text(text) if section.heading == "See also" => add_references(roff, text),
            Block::Text(text) => {
                roff.control("PP", []);
                roff.text([roman(text)]);
            }
            Block::Code(lines) => {
                roff.control("PP", []);
                roff.control("RS", ["4"]);
                roff.control("EX", []);
                for line in lines {
                    roff.text([roman(line)]);
                }
                roff.control("EE", []);
                roff.control("RE", []);
            }
            Block::Item(term, meaning) => {
                roff.control("TP", []);
                roff.text([bold(term)]);
                roff.text([roman(meaning)]);
            }
        }
    }
}

/// Adds references to other pages: `lunatik-run(8), modprobe(8)`.
fn add_references(roff: &mut Roff, text: &str) {
    let mut line = Vec::new();
    for reference in text.split(", ") {
        let (name, section) = reference.split_at(reference.find('(').unwrap_or(reference.len()));
        if !line.is_empty() {
            line.push(roman(", "));
        }
        line.extend([bold(name), roman(section)]);
    }
    roff.text(line);
}
