// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Results of scripts.

use lunatik_abi::{
    abi::TEXT,
    codec::{DecodeError, Message, Token},
};

use crate::{number::float_text, table_text::table_text};

/// A value that a script has returned.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// nil
    Nil,
    /// A boolean.
    Boolean(bool),
    /// An integer.
    Integer(i64),
    /// A float.
    Float(f64),
    /// A string of any bytes.
    String(Vec<u8>),
    /// The table with this number in [`Results::tables`].
    Table(usize),
    /// A value that cannot be sent; its text from `tostring`.
    Text(Vec<u8>),
    /// A value in a table that cannot be sent; its type.
    Other(&'static str),
}

/// The results of a request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Results {
    /// The results.
    pub values: Vec<Value>,
    /// The pairs of the tables in them. A table may occur more than once, even in itself.
    pub tables: Vec<Vec<(Value, Value)>>,
}

impl Value {
    /// The text that `tostring` returns; for a table, or another value in one without a text, the type.
    pub fn text(&self) -> Vec<u8> {
        match self {
            Self::Nil => b"nil".to_vec(),
            Self::Boolean(value) => value.to_string().into_bytes(),
            Self::Integer(value) => value.to_string().into_bytes(),
            Self::Float(value) => float_text(*value).into_bytes(),
            Self::String(bytes) | Self::Text(bytes) => bytes.clone(),
            Self::Table(_) => b"table".to_vec(),
            Self::Other(kind) => kind.as_bytes().to_vec(),
        }
    }
}

impl Results {
    /// Reads the values of a message, and `texts` for some of them.
    pub fn new(values: &Message<'_>, texts: &Message<'_>) -> Result<Self, DecodeError> {
        let texts: Vec<_> = match texts.values() {
            0 => Vec::new(),
            _ => Self::new(texts, &Message::EMPTY)?.values,
        };
        let mut results = Self::default();
        // The open tables, each with the key that waits for its value.
        let mut open: Vec<(usize, Option<Value>)> = Vec::new();
        let mut reader = values.reader();
        while let Some(token) = reader.token()? {
            let value = match token {
                Token::Nil => Value::Nil,
                Token::Boolean(value) => Value::Boolean(value),
                Token::Integer(value) => Value::Integer(value),
                Token::Float(bits) => Value::Float(f64::from_bits(bits)),
                Token::String(bytes) => Value::String(bytes.to_vec()),
                Token::TableBegin => Value::Table(results.tables.len()),
                Token::TableEnd => {
                    open.pop();
                    continue;
                }
                Token::Reference(table) => Value::Table(table as usize),
                Token::Handle { kind: TEXT, index } if open.is_empty() => {
                    let text = texts.get(index as usize).map(Value::text);
                    Value::Text(text.unwrap_or_else(|| b"userdata".to_vec()))
                }
                Token::Handle { kind, .. } => Value::Other(kind_name(kind)),
            };
            let begun = matches!(token, Token::TableBegin).then_some(results.tables.len());
            match open.last_mut() {
                None => results.values.push(value),
                Some((table, key)) => match key.take() {
                    None => *key = Some(value),
                    Some(key) => {
                        if let Some(pairs) = results.tables.get_mut(*table) {
                            pairs.push((key, value));
                        }
                    }
                },
            }
            if let Some(table) = begun {
                results.tables.push(Vec::new());
                open.push((table, None));
            }
        }
        Ok(results)
    }

    /// The line that `print` would write, with the contents of tables; empty if there are no values.
    pub fn line(&self) -> Vec<u8> {
        let mut line = Vec::new();
        for (index, value) in self.values.iter().enumerate() {
            if index > 0 {
                line.push(b'\t');
            }
            match value {
                Value::Table(table) => line.extend(table_text(self, *table).into_bytes()),
                value => line.extend(value.text()),
            }
        }
        if !self.values.is_empty() {
            line.push(b'\n');
        }
        line
    }
}

/// Numbers that each follow their name. Others are left out.
pub fn numbers(values: &[Value]) -> Vec<(String, u64)> {
    let pairs = values.chunks_exact(2).filter_map(|pair| match pair {
        [Value::String(name), Value::Integer(number)] => {
            let name = String::from_utf8_lossy(name).into_owned();
            Some((name, u64::try_from(*number).ok()?))
        }
        _ => None,
    });
    pairs.collect()
}

/// The type of this number in Lua's C API.
fn kind_name(kind: u8) -> &'static str {
    match kind {
        6 => "function",
        8 => "thread",
        _ => "userdata",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lunatik_abi::codec::Writer;

    fn message(build: impl FnOnce(&mut Writer<Vec<u8>>)) -> Vec<u8> {
        let mut writer = Writer::new(Vec::new());
        build(&mut writer);
        writer.finish().unwrap()
    }

    #[test]
    fn values_are_printed_on_one_line() {
        let values = message(|writer| {
            writer.nil().unwrap();
            writer.boolean(false).unwrap();
            writer.integer(-7).unwrap();
            writer.float(2f64.to_bits()).unwrap();
            writer.string(b"\xff\x00").unwrap();
            writer.handle(TEXT, 1).unwrap();
            writer.begin_table().unwrap();
            writer.string(b"inner").unwrap();
            writer.begin_table().unwrap();
            writer.end_table().unwrap();
            writer.string(b"f").unwrap();
            writer.handle(6, 0).unwrap();
            writer.end_table().unwrap();
            writer.handle(TEXT, 0).unwrap();
        });
        let texts = message(|writer| {
            writer.string(b"function: 0x1").unwrap();
            writer.string(b"an object").unwrap();
        });
        let check = |bytes| Message::check(bytes).unwrap();
        let results = Results::new(&check(&values), &check(&texts)).unwrap();
        assert_eq!(
            results.line(),
            b"nil\tfalse\t-7\t2.0\t\xff\x00\tan object\t{ f = <function>, inner = {} }\tfunction: 0x1\n"
        );
    }

    #[test]
    fn tables_may_be_keys_and_lead_back() {
        let values = message(|writer| {
            writer.begin_table().unwrap();
            writer.begin_table().unwrap();
            writer.end_table().unwrap();
            writer.reference(0).unwrap();
            writer.end_table().unwrap();
            writer.reference(1).unwrap();
        });
        let results = Results::new(&Message::check(&values).unwrap(), &Message::EMPTY).unwrap();
        assert_eq!(results.values, [Value::Table(0), Value::Table(1)]);
        assert_eq!(
            results.tables,
            [vec![(Value::Table(1), Value::Table(0))], vec![]]
        );
    }

    #[test]
    fn no_values_print_nothing() {
        assert_eq!(Results::default().line(), b"");
    }
}
