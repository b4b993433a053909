// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Completions, hints and matching brackets while a line of `repl` is typed.

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    collections::BTreeSet,
    path::Path,
    rc::Rc,
};

use lunatik_abi::abi::{Budget, Request};
use rustyline::{
    completion::Completer,
    highlight::{CmdKind, Highlighter},
    hint::{Hinter, HistoryHinter},
    validate::Validator,
    Context, Helper,
};

use super::cursor::{partner, place, Place};
use crate::{
    check::{
        modules::{self, FOLDER},
        tokens::RESERVED,
    },
    pledge::Pledges,
    session::{ignore, Answer, Session},
};

/// The number of letters of a name that must be typed before its rest is shown.
const HINT_AFTER: usize = 2;

/// Answers the line editor's questions.
pub struct LuaHelper {
    session: Rc<RefCell<Session>>,
    pledges: Pledges,
    budget: Budget,
    /// The known names of the session.
    names: RefCell<BTreeSet<String>>,
    history: HistoryHinter,
    /// The place of the bracket that matches the one at the cursor.
    marked: Cell<Option<usize>>,
}

impl LuaHelper {
    /// A helper that asks the runtime of `session`.
    pub fn new(session: Rc<RefCell<Session>>, pledges: Pledges, budget: Budget) -> Self {
        Self {
            session,
            pledges,
            budget,
            names: RefCell::default(),
            history: HistoryHinter::new(),
            marked: Cell::new(None),
        }
    }

    /// Asks the kernel for the globals, which a line may have changed.
    pub fn refresh_names(&self) {
        let globals = self.ask("");
        *self.names.borrow_mut() = globals.into_iter().collect();
    }

    /// The names in the session that begin with `prefix`.
    fn ask(&self, prefix: &str) -> Vec<String> {
        let request = Request::Complete {
            prefix: prefix.as_bytes(),
            permissions: self.pledges.permissions(),
            budget: self.budget,
        };
        let answer = self.session.borrow_mut().request(&request, &mut ignore);
        // A failed completion gives no candidates: the error appears when the line is sent.
        let values = answer.map(Answer::into_values).unwrap_or_default();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).ok();
        let names = values.iter().filter_map(|value| text(value.text()));
        names.collect()
    }
}

impl Completer for LuaHelper {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let before = line.get(..position).unwrap_or(line);
        let typed = |start: usize| before.get(start..).unwrap_or_default();
        Ok(match place(before) {
            Place::Code(start) => {
                let names = self.ask(typed(start));
                self.names.borrow_mut().extend(names.iter().cloned());
                (start, with_keywords(names, typed(start)))
            }
            Place::Module(start) => (start, modules::matching(typed(start), Path::new(FOLDER))),
            Place::Text => (position, Vec::new()),
        })
    }
}

/// The names, and the reserved words that begin with `prefix`, sorted.
fn with_keywords(mut names: Vec<String>, prefix: &str) -> Vec<String> {
    if !prefix.is_empty() {
        let keywords = RESERVED.iter().filter(|word| word.starts_with(prefix));
        names.extend(keywords.map(|word| (*word).to_owned()));
        names.sort();
        names.dedup();
    }
    names
}

impl Hinter for LuaHelper {
    type Hint = String;

    fn hint(&self, line: &str, position: usize, context: &Context<'_>) -> Option<String> {
        if position < line.len() {
            return None;
        }
        let earlier = self.history.hint(line, position, context);
        // The line that is being typed, of an entry with several lines.
        let earlier = earlier.and_then(|rest| rest.lines().next().map(str::to_owned));
        let earlier = earlier.filter(|rest| !rest.is_empty());
        earlier.or_else(|| rest_of_name(line, &self.names.borrow()))
    }
}

/// The rest of the name at the end of `line`, if only one of `names` and the reserved words matches.
fn rest_of_name(line: &str, names: &BTreeSet<String>) -> Option<String> {
    let Place::Code(start) = place(line) else {
        return None;
    };
    let typed = line
        .get(start..)
        .filter(|typed| typed.len() >= HINT_AFTER)?;
    let names = names.iter().map(String::as_str);
    let mut found = names
        .chain(RESERVED.iter().copied())
        .filter_map(|name| name.strip_prefix(typed));
    match (found.next(), found.next()) {
        (Some(rest), None) if !rest.is_empty() => Some(rest.to_owned()),
        _ => None,
    }
}

impl Highlighter for LuaHelper {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        match self.marked.get() {
            Some(at) => Cow::Owned(mark(line, at)),
            None => Cow::Borrowed(line),
        }
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(format!("\x1b[2m{hint}\x1b[0m"))
    }

    fn highlight_char(&self, line: &str, position: usize, kind: CmdKind) -> bool {
        let marked = match kind {
            CmdKind::ForcedRefresh => None,
            _ => partner(line, position),
        };
        self.marked.set(marked);
        marked.is_some()
    }
}

/// The line with the bracket at `at` in bold and blue.
fn mark(line: &str, at: usize) -> String {
    match (line.get(..at), line.get(at..at + 1), line.get(at + 1..)) {
        (Some(before), Some(bracket), Some(after)) => {
            format!("{before}\x1b[1;34m{bracket}\x1b[0m{after}")
        }
        _ => line.to_owned(),
    }
}

impl Helper for LuaHelper {}
impl Validator for LuaHelper {}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_rest_of_a_name_is_shown_if_there_is_one() {
        let known = names(&["coroutine", "string", "string.rep", "string.reverse", "x"]);
        for (line, rest) in [
            ("corou", Some("tine")),
            ("f(corou", Some("tine")),
            ("whi", Some("le")),
            ("string.rev", Some("erse")),
            // None of several, none of a name that is whole, none of nothing.
            ("string.re", None),
            ("str", None),
            ("coroutine", None),
            ("c", None),
            ("", None),
            ("nosuch", None),
            // Not in texts.
            ("'corou", None),
            ("-- corou", None),
        ] {
            assert_eq!(rest_of_name(line, &known).as_deref(), rest, "{line}");
        }
    }

    #[test]
    fn reserved_words_are_among_the_candidates() {
        let found = |of: &[&str], prefix| {
            with_keywords(of.iter().map(|name| (*name).to_owned()).collect(), prefix)
        };
        assert_eq!(found(&["forge", "fork"], "fo"), ["for", "forge", "fork"]);
        assert_eq!(found(&[], "el"), ["else", "elseif"]);
        assert_eq!(found(&["string.rep"], "string.re"), ["string.rep"]);
        // Everything at once would hide the names.
        assert_eq!(found(&["x"], ""), ["x"]);
    }

    #[test]
    fn the_compiler_reserves_the_same_words() {
        // For scripts of earlier versions, this word is also a name.
        assert!(crate::syntax::check(b"global x = 1", b"=x").is_ok());
        for word in RESERVED.iter().filter(|word| **word != "global") {
            let text = format!("local {word} = 1");
            assert!(
                crate::syntax::check(text.as_bytes(), b"=x").is_err(),
                "{word}"
            );
        }
    }

    #[test]
    fn a_bracket_is_marked_without_a_change_of_the_text() {
        assert_eq!(mark("f(ü)", 1), "f\x1b[1;34m(\x1b[0mü)");
        assert_eq!(mark("f(ü)", 99), "f(ü)");
        assert_eq!(mark("ü", 1), "ü");
    }
}
