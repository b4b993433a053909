// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Results as JSON.

use serde_json::{Map, Number, Value as Json};

use crate::{
    failure::{Exit, Failure},
    table_text::sorted,
    value::{Results, Value},
};

/// The most values that are written. A table that occurs in several places is written at each.
const VALUES: usize = 1_000_000;

/// A line of JSON for each result.
pub fn lines(results: &Results) -> Result<Vec<u8>, Failure> {
    let mut writer = Writer {
        results,
        path: Vec::new(),
        open: Vec::new(),
        left: VALUES,
    };
    let mut lines = String::new();
    for (value, number) in results.values.iter().zip(1..) {
        let json = writer.value(value).map_err(|why| {
            let place = match writer.path.concat() {
                path if path.is_empty() => String::new(),
                path => format!(" (at {path})"),
            };
            let message = format!("result {number} has no form in JSON: {why}{place}");
            Failure::new(Exit::Script, message)
        })?;
        lines.push_str(&format!("{json}\n"));
    }
    Ok(lines.into_bytes())
}

struct Writer<'r> {
    results: &'r Results,
    /// The keys that lead to the present value.
    path: Vec<String>,
    /// The tables that contain it.
    open: Vec<usize>,
    /// The number of values that may still be written.
    left: usize,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value) -> Result<Json, String> {
        self.left = self
            .left
            .checked_sub(1)
            .ok_or_else(|| format!("it has more than {VALUES} values"))?;
        Ok(match value {
            Value::Nil => Json::Null,
            Value::Boolean(value) => Json::Bool(*value),
            Value::Integer(value) => Json::from(*value),
            Value::Float(value) => {
                let number = Number::from_f64(*value);
                Json::Number(
                    number.ok_or_else(|| format!("the number {}", shown(&self.text(value))))?,
                )
            }
            Value::String(bytes) => Json::String(string(bytes)?),
            Value::Table(table) => self.table(*table)?,
            Value::Text(text) => return Err(shown(text)),
            Value::Other(kind) => return Err(format!("a {kind}")),
        })
    }

    fn text(&self, float: &f64) -> Vec<u8> {
        Value::Float(*float).text()
    }

    fn table(&mut self, table: usize) -> Result<Json, String> {
        if self.open.contains(&table) {
            return Err("a table that is inside itself".to_owned());
        }
        let results = self.results;
        let pairs = results.tables.get(table).map_or(&[][..], Vec::as_slice);
        let pairs = sorted(pairs);
        self.open.push(table);
        let is_list = pairs
            .first()
            .is_some_and(|(key, _)| **key == Value::Integer(1));
        let json = if is_list {
            self.array(&pairs)?
        } else {
            self.object(&pairs)?
        };
        self.open.pop();
        Ok(json)
    }

    fn array(&mut self, pairs: &[(&Value, &Value)]) -> Result<Json, String> {
        let mut elements = Vec::new();
        for ((key, value), index) in pairs.iter().zip(1..) {
            if **key != Value::Integer(index) {
                return Err(format!(
                    "a table with the keys 1 and {}",
                    shown(&key.text())
                ));
            }
            self.path.push(format!("[{index}]"));
            elements.push(self.value(value)?);
            self.path.pop();
        }
        Ok(Json::Array(elements))
    }

    fn object(&mut self, pairs: &[(&Value, &Value)]) -> Result<Json, String> {
        let mut members = Map::new();
        for (key, value) in pairs {
            let Value::String(name) = key else {
                let key = shown(&key.text());
                return Err(format!("a table with the key {key}, and not with 1, 2, 3"));
            };
            let name = string(name)?;
            self.path.push(format!(".{}", name.escape_debug()));
            let value = self.value(value)?;
            self.path.pop();
            members.insert(name, value);
        }
        Ok(Json::Object(members))
    }
}

/// Any bytes as text for a message.
fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).escape_debug().to_string()
}

fn string(bytes: &[u8]) -> Result<String, String> {
    let text = String::from_utf8(bytes.to_vec());
    text.map_err(|_| "a string that is not UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(values: Vec<Value>, tables: Vec<Vec<(Value, Value)>>) -> Result<String, String> {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        lines(&Results { values, tables })
            .map(text)
            .map_err(|failure| text(failure.message))
    }

    fn string(text: &str) -> Value {
        Value::String(text.into())
    }

    #[test]
    fn each_result_is_a_line() {
        let values = vec![
            Value::Nil,
            Value::Boolean(true),
            Value::Integer(i64::MIN),
            Value::Float(2.0),
            Value::Float(1e100),
            string("ü\"\n\0"),
            Value::Table(0),
        ];
        let tables = vec![
            vec![
                (string("list"), Value::Table(1)),
                (string("empty"), Value::Table(2)),
            ],
            vec![
                (Value::Integer(2), Value::Table(2)),
                (Value::Integer(1), Value::Integer(7)),
            ],
            vec![],
        ];
        assert_eq!(
            json(values, tables).unwrap(),
            "null\ntrue\n-9223372036854775808\n2.0\n1e+100\n\"ü\\\"\\n\\u0000\"\n{\"empty\":{},\"list\":[7,{}]}\n"
        );
        assert_eq!(json(vec![], vec![]).unwrap(), "");
    }

    #[test]
    fn what_has_no_form_is_an_error() {
        for (value, why) in [
            (Value::Float(f64::NAN), "the number nan"),
            (Value::Float(f64::NEG_INFINITY), "the number -inf"),
            (
                Value::String(b"\xff".to_vec()),
                "a string that is not UTF-8",
            ),
            (Value::Text(b"function: 0x1".to_vec()), "function: 0x1"),
        ] {
            let error = json(vec![Value::Nil, value], vec![]).unwrap_err();
            assert_eq!(error, format!("result 2 has no form in JSON: {why}"));
        }
        for (pairs, why) in [
            (
                vec![(string("f"), Value::Other("function"))],
                "a function (at .f)",
            ),
            (
                vec![(Value::Integer(1), Value::Table(0))],
                "a table that is inside itself (at [1])",
            ),
            (
                vec![(Value::Integer(1), Value::Nil), (string("a"), Value::Nil)],
                "a table with the keys 1 and a",
            ),
            (
                vec![(Value::Integer(2), Value::Nil)],
                "a table with the key 2, and not with 1, 2, 3",
            ),
        ] {
            let error = json(vec![Value::Table(0)], vec![pairs]).unwrap_err();
            assert_eq!(error, format!("result 1 has no form in JSON: {why}"));
        }
    }

    #[test]
    fn tables_that_repeat_are_bounded() {
        let twice = |table| {
            vec![
                (Value::Integer(1), Value::Table(table)),
                (Value::Integer(2), Value::Table(table)),
            ]
        };
        let tables = (1..=60).map(twice).chain([vec![]]).collect();
        let error = json(vec![Value::Table(0)], tables).unwrap_err();
        assert!(error.contains("more than 1000000 values"), "{error}");
    }
}
