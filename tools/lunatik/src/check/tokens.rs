// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The tokens of a Lua text. Of one that does not compile, a string or a comment that is not closed ends with the text.

/// The reserved words of Lua.
pub const RESERVED: &[&str] = &[
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "global", "goto",
    "if", "in", "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
];

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A name or a reserved word.
    Name,
    /// A string, with its quotes.
    String,
    /// A number, or anything else. Each character of a symbol is a token: `..` is two of them.
    Other,
}

/// A token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: Kind,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Where it begins in the text.
    pub start: usize,
}

/// The tokens of `text`, without comments.
pub fn tokens(text: &[u8]) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut start = 0;
    while let Some(rest) = text.get(start..).filter(|rest| !rest.is_empty()) {
        let first = rest[0];
        let (length, kind) = match first {
            b'-' if rest.starts_with(b"--") => (comment(rest), None),
            b'"' | b'\'' => (quoted(rest, first), Some(Kind::String)),
            b'[' => match long_bracket(rest) {
                Some(length) => (length, Some(Kind::String)),
                None => (1, Some(Kind::Other)),
            },
            _ if is_name(first) && !first.is_ascii_digit() => {
                (run(rest, is_name), Some(Kind::Name))
            }
            // Signs in exponents do not matter here.
            _ if first.is_ascii_digit() => (run(rest, is_number), Some(Kind::Other)),
            _ if first.is_ascii_whitespace() => (1, None),
            _ => (1, Some(Kind::Other)),
        };
        let length = length.clamp(1, rest.len());
        if let Some(kind) = kind {
            let bytes = &rest[..length];
            tokens.push(Token { kind, bytes, start });
        }
        start += length;
    }
    tokens
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_number(byte: u8) -> bool {
    is_name(byte) || byte == b'.'
}

/// The number of bytes at the start that are of this kind.
fn run(text: &[u8], of_kind: fn(u8) -> bool) -> usize {
    text.iter().take_while(|&&byte| of_kind(byte)).count()
}

/// The length of the comment that `text` begins with.
fn comment(text: &[u8]) -> usize {
    match text.get(2..).and_then(long_bracket) {
        Some(length) => 2 + length,
        None => run(text, |byte| byte != b'\n'),
    }
}

/// The length of the string in quotes that `text` begins with.
fn quoted(text: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'\\' => at += 2,
            _ if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

/// The length of the long bracket that `text` begins with, as `[[…]]` or `[==[…]==]`.
fn long_bracket(text: &[u8]) -> Option<usize> {
    let level = run(text.get(1..)?, |byte| byte == b'=');
    if text.get(1 + level) != Some(&b'[') {
        return None;
    }
    let mut end = vec![b']'; level + 2];
    end[1..=level].fill(b'=');
    let found = text.windows(end.len()).position(|part| part == end);
    Some(found.map_or(text.len(), |at| at + end.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<&str> {
        let tokens = tokens(text.as_bytes());
        for token in &tokens {
            assert!(text.as_bytes()[token.start..].starts_with(token.bytes));
        }
        let text = |bytes| std::str::from_utf8(bytes).unwrap();
        tokens.iter().map(|token| text(token.bytes)).collect()
    }

    #[test]
    fn names_strings_and_symbols_are_told_apart() {
        let text = "local x1 = require 'a.b' -- 'c'\nf(\"d\\\"e\", [[\ng]], [=[ ]] ]=])";
        assert_eq!(
            shown(text),
            [
                "local",
                "x1",
                "=",
                "require",
                "'a.b'",
                "f",
                "(",
                "\"d\\\"e\"",
                ",",
                "[[\ng]]",
                ",",
                "[=[ ]] ]=]",
                ")"
            ]
        );
    }

    #[test]
    fn comments_are_none() {
        let text = "--[[ a\nb ]] c --[==[ ]] ]==] d\n--[ e\nf";
        assert_eq!(shown(text), ["c", "d", "f"]);
    }

    #[test]
    fn numbers_and_indices_are_no_strings() {
        assert_eq!(
            shown("t[1][0x1p4]=.5e3"),
            ["t", "[", "1", "]", "[", "0x1p4", "]", "=", ".", "5e3"]
        );
    }

    #[test]
    fn cut_texts_end() {
        for text in ["'", "'\\", "[[", "[==", "--[[", "\"a\n"] {
            tokens(text.as_bytes());
        }
    }
}
