// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The pages of the manual: they are complete and well-formed, and their examples are correct.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use clap::CommandFactory;
use lunatik::{
    cli::Cli,
    manual::{self, Block, Section},
};

/// Pages of other packages.
const OTHERS: &[&str] = &["modprobe(8)", "systemd.unit(5)"];

/// The public commands: the command itself and its subcommands.
fn commands() -> Vec<String> {
    let root = Cli::command();
    let visible = root.get_subcommands().filter(|sub| !sub.is_hide_set());
    let names = visible.map(|sub| sub.get_name().to_owned());
    names.chain([root.get_name().to_owned()]).collect()
}

fn sections(command: &str) -> Vec<Section> {
    let text = manual::text(command).unwrap_or_else(|| panic!("there is no man/{command}.txt"));
    manual::sections(&text)
}

fn section(command: &str, heading: &str) -> Section {
    let found = sections(command)
        .into_iter()
        .find(|section| section.heading == heading);
    let found = found.unwrap_or_else(|| panic!("{command} has no section '{heading}'"));
    assert!(!found.blocks.is_empty(), "{command}: {heading} is empty");
    found
}

/// The lines of the examples of a page.
fn examples(command: &str) -> Vec<String> {
    let blocks = section(command, "Examples").blocks;
    let lines = blocks.into_iter().flat_map(|block| match block {
        Block::Code(lines) => lines,
        _ => Vec::new(),
    });
    lines.collect()
}

/// The simple commands in a line of shell.
fn simple_commands(line: &str) -> Vec<Vec<String>> {
    let words = shlex::split(line).unwrap_or_else(|| panic!("the shell would refuse: {line}"));
    let commands = words.split(|word| ["|", "&&", ";"].contains(&word.as_str()));
    commands.map(<[_]>::to_vec).collect()
}

#[test]
fn each_command_has_a_page_with_all_sections() {
    let places = [
        "Examples",
        "Files",
        "Environment",
        "Exit status",
        "See also",
    ];
    for command in commands() {
        for heading in ["Examples", "Files", "Exit status", "See also"] {
            section(&command, heading);
        }
        let order: Vec<_> = sections(&command)
            .iter()
            .map(|section| places.iter().position(|place| *place == section.heading))
            .collect();
        assert!(order.iter().all(Option::is_some), "{command}: {order:?}");
        assert!(order.is_sorted(), "{command}: {order:?}");
    }
}

#[test]
fn each_file_of_texts_is_the_page_of_a_command() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("man");
    let files = fs::read_dir(folder).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        path.file_stem().unwrap().to_str().unwrap().to_owned()
    });
    let files: BTreeSet<_> = files.collect();
    assert_eq!(files, commands().into_iter().collect());
}

#[test]
fn each_example_is_a_command_line_that_is_understood() {
    for page in commands() {
        let mut shows_itself = page == "lunatik";
        let lines = examples(&page);
        assert!(!lines.is_empty(), "{page} has no examples");
        for line in lines {
            let commands = simple_commands(&line);
            let mut ours = 0;
            for words in commands.iter().filter(|words| words[0] == "lunatik") {
                let given: Vec<_> = words.iter().map(OsString::from).collect();
                if let Err(error) = Cli::read(&given) {
                    panic!("{page}: {line}: {error}");
                }
                shows_itself |= words[1] == page;
                ours += 1;
            }
            assert!(ours > 0, "{page}: {line} does not call lunatik");
        }
        assert!(shows_itself, "{page} has no example of itself");
    }
}

#[test]
fn references_lead_to_pages() {
    let mut known: BTreeSet<_> = OTHERS.iter().map(|name| (*name).to_owned()).collect();
    for command in commands() {
        known.insert(page_name(&command).replace(".8", "(8)"));
    }
    let mut of_root = BTreeSet::new();
    for command in commands() {
        for block in section(&command, "See also").blocks {
            let Block::Text(text) = block else {
                panic!("{command}: references are no list")
            };
            for reference in text.split(", ") {
                assert!(known.contains(reference), "{command}: {reference}");
                if command == "lunatik" {
                    of_root.insert(reference.to_owned());
                }
            }
        }
    }
    known.remove("lunatik(8)");
    assert_eq!(
        of_root, known,
        "the page of the command leads to all others"
    );
}

#[test]
fn help_shows_the_text_of_the_page() {
    for command in commands() {
        let mut words = vec![OsString::from("lunatik")];
        if command != "lunatik" {
            words.push(OsString::from(&command));
        }
        words.push("--help".into());
        let shown = Cli::read(&words).unwrap_err().to_string();
        let text = manual::text(&command).unwrap();
        assert!(shown.contains(text.trim_end()), "{command}: {shown}");
    }
}

fn page_name(command: &str) -> String {
    match command {
        "lunatik" => "lunatik.8".to_owned(),
        _ => format!("lunatik-{command}.8"),
    }
}

/// The pages that the build wrote.
fn built() -> PathBuf {
    let binary = Path::new(env!("CARGO_BIN_EXE_lunatik"));
    binary.parent().unwrap().join("assets/man")
}

#[test]
fn the_pages_are_built_in_section_8() {
    let files = fs::read_dir(built()).unwrap();
    let files: BTreeSet<_> = files
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let wanted: BTreeSet<_> = commands()
        .iter()
        .map(|command| page_name(command))
        .collect();
    assert_eq!(files, wanted);
    for command in commands() {
        let page = fs::read_to_string(built().join(page_name(&command))).unwrap();
        let headings: Vec<_> = page
            .lines()
            .filter_map(|line| line.strip_prefix(".SH "))
            .map(|heading| heading.trim_matches('"'))
            .collect();
        let title = page.lines().find(|line| line.starts_with(".TH "));
        let name = page_name(&command).to_uppercase().replace(".8", "");
        let version = env!("CARGO_PKG_VERSION");
        let wanted = format!(r#".TH {name} 8 "" "lunatik {version}" "Lunatik Manual""#);
        assert_eq!(title, Some(wanted.as_str()));
        // The list of commands names pages, too.
        assert!(!page.contains("(1)"), "{command}");
        let frame = ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS"];
        assert_eq!(headings[..4], frame, "{command}");
        let ours = ["EXAMPLES", "FILES", "EXIT STATUS", "SEE ALSO"];
        let found: Vec<_> = headings
            .iter()
            .filter(|heading| ours.contains(heading))
            .collect();
        assert_eq!(found, ours.iter().collect::<Vec<_>>(), "{command}");
    }
}

#[test]
fn groff_has_no_complaint() {
    let probe = Command::new("groff")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    if probe.is_err() {
        return;
    }
    for command in commands() {
        let output = Command::new("groff")
            .args(["-man", "-Tutf8", "-ww", "-t", "-rF0"])
            .arg(built().join(page_name(&command)))
            .output()
            .unwrap();
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && complaints.is_empty(),
            "{command}: {complaints}"
        );
        // The lines of examples are shown as they are typed.
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        for line in examples(&command) {
            assert!(shown.contains(&line), "{command}: {line}\n{shown}");
        }
    }
}
