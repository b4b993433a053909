// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Results of scripts.

use lunatik_abi::codec::{DecodeError, Message, Token};

use crate::number::float_text;

/// A value that a script has returned.
///
/// The kernel sends every other value as the string that `tostring` makes of it. If it sends a
/// table all the same, this drops the table's contents.
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
    /// A value of this type.
    Other(&'static str),
}

impl Value {
    /// The text that `tostring` returns.
    pub fn text(&self) -> Vec<u8> {
        match self {
            Self::Nil => b"nil".to_vec(),
            Self::Boolean(value) => value.to_string().into_bytes(),
            Self::Integer(value) => value.to_string().into_bytes(),
            Self::Float(value) => float_text(*value).into_bytes(),
            Self::String(bytes) => bytes.clone(),
            Self::Other(kind) => kind.as_bytes().to_vec(),
        }
    }
}

/// The values of a message.
pub fn values(message: &Message<'_>) -> Result<Vec<Value>, DecodeError> {
    let mut reader = message.reader();
    let mut values = Vec::new();
    while let Some(token) = reader.token()? {
        let value = match token {
            Token::Nil => Value::Nil,
            Token::Boolean(value) => Value::Boolean(value),
            Token::Integer(value) => Value::Integer(value),
            Token::Float(bits) => Value::Float(f64::from_bits(bits)),
            Token::String(bytes) => Value::String(bytes.to_vec()),
            Token::TableBegin | Token::TableEnd | Token::Reference(_) => Value::Other("table"),
            Token::Handle { .. } => Value::Other("handle"),
        };
        if reader.depth() == 0 {
            values.push(value);
        }
    }
    Ok(values)
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

/// The line that `print` would write; empty if there are no values.
pub fn line(values: &[Value]) -> Vec<u8> {
    let mut line = Vec::new();
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            line.push(b'\t');
        }
        line.extend(value.text());
    }
    if !values.is_empty() {
        line.push(b'\n');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use lunatik_abi::codec::Writer;

    #[test]
    fn values_are_printed_on_one_line() {
        let mut writer = Writer::new(Vec::new());
        writer.nil().unwrap();
        writer.boolean(false).unwrap();
        writer.integer(-7).unwrap();
        writer.float(2f64.to_bits()).unwrap();
        writer.string(b"\xff\x00").unwrap();
        writer.begin_table().unwrap();
        writer.string(b"in").unwrap();
        writer.begin_table().unwrap();
        writer.end_table().unwrap();
        writer.end_table().unwrap();
        writer.handle(1, 2).unwrap();
        let bytes = writer.finish().unwrap();
        let values = values(&Message::check(&bytes).unwrap()).unwrap();
        assert_eq!(
            line(&values),
            b"nil\tfalse\t-7\t2.0\t\xff\x00\ttable\thandle\n"
        );
    }

    #[test]
    fn no_values_print_nothing() {
        assert_eq!(line(&[]), b"");
    }
}
