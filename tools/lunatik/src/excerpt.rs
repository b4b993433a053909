// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Shows places in the text of a script.

use std::ops::Range;

use unicode_width::UnicodeWidthStr;

/// The longest line that is shown as a whole, in characters.
const SHOWN: usize = 120;

/// A place in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The number of the line, from 1.
    pub line: usize,
    /// The bytes of the text that are marked; none if the place is the whole line.
    token: Option<Range<usize>>,
}

impl Place {
    /// A whole line.
    pub fn line(line: usize) -> Self {
        Self { line, token: None }
    }

    /// These bytes of `text`.
    pub fn of(text: &[u8], token: Range<usize>) -> Self {
        let before = text.get(..token.start).unwrap_or(text);
        let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
        let token = Some(token);
        Self { line, token }
    }

    /// The same place in the text without its first `length` bytes, which are in one line.
    pub fn without_prefix(self, length: usize) -> Self {
        let shift = |token: Range<usize>| {
            token.start.saturating_sub(length)..token.end.saturating_sub(length)
        };
        Self {
            line: self.line,
            token: self.token.map(shift),
        }
    }

    /// The number of bytes before the place; `None` if that is unknown.
    pub fn start(&self) -> Option<usize> {
        self.token.as_ref().map(|token| token.start)
    }

    /// The line of `text`, and a mark below the marked bytes, both indented. For a token of several lines, this is its
    /// first line.
    pub fn excerpt(&self, text: &[u8]) -> String {
        let Some(line) = text
            .split(|&byte| byte == b'\n')
            .nth(self.line.saturating_sub(1))
        else {
            return String::new();
        };
        let mark = self.token.as_ref().map(|token| {
            let before = text.get(..token.start).unwrap_or(text);
            let end = before.iter().rposition(|&byte| byte == b'\n');
            let column = before.len() - end.map_or(0, |end| end + 1);
            column..column + token.len()
        });
        render(line.strip_suffix(b"\r").unwrap_or(line), self.line, mark)
    }
}

/// A line with its number, and a mark below some of its bytes.
fn render(line: &[u8], number: usize, mark: Option<Range<usize>>) -> String {
    let Range { start, end } = mark.clone().unwrap_or_default();
    let start = start.min(line.len());
    let end = end.clamp(start, line.len());
    let before = visible(&line[..start]);
    let marked = visible(&line[start..end]);
    let after = visible(&line[end..]);
    // The part of a long line that is around the token.
    let cut = before.chars().count().saturating_sub(SHOWN * 2 / 3);
    let dots = if cut > 0 { "…" } else { "" };
    let before: String = dots.chars().chain(before.chars().skip(cut)).collect();
    let whole = format!("{before}{marked}{after}");
    let mut shown: String = whole.chars().take(SHOWN).collect();
    if whole.chars().count() > SHOWN {
        shown.push('…');
    }
    let number = format!("{number:>5}");
    let mut text = format!("{number} | {shown}\n");
    if mark.is_some() {
        let gutter = " ".repeat(number.len());
        let space = " ".repeat(before.width());
        let mark = "^".repeat(marked.width().clamp(1, SHOWN / 3));
        text.push_str(&format!("{gutter} | {space}{mark}\n"));
    }
    text
}

/// The text of bytes in a form as wide as it looks: tabs become spaces, and control characters U+FFFD.
fn visible(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars()
        .map(|c| match c {
            '\t' => ' ',
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_shown_around_the_token() {
        let text = format!("x = {} ) + {}", "a + ".repeat(100), "b".repeat(200));
        let at = text.find(')').unwrap();
        let excerpt = Place::of(text.as_bytes(), at..at + 1).excerpt(text.as_bytes());
        let mut lines = excerpt.lines();
        let (line, mark) = (lines.next().unwrap(), lines.next().unwrap());
        assert!(line.chars().count() < 140, "{line}");
        let at = mark.chars().position(|c| c == '^').unwrap();
        assert_eq!(line.chars().nth(at), Some(')'), "{excerpt}");
    }

    #[test]
    fn what_moves_the_cursor_is_replaced() {
        let excerpt = Place::line(1).excerpt(b"x = '\x1b[2J\t' )\r\n");
        assert_eq!(excerpt, "    1 | x = '\u{fffd}[2J ' )\n");
    }

    #[test]
    fn a_token_of_several_lines_is_marked_where_it_begins() {
        let excerpt = Place::of(b"a\nbb [[c\nd]]", 5..12).excerpt(b"a\nbb [[c\nd]]");
        assert_eq!(excerpt, "    2 | bb [[c\n      |    ^^^\n");
    }

    #[test]
    fn the_mark_is_below_the_token_behind_wide_characters() {
        let text = "x = '防火墙' )";
        let at = text.find(')').unwrap();
        assert_eq!(
            Place::of(text.as_bytes(), at..at + 1).excerpt(text.as_bytes()),
            format!("    1 | {text}\n      | {}^\n", " ".repeat(13))
        );
    }

    #[test]
    fn a_place_outside_the_text_shows_nothing() {
        assert_eq!(Place::line(7).excerpt(b"x"), "");
        assert_eq!(
            Place::of(b"x", 1..1).excerpt(b"x"),
            "    1 | x\n      |  ^\n"
        );
    }
}
