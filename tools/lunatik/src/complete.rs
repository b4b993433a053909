// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Completion of command lines.
//!
//! The completion files of the shells in `completions/` call the hidden command `__complete` with the words up to the
//! cursor. Nothing here writes an error, waits longer than a second for the kernel, or loads the module.

use std::ffi::{OsStr, OsString};

use clap::{Arg, CommandFactory};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

use crate::cli::{Cli, Command, Context, StartArgs};

use self::names::Which;

mod names;
mod paths;
mod values;

/// A candidate for a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The whole word.
    pub value: String,
    /// A short description; may be empty.
    pub description: String,
}

impl Candidate {
    /// A candidate with a description.
    pub fn new(value: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            description: description.into(),
        }
    }

    /// The line that the completion files of the shells read: the word and, after a tab, its description.
    pub fn line(&self) -> String {
        match self.description.as_str() {
            "" => format!("{}\n", self.value),
            description => format!("{}\t{description}\n", self.value),
        }
    }
}

/// The candidates for the last of `words`, the first of which is the name of the program.
pub fn candidates(words: Vec<OsString>) -> Vec<Candidate> {
    let Some(last) = words.len().checked_sub(1).filter(|&last| last > 0) else {
        return Vec::new();
    };
    let typed = words[last].clone();
    let found = match arguments(&words) {
        Some(found) => found,
        None => {
            // The engine offers hidden commands if nothing else matches, but they are not for users.
            let hides = last == 1;
            let mut command = command();
            let folder = std::env::current_dir().ok();
            // It fails only if the last word does not exist.
            let found =
                clap_complete::engine::complete(&mut command, words, last, folder.as_deref())
                    .unwrap_or_default();
            let found = found
                .iter()
                .filter(|candidate| !(hides && candidate.is_hide_set()));
            found.filter_map(printable).collect()
        }
    };
    // Options are offered only after a dash: otherwise they would be mixed with the values.
    let wants_options = typed.as_encoded_bytes().starts_with(b"-");
    let is_wanted = |value: &str| wants_options || !value.starts_with('-');
    // A shell would print them unescaped, and escape sequences could do anything to a terminal.
    let is_plain = |value: &str| !value.chars().any(char::is_control);
    found
        .into_iter()
        .filter(|candidate| is_wanted(&candidate.value) && is_plain(&candidate.value))
        .collect()
}

/// The candidate in the form that is printed; `None` if it is not UTF-8.
fn printable(candidate: &CompletionCandidate) -> Option<Candidate> {
    let value = candidate.get_value().to_str()?;
    let help = candidate.get_help().map(ToString::to_string);
    let line = help.as_deref().and_then(|help| help.lines().next());
    let line = line.unwrap_or_default();
    let description: String = line.chars().filter(|c| !c.is_control()).collect();
    Some(Candidate::new(value, description))
}

/// The candidates if the last word is an argument of a script, for which options of this command mean nothing.
fn arguments(words: &[OsString]) -> Option<Vec<Candidate>> {
    let (current, before) = words.split_last()?;
    match Cli::read(before).ok()?.command {
        Command::Run(start) => Some(of_run(&start, before, current)),
        Command::Spawn(_) => Some(paths::any(current)),
        Command::Eval(_) => Some(Vec::new()),
        _ => None,
    }
}

/// The candidates for an argument of `run`, whose first one may be the context.
fn of_run(start: &StartArgs, before: &[OsString], current: &OsStr) -> Vec<Candidate> {
    let mut found = Vec::new();
    let follows = |at: usize| {
        let script = before.len().checked_sub(at).and_then(|at| before.get(at));
        script.is_some_and(|word| *word == *start.script.as_os_str())
    };
    let ends_options = before.iter().any(|word| word == "--");
    if start.args.is_empty() && !ends_options {
        if start.context.is_none() && follows(1) {
            found.extend(values::contexts());
        } else if start.context.is_some_and(|its| its != Context::Process)
            && !start.percpu
            && follows(2)
        {
            found.push(Candidate::new("percpu", "a runtime for each CPU"));
        }
    }
    let current_text = current.to_str().unwrap_or_default();
    found.retain(|candidate| candidate.value.starts_with(current_text));
    found.extend(paths::any(current));
    found
}

/// The command line, with a completer for each argument whose values are known.
fn command() -> clap::Command {
    Cli::command().mut_subcommands(|command| {
        let name = command.get_name().to_owned();
        command.mut_args(move |arg| match completer(&name, &arg) {
            None => arg,
            Some(find) => arg.add(ArgValueCompleter::new(move |typed: &OsStr| {
                find(typed).into_iter().map(offer).collect::<Vec<_>>()
            })),
        })
    })
}

/// Candidates for a word that begins with the typed text.
type Find = fn(&OsStr) -> Vec<Candidate>;

fn offer(candidate: Candidate) -> CompletionCandidate {
    let help = Some(candidate.description).filter(|text| !text.is_empty());
    CompletionCandidate::new(candidate.value).help(help.map(Into::into))
}

/// The completer of the argument `arg` of `command`; `None` if this module has none.
fn completer(command: &str, arg: &Arg) -> Option<Find> {
    let value = arg.get_value_names().and_then(<[_]>::first);
    let value = value.map_or("", |name| name.as_str());
    let find: Find = match (command, arg.get_id().as_str(), value) {
        ("logs", "name", _) => |typed| names::matching(Which::Logs, typed),
        ("status", "name", _) => |typed| names::matching(Which::All, typed),
        (_, "name" | "names", _) => |typed| names::matching(Which::Running, typed),
        (_, "script", _) => paths::scripts,
        ("check", "files", _) => |typed| paths::with_extension(typed, "lua"),
        ("load", "file", _) => |typed| paths::with_extension(typed, "ko"),
        (_, "since", _) => values::moments,
        (_, _, "FILE") => paths::any,
        (_, _, "SPEC") => values::permissions,
        (_, _, "TIME") => values::durations,
        (_, _, "SIZE") => values::sizes,
        _ => return None,
    };
    Some(find)
}

#[cfg(test)]
mod tests;
