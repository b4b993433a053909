// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The parts of the manual beside the options: examples, files, exit status.
//!
//! The texts are in `man/`, a file for each command. `--help` shows them as they are. The build script compiles this
//! file, too, and turns them into sections of the man pages, so the two agree.

use clap::{Command, CommandFactory};

use crate::cli::Cli;

/// The page of the command itself, without a subcommand.
const ROOT: &str = "lunatik";

/// The heading of the section that most pages share with that of the command itself.
const EXIT_STATUS: &str = "Exit status";

/// The section that the shared one precedes.
const SEE_ALSO: &str = "See also:";

/// The texts, by command.
const PAGES: &[(&str, &str)] = &[
    (ROOT, include_str!("../man/lunatik.txt")),
    ("check", include_str!("../man/check.txt")),
    ("eval", include_str!("../man/eval.txt")),
    ("list", include_str!("../man/list.txt")),
    ("load", include_str!("../man/load.txt")),
    ("logs", include_str!("../man/logs.txt")),
    ("metrics", include_str!("../man/metrics.txt")),
    ("profile", include_str!("../man/profile.txt")),
    ("repl", include_str!("../man/repl.txt")),
    ("run", include_str!("../man/run.txt")),
    ("shutdown", include_str!("../man/shutdown.txt")),
    ("spawn", include_str!("../man/spawn.txt")),
    ("status", include_str!("../man/status.txt")),
    ("stop", include_str!("../man/stop.txt")),
    ("top", include_str!("../man/top.txt")),
    ("unload", include_str!("../man/unload.txt")),
    ("version", include_str!("../man/version.txt")),
];

/// The command line, with the texts.
pub fn command() -> Command {
    let with_text = |command: Command| match text(command.get_name()) {
        Some(text) => command.after_long_help(text),
        None => command,
    };
    with_text(Cli::command().mut_subcommands(with_text))
}

/// The text for the command called `name`, with the section that most pages share.
pub fn text(name: &str) -> Option<String> {
    let own = page(name)?;
    let heading = format!("{EXIT_STATUS}:\n");
    if own.contains(&heading) {
        return Some(own.to_owned());
    }
    let shared = page(ROOT).and_then(|root| {
        let start = root.find(&heading)?;
        let rest = root.get(start..)?;
        rest.get(..rest.find(SEE_ALSO)?)
    });
    Some(own.replace(SEE_ALSO, &format!("{}{SEE_ALSO}", shared?)))
}

fn page(name: &str) -> Option<&'static str> {
    let (_, text) = PAGES.iter().find(|(page, _)| *page == name)?;
    Some(text)
}

/// A section of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its heading.
    pub heading: String,
    /// Its blocks.
    pub blocks: Vec<Block>,
}

/// A part of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A paragraph.
    Text(String),
    /// Lines to type.
    Code(Vec<String>),
    /// A term and its meaning.
    Item(String, String),
}

/// Reads a text.
///
/// A line without indentation is the heading of a section, lines with two spaces are its paragraphs, and lines with six
/// are code. In sections about files, statuses and variables, a line with two spaces is a term and, after two more
/// spaces, its meaning.
pub fn sections(text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut begins = true;
    for line in text.lines() {
        let content = line.trim_start();
        let indentation = line.len() - content.len();
        if content.is_empty() {
            begins = true;
            continue;
        }
        if indentation == 0 {
            sections.push(Section {
                heading: content.trim_end_matches(':').to_owned(),
                blocks: Vec::new(),
            });
            begins = true;
            continue;
        }
        let Some(section) = sections.last_mut() else {
            continue;
        };
        section.add(content, indentation > 2, begins);
        begins = false;
    }
    sections
}

impl Section {
    /// Adds a line, which may begin a paragraph.
    fn add(&mut self, content: &str, is_code: bool, begins: bool) {
        if matches!(self.heading.as_str(), "Files" | EXIT_STATUS | "Environment") {
            let (term, meaning) = content.split_once("  ").unwrap_or((content, ""));
            let block = Block::Item(term.to_owned(), meaning.trim_start().to_owned());
            return self.blocks.push(block);
        }
        match self.blocks.last_mut() {
            Some(Block::Code(lines)) if is_code && !begins => lines.push(content.to_owned()),
            Some(Block::Text(text)) if !is_code && !begins => {
                text.push(' ');
                text.push_str(content);
            }
            _ if is_code => self.blocks.push(Block::Code(vec![content.to_owned()])),
            _ => self.blocks.push(Block::Text(content.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_sections() {
        let text = "\
Examples:
  Do this,
  or that:
      lunatik list
      lunatik stop x

  The end.

Files:
  /dev/x  the device
  y       another one
";
        let item = |term: &str, meaning: &str| Block::Item(term.into(), meaning.into());
        assert_eq!(
            sections(text),
            [
                Section {
                    heading: "Examples".into(),
                    blocks: vec![
                        Block::Text("Do this, or that:".into()),
                        Block::Code(vec!["lunatik list".into(), "lunatik stop x".into()]),
                        Block::Text("The end.".into()),
                    ]
                },
                Section {
                    heading: "Files".into(),
                    blocks: vec![item("/dev/x", "the device"), item("y", "another one")]
                }
            ]
        );
    }

    #[test]
    fn the_exit_statuses_are_those_of_all_unless_a_page_has_its_own() {
        let statuses = |page: &str| {
            let sections = sections(&text(page).unwrap());
            let found = sections
                .into_iter()
                .filter(|section| section.heading == EXIT_STATUS);
            let found: Vec<_> = found.collect();
            assert_eq!(found.len(), 1, "{page}");
            found[0].blocks.clone()
        };
        assert_eq!(statuses("run"), statuses(ROOT));
        assert_ne!(statuses("check"), statuses(ROOT));
        assert_eq!(text("nosuch"), None);
    }
}
