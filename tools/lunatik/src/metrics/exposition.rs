// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The text format of Prometheus, version 0.0.4.

use std::{collections::BTreeMap, fmt::Write};

/// What the numbers of a family mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// It only grows, from 0 on.
    Counter,
    /// It goes up and down.
    Gauge,
}

impl Type {
    const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
        }
    }
}

/// Labels: their names, and their values as they are.
pub type Labels<'a> = &'a [(&'static str, &'a str)];

/// A number of a family.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Number {
    Count(u64),
    /// Billionths.
    Nanos(u64),
}

/// All metrics with one name.
#[derive(Debug)]
pub struct Family {
    name: &'static str,
    kind: Type,
    help: &'static str,
    /// By their labels, as they are written. Each series may be there once only.
    series: BTreeMap<String, Number>,
}

impl Family {
    /// A family without numbers. `help` is a sentence on one line.
    pub fn new(name: &'static str, kind: Type, help: &'static str) -> Self {
        Self {
            name,
            kind,
            help,
            series: BTreeMap::new(),
        }
    }

    fn change(
        &mut self,
        labels: Labels<'_>,
        new: Number,
        merge: impl Fn(u64, u64) -> u64,
    ) -> &mut Self {
        let series = self.series.entry(written(labels));
        series
            .and_modify(|former| match (former, new) {
                (Number::Count(former), Number::Count(new))
                | (Number::Nanos(former), Number::Nanos(new)) => *former = merge(*former, new),
                (former, new) => *former = new,
            })
            .or_insert(new);
        self
    }

    /// Adds to the number with these labels.
    pub fn add(&mut self, labels: Labels<'_>, count: u64) -> &mut Self {
        self.change(labels, Number::Count(count), u64::saturating_add)
    }

    /// Adds nanoseconds to the number with these labels, which is in seconds.
    pub fn add_ns(&mut self, labels: Labels<'_>, ns: u64) -> &mut Self {
        self.change(labels, Number::Nanos(ns), u64::saturating_add)
    }

    /// The greatest of the nanoseconds with these labels; the number is in seconds.
    pub fn greatest_ns(&mut self, labels: Labels<'_>, ns: u64) -> &mut Self {
        self.change(labels, Number::Nanos(ns), u64::max)
    }

    /// Writes the family: nothing if it has no numbers.
    pub fn write(&self, text: &mut String) {
        if self.series.is_empty() {
            return;
        }
        let Self {
            name, kind, help, ..
        } = self;
        // A string takes everything.
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {}", kind.name());
        for (labels, number) in &self.series {
            let _ = match number {
                Number::Count(count) => writeln!(text, "{name}{labels} {count}"),
                Number::Nanos(ns) => {
                    const SECOND: u64 = 1_000_000_000;
                    writeln!(text, "{name}{labels} {}.{:09}", ns / SECOND, ns % SECOND)
                }
            };
        }
    }
}

fn written(labels: Labels<'_>) -> String {
    let labels: Vec<_> = labels
        .iter()
        .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
        .collect();
    match labels.is_empty() {
        true => String::new(),
        false => format!("{{{}}}", labels.join(",")),
    }
}

fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            '\n' => text.push_str("\\n"),
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(family: &Family) -> String {
        let mut text = String::new();
        family.write(&mut text);
        text
    }

    #[test]
    fn a_family_has_its_help_its_type_and_its_numbers() {
        let mut family = Family::new("a_total", Type::Counter, "What it is.");
        assert_eq!(text(&family), "");
        family.add(&[], 2);
        family.add(&[("x", "1"), ("y", "")], u64::MAX);
        assert_eq!(
            text(&family),
            "# HELP a_total What it is.\n# TYPE a_total counter\na_total 2\n\
             a_total{x=\"1\",y=\"\"} 18446744073709551615\n"
        );
    }

    #[test]
    fn values_of_labels_are_escaped() {
        let mut family = Family::new("a", Type::Gauge, "h");
        family.add(&[("x", "a\\b\"c\nd} 1\r")], 1);
        assert!(text(&family).ends_with("a{x=\"a\\\\b\\\"c\\nd} 1\r\"} 1\n"));
    }

    #[test]
    fn equal_labels_are_one_series() {
        let mut family = Family::new("a_seconds", Type::Gauge, "h");
        family.add_ns(&[("x", "s")], 1_500_000_000);
        family.add_ns(&[("x", "s")], 1);
        family.greatest_ns(&[("x", "g")], 5);
        family.greatest_ns(&[("x", "g")], 3);
        assert!(text(&family)
            .ends_with("a_seconds{x=\"g\"} 0.000000005\na_seconds{x=\"s\"} 1.500000001\n"));
    }
}
