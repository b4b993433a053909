// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Tables as text, in Lua's syntax where there is one: `{ a = 1, list = { 1, 2 } }`.

use std::cmp::Ordering;

use unicode_width::UnicodeWidthStr;

use crate::{
    check::tokens::RESERVED,
    value::{Results, Value},
};

/// The longest text of a table that stays on one line, in columns of a terminal.
const WIDTH: usize = 80;

/// The depth to which tables are shown.
const DEPTH: usize = 16;

/// The most pairs of one table that are shown.
const PAIRS: usize = 1000;

/// The most pairs that are shown in all.
const ALL_PAIRS: usize = 10_000;

/// The most bytes of a string in a table that are shown.
const STRING: usize = 1000;

/// The text of a table.
pub fn table_text(results: &Results, table: usize) -> String {
    let mut printer = Printer {
        results,
        open: Vec::new(),
        left: ALL_PAIRS,
    };
    let mut text = String::new();
    printer.table(table, 0, &mut text);
    text
}

struct Printer<'r> {
    results: &'r Results,
    /// The tables that contain the present one.
    open: Vec<usize>,
    /// The pairs that may still be shown.
    left: usize,
}

impl Printer<'_> {
    /// Appends a table that begins after `indent` levels.
    fn table(&mut self, table: usize, indent: usize, text: &mut String) {
        if self.open.contains(&table) {
            // It is inside itself.
            return text.push_str("<cycle>");
        }
        let pairs = self
            .results
            .tables
            .get(table)
            .map_or(&[][..], Vec::as_slice);
        if pairs.is_empty() {
            return text.push_str("{}");
        }
        if self.open.len() >= DEPTH || self.left == 0 {
            return text.push_str("{ ... }");
        }
        self.open.push(table);
        let parts = self.parts(&sorted(pairs), indent + 1);
        let more = pairs.len() - parts.len();
        self.open.pop();
        let length: usize = parts.iter().map(|part| part.width() + 2).sum();
        let fits = length + 2 <= WIDTH && !parts.iter().any(|part| part.contains('\n'));
        if fits && more == 0 {
            text.push_str(&format!("{{ {} }}", parts.join(", ")));
            return;
        }
        let space = "  ".repeat(indent + 1);
        text.push_str("{\n");
        for part in parts {
            text.push_str(&format!("{space}{part},\n"));
        }
        if more > 0 {
            text.push_str(&format!("{space}... {more} more\n"));
        }
        text.push_str(&"  ".repeat(indent));
        text.push('}');
    }

    /// The texts of the first pairs, up to the limit.
    fn parts(&mut self, pairs: &[(&Value, &Value)], indent: usize) -> Vec<String> {
        let mut parts = Vec::new();
        let mut next = 1;
        for (key, value) in pairs.iter().take(PAIRS) {
            if self.left == 0 {
                break;
            }
            self.left -= 1;
            let mut part = String::new();
            if **key == Value::Integer(next) {
                next += 1;
            } else {
                self.key(key, &mut part);
                part.push_str(" = ");
            }
            self.value(value, indent, &mut part);
            parts.push(part);
        }
        parts
    }

    fn key(&mut self, key: &Value, text: &mut String) {
        match key {
            Value::String(name) if is_name(name) => text.push_str(&String::from_utf8_lossy(name)),
            key => {
                text.push('[');
                // Inside brackets, it stays on one line unless it is large.
                self.value(key, 0, text);
                text.push(']');
            }
        }
    }

    fn value(&mut self, value: &Value, indent: usize, text: &mut String) {
        match value {
            Value::String(bytes) => quote(bytes, text),
            Value::Table(table) => self.table(*table, indent, text),
            Value::Text(_) | Value::Other(_) => {
                text.push_str(&format!("<{}>", String::from_utf8_lossy(&value.text())));
            }
            value => text.push_str(&String::from_utf8_lossy(&value.text())),
        }
    }
}

/// The pairs in the order in which they are shown: elements, other numbers, strings, booleans, and the rest.
pub fn sorted(pairs: &[(Value, Value)]) -> Vec<(&Value, &Value)> {
    let mut pairs: Vec<_> = pairs.iter().map(|(key, value)| (key, value)).collect();
    pairs.sort_by(|(a, _), (b, _)| compare(a, b));
    // The elements are the integers from 1 on without a gap; smaller ones would come before them.
    let first = pairs.partition_point(|(key, _)| number(key).is_some_and(|number| number < 1.0));
    let count = pairs[first..]
        .iter()
        .zip(1..)
        .take_while(|((key, _), index)| **key == Value::Integer(*index))
        .count();
    pairs[..first + count].rotate_left(first);
    pairs
}

fn number(key: &Value) -> Option<f64> {
    match key {
        Value::Integer(value) => Some(*value as f64),
        Value::Float(value) => Some(*value),
        _ => None,
    }
}

fn compare(a: &Value, b: &Value) -> Ordering {
    let rank = |value: &Value| match value {
        Value::Integer(_) => 0,
        Value::Float(_) => 1,
        Value::String(_) => 2,
        Value::Boolean(_) => 3,
        _ => 4,
    };
    match (a, b) {
        (Value::Integer(a), Value::Integer(b)) => a.cmp(b),
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Boolean(a), Value::Boolean(b)) => a.cmp(b),
        _ => match (number(a), number(b)) {
            // Several large integers may be the same float: none of them is equal to that one, so that the order is total.
            (Some(x), Some(y)) => x.total_cmp(&y).then(rank(a).cmp(&rank(b))),
            _ => rank(a).cmp(&rank(b)),
        },
    }
}

/// Whether a key can be written without brackets.
fn is_name(bytes: &[u8]) -> bool {
    let starts = bytes.first().is_some_and(|first| !first.is_ascii_digit());
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let is_reserved = || RESERVED.iter().any(|word| word.as_bytes() == bytes);
    starts && bytes.iter().all(is_part) && !is_reserved()
}

/// Appends a string in Lua's syntax.
fn quote(bytes: &[u8], text: &mut String) {
    let shown = bytes.get(..STRING).unwrap_or(bytes);
    text.push('"');
    for chunk in shown.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' | '\\' => text.extend(['\\', c]),
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                '\t' => text.push_str("\\t"),
                c if c.is_ascii_control() => text.push_str(&format!("\\x{:02x}", c as u32)),
                c if c.is_control() => text.push_str(&format!("\\u{{{:x}}}", c as u32)),
                c => text.push(c),
            }
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text.push('"');
    if shown.len() < bytes.len() {
        text.push_str(&format!(" ... {} bytes", bytes.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(text: &str) -> Value {
        Value::String(text.into())
    }

    fn text(tables: Vec<Vec<(Value, Value)>>) -> String {
        let values = Vec::new();
        table_text(&Results { values, tables }, 0)
    }

    fn list(values: impl IntoIterator<Item = Value>) -> Vec<(Value, Value)> {
        (1..).map(Value::Integer).zip(values).collect()
    }

    #[test]
    fn tables_are_written_in_the_syntax_of_lua() {
        let tables = vec![
            vec![
                (string("list"), Value::Table(1)),
                (string("a"), Value::Integer(1)),
                (string("end"), Value::Nil),
                (string("a b"), string("x\n\"\\\u{1b}ü\u{85}")),
                (string(""), Value::String(b"\xff".to_vec())),
            ],
            list([Value::Integer(1), Value::Float(2.0)]),
        ];
        assert_eq!(
            text(tables),
            "{\n  [\"\"] = \"\\xff\",\n  a = 1,\n  [\"a b\"] = \"x\\n\\\"\\\\\\x1bü\\u{85}\",\n  [\"end\"] = nil,\n  \
             list = { 1, 2.0 },\n}"
        );
        assert_eq!(text(vec![vec![]]), "{}");
    }

    #[test]
    fn integers_that_no_float_can_tell_apart_are_sorted() {
        let integer = |n| (Value::Integer(i64::MAX - n), Value::Nil);
        let mut pairs: Vec<_> = (0..100).map(|n| integer(n * 37 % 100)).collect();
        let float = (Value::Float(i64::MAX as f64), Value::Nil);
        pairs.insert(50, float.clone());
        let wanted: Vec<_> = (0..100).rev().map(integer).chain([float]).collect();
        let sorted: Vec<_> = sorted(&pairs)
            .into_iter()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        assert_eq!(sorted, wanted);
    }

    #[test]
    fn keys_are_sorted() {
        let key = |key| (key, Value::Integer(0));
        let tables = vec![
            vec![
                key(Value::Boolean(true)),
                key(string("b")),
                key(Value::Integer(3)),
                key(Value::Integer(-1)),
                key(Value::Integer(1)),
                key(Value::Float(0.5)),
                key(Value::Integer(2)),
                key(Value::Integer(5)),
                key(Value::Table(1)),
                key(string("a")),
                key(Value::Other("function")),
            ],
            vec![],
        ];
        let shown = text(tables);
        let shown: Vec<_> = shown.split_ascii_whitespace().collect();
        assert_eq!(
            shown.join(" "),
            "{ 0, 0, 0, [-1] = 0, [0.5] = 0, [5] = 0, a = 0, b = 0, [true] = 0, [{}] = 0, \
             [<function>] = 0, }"
        );
    }

    #[test]
    fn what_is_wide_has_a_line_for_each_pair() {
        let wide = list((0..40).map(|_| Value::Integer(100)));
        let tables = vec![vec![(string("wide"), Value::Table(1))], wide];
        let shown = text(tables);
        assert!(
            shown.starts_with("{\n  wide = {\n    100,\n    100,\n"),
            "{shown}"
        );
        assert!(shown.ends_with("    100,\n  },\n}"), "{shown}");
    }

    #[test]
    fn cycles_depth_and_size_are_bounded() {
        let itself = vec![(string("me"), Value::Table(0))];
        assert_eq!(text(vec![itself]), "{ me = <cycle> }");
        let deep = (1..=100).map(|next| list([Value::Table(next)]));
        let deep = text(deep.chain([list([Value::Nil])]).collect());
        assert_eq!(deep.matches('{').count(), DEPTH + 1, "{deep}");
        assert!(deep.contains("{ ... }"));
        let long = text(vec![list((0..1234).map(Value::Integer))]);
        assert!(long.ends_with("  999,\n  ... 234 more\n}"), "{long}");
        // Each level has the next one twice: 2^60 tables.
        let bomb = (1..=60).map(|next| list([Value::Table(next), Value::Table(next)]));
        let bomb = text(bomb.chain([list([Value::Nil])]).collect());
        assert!(bomb.len() < 1 << 20, "{}", bomb.len());
        let string = text(vec![list([Value::String(vec![b'x'; 5000])])]);
        assert!(string.contains("\" ... 5000 bytes"), "{string}");
        assert!(string.len() < 1100);
    }
}
