// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The context of the cursor in a line of Lua.

use crate::check::tokens::{tokens, Kind, Token};

/// The context of the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Code. The names, dots and colons before the cursor begin here.
    Code(usize),
    /// The name of a module in a call of `require`, which begins here.
    Module(usize),
    /// Another string, or a comment.
    Text,
}

/// The context of the end of `line`.
pub fn place(line: &str) -> Place {
    // An additional letter shows which token would continue if it were typed.
    let mut text = line.as_bytes().to_vec();
    text.push(b'x');
    let tokens = tokens(&text);
    let Some((last, before)) = tokens.split_last() else {
        return Place::Text;
    };
    if last.start + last.bytes.len() != text.len() {
        // Comments are no tokens.
        return Place::Text;
    }
    if last.kind != Kind::String {
        return Place::Code(expression_start(line));
    }
    match (last.bytes.first(), is_require(before)) {
        (Some(b'"' | b'\''), true) => Place::Module(last.start + 1),
        _ => Place::Text,
    }
}

/// Whether these tokens end in the name of `require`, and maybe the bracket of its arguments.
fn is_require(tokens: &[Token<'_>]) -> bool {
    let callee = match tokens {
        [before @ .., bracket] if bracket.bytes == b"(" => before,
        _ => tokens,
    };
    match callee {
        [.., point, name] if matches!(point.bytes, b"." | b":") => {
            // `a .. require` is a call, `a.require` is not.
            let concatenates = matches!(callee, [.., first, _, _] if first.bytes == b".");
            name.bytes == b"require" && concatenates
        }
        [.., name] => name.bytes == b"require",
        [] => false,
    }
}

/// The start of the names, dots and colons at the end of `line`.
fn expression_start(line: &str) -> usize {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':');
    line.rfind(|c| !part(c)).map_or(0, |at| {
        at + line[at..].chars().next().map_or(0, char::len_utf8)
    })
}

/// The place of the bracket that matches the one at `at` or, if there is none, the one before it.
pub fn partner(line: &str, at: usize) -> Option<usize> {
    let all = tokens(line.as_bytes());
    let brackets: Vec<_> = all
        .iter()
        .filter(|token| matches!(token.bytes, b"(" | b")" | b"[" | b"]" | b"{" | b"}"))
        .collect();
    let is_at = |place: usize| brackets.iter().position(|bracket| bracket.start == place);
    let index = is_at(at).or_else(|| is_at(at.checked_sub(1)?))?;
    // The open brackets up to here, and the bracket that closes each of them.
    let mut open: Vec<usize> = Vec::new();
    for (other, bracket) in brackets.iter().enumerate() {
        if matches!(bracket.bytes, b"(" | b"[" | b"{") {
            open.push(other);
            continue;
        }
        let opener = open.pop()?;
        if !fits(brackets[opener].bytes, bracket.bytes) {
            return None;
        }
        if opener == index {
            return Some(bracket.start);
        }
        if other == index {
            return Some(brackets[opener].start);
        }
    }
    None
}

fn fits(open: &[u8], close: &[u8]) -> bool {
    matches!((open, close), (b"(", b")") | (b"[", b"]") | (b"{", b"}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_points_and_colons_before_the_cursor_belong_together() {
        for (line, prefix) in [
            ("", ""),
            ("str", "str"),
            ("print(string.fo", "string.fo"),
            ("x = a.b:c", "a.b:c"),
            ("x = ", ""),
            ("é", ""),
            ("'ü' .. na", "na"),
            ("_G.", "_G."),
            ("'require' .. x", "x"),
            ("f([[a]], t", "t"),
        ] {
            let Place::Code(start) = place(line) else {
                panic!("{line}: {:?}", place(line))
            };
            assert_eq!(&line[start..], prefix, "{line}");
        }
    }

    #[test]
    fn the_name_of_a_module_is_a_string_of_require() {
        for (line, name) in [
            ("require 'lin", "lin"),
            ("require(\"linux.n", "linux.n"),
            ("local x = require \"", ""),
            ("x = y .. require('", ""),
            ("f('a', require ( 'b", "b"),
        ] {
            let Place::Module(start) = place(line) else {
                panic!("{line}: {:?}", place(line))
            };
            assert_eq!(&line[start..], name, "{line}");
        }
    }

    #[test]
    fn other_strings_and_comments_are_text() {
        for line in [
            "'a",
            "print(\"str",
            "x.require 'a",
            "x:require('a",
            "required 'a",
            "require, 'a",
            "require [[a",
            "-- str",
            "x = 1 -- require 'a",
            "--[[ str",
            "'a\\'b",
            "\"it's",
        ] {
            assert_eq!(place(line), Place::Text, "{line}");
        }
    }

    #[test]
    fn brackets_belong_to_each_other() {
        let line = "f(t[1], { ')', a = (2) }) -- (";
        let marked = |at: usize| partner(line, at);
        assert_eq!(marked(1), Some(24));
        assert_eq!(marked(24), Some(1));
        assert_eq!(marked(3), Some(5));
        assert_eq!(marked(8), Some(23));
        assert_eq!(marked(19), Some(21));
        // Behind a bracket, too, which is where the cursor stands when it was typed.
        assert_eq!(marked(25), Some(1));
        assert_eq!(marked(4), Some(5));
        // Neither in strings and comments, nor elsewhere.
        for at in [0, 11, 12, 14, 29, 30, 99] {
            assert_eq!(marked(at), None, "{at}");
        }
        for (line, at) in [
            ("f(", 1),
            (")", 0),
            ("(]", 0),
            ("(]", 1),
            ("([)", 0),
            ("", 0),
        ] {
            assert_eq!(partner(line, at), None, "{line}");
        }
    }
}
