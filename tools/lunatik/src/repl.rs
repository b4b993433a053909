// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! `repl`: Lua, line by line.

use std::{
    cell::RefCell,
    io::{self, IsTerminal},
    path::PathBuf,
    rc::Rc,
};

use lunatik_abi::abi::{Budget, Request};
use rustyline::{
    config::{ColorMode, CompletionType, Configurer},
    error::ReadlineError,
    history::FileHistory,
    Editor,
};

use crate::{
    commands::{print_output, print_results},
    explain::{explain, Sent},
    failure::{Exit, Failure},
    pledge::Pledges,
    session::{Answer, Session},
};

use self::helper::LuaHelper;

mod cursor;
mod helper;

/// The number of lines that the history keeps.
const HISTORY: usize = 1000;

/// Reads, evaluates and prints until the end of input.
///
/// The runtime of the session has the permissions `pledges` and the limits `budget`. With `json`, values are printed as
/// JSON.
pub fn run(session: Session, pledges: &Pledges, budget: Budget, json: bool) -> Result<(), Failure> {
    let versions = session.versions();
    if io::stdin().is_terminal() {
        println!(
            "{}, {} in the kernel (Ctrl-D ends)",
            versions.module, versions.lua
        );
    }
    let session = Rc::new(RefCell::new(session));
    let mut editor: Editor<LuaHelper, FileHistory> = Editor::new().map_err(terminal)?;
    editor.set_max_history_size(HISTORY).map_err(terminal)?;
    editor.set_completion_type(CompletionType::List);
    if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        editor.set_color_mode(ColorMode::Disabled);
    }
    let helper = LuaHelper::new(Rc::clone(&session), pledges.clone(), budget);
    editor.set_helper(Some(helper));
    let history = history_file();
    if let Some(file) = &history {
        // There is no file at first.
        let _ = editor.load_history(file);
    }
    let result = read_and_evaluate(&mut editor, &session, pledges, budget, json);
    if let Some(file) = &history {
        // If the history cannot be kept, it is lost.
        let _ = file.parent().map(std::fs::create_dir_all);
        let _ = editor.save_history(file);
    }
    result
}

fn read_and_evaluate(
    editor: &mut Editor<LuaHelper, FileHistory>,
    session: &RefCell<Session>,
    pledges: &Pledges,
    budget: Budget,
    json: bool,
) -> Result<(), Failure> {
    let interactive = io::stdin().is_terminal();
    let mut text = String::new();
    loop {
        let prompt = match (interactive, text.is_empty()) {
            (false, _) => "",
            (true, true) => "> ",
            (true, false) => ">> ",
        };
        if let (true, true, Some(helper)) = (interactive, text.is_empty(), editor.helper()) {
            helper.refresh_names();
            if session.borrow().is_abandoned() {
                return Err(Failure::new(Exit::Interrupted, "interrupted"));
            }
        }
        match editor.readline(prompt) {
            Ok(line) => {
                if !text.is_empty() {
                    text.push('\n');
                }
                text.push_str(&line);
            }
            Err(ReadlineError::Interrupted) => {
                text.clear();
                continue;
            }
            Err(ReadlineError::Eof) if text.is_empty() => return Ok(()),
            Err(ReadlineError::Eof) => {
                return Err(Failure::new(
                    Exit::Script,
                    "the input ends within a statement",
                ));
            }
            Err(error) => return Err(terminal(error)),
        }
        if text.trim().is_empty() {
            text.clear();
            continue;
        }
        let request = Request::Repl {
            text: text.as_bytes(),
            permissions: pledges.permissions(),
            budget,
        };
        let answer = session.borrow_mut().request(&request, &mut print_output);
        let answer = answer.map_err(|failure| {
            let text = text.as_bytes();
            explain(
                failure,
                Some(Sent {
                    text,
                    chunk: b"=repl",
                    added: 0,
                }),
            )
        });
        let printed = match answer {
            Ok(Answer::Incomplete) => continue,
            Ok(Answer::Values(results)) => print_results(&results, json),
            Err(failure) => Err(failure),
        };
        match printed {
            Ok(()) => {}
            Err(failure) if failure.exit == Exit::NoDevice || session.borrow().is_abandoned() => {
                return Err(failure);
            }
            // As in user-space Lua, a program that comes through a pipe ends with its first error.
            Err(failure) if !interactive => return Err(failure),
            Err(failure) => failure.tell(),
        }
        let _ = editor.add_history_entry(text.as_str());
        text.clear();
    }
}

/// `$XDG_STATE_HOME/lunatik/history`, or `~/.local/state/lunatik/history`.
fn history_file() -> Option<PathBuf> {
    let folder = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let state = folder("XDG_STATE_HOME").or_else(|| Some(folder("HOME")?.join(".local/state")))?;
    Some(state.join("lunatik/history"))
}

fn terminal(error: ReadlineError) -> Failure {
    Failure::new(Exit::Script, format!("cannot use the terminal: {error}"))
}
