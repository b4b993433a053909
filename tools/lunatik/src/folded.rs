// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Folded stacks: one line for each, the names of the calls from the outermost on, separated by `;`, and the number of
//! samples.

use std::{collections::BTreeMap, io::Write};

use inferno::flamegraph;

/// What marks a stack of a runtime that waits, as its last name begins.
const WAITS: char = '[';

/// The stacks of a profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    stacks: BTreeMap<String, u64>,
}

/// Whether the runtime waits, rather than runs.
fn waits(stack: &str) -> bool {
    stack
        .rsplit_once(';')
        .is_some_and(|(_, last)| last.starts_with(WAITS))
}

impl Folded {
    /// Counts a stack. Bytes that are no text are replaced, because scripts choose names.
    pub fn add(&mut self, stack: &[u8], count: u64) {
        let stack: String = String::from_utf8_lossy(stack)
            .chars()
            .map(|c| if c.is_control() { '?' } else { c })
            .collect();
        let sum = self.stacks.entry(stack).or_default();
        *sum = sum.saturating_add(count);
    }

    /// Forgets the stacks of runtimes that wait.
    pub fn keep_running(&mut self) {
        self.stacks.retain(|stack, _| !waits(stack));
    }

    /// The samples in which code has run, and those in which a runtime has waited.
    pub fn samples(&self) -> (u64, u64) {
        let sum = |waiting| {
            let counted = self.stacks.iter();
            let counted = counted.filter(|(stack, _)| waits(stack) == waiting);
            counted.fold(0, |sum: u64, (_, count)| sum.saturating_add(*count))
        };
        (sum(false), sum(true))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.stacks.is_empty()
    }

    fn lines(&self) -> impl Iterator<Item = String> + '_ {
        let stacks = self.stacks.iter();
        stacks.map(|(stack, count)| format!("{stack} {count}"))
    }

    /// The lines, in alphabetical order.
    pub fn text(&self) -> String {
        self.lines().map(|line| line + "\n").collect()
    }

    /// Writes a flame graph. There must be stacks.
    pub fn flame_graph(
        &self,
        title: String,
        subtitle: String,
        to: &mut dyn Write,
    ) -> std::io::Result<()> {
        let mut options = flamegraph::Options::default();
        options.title = title;
        options.subtitle = Some(subtitle);
        // The same function has the same colour in each graph.
        options.hash = true;
        options.deterministic = true;
        let lines: Vec<_> = self.lines().collect();
        flamegraph::from_lines(&mut options, lines.iter().map(String::as_str), to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded() -> Folded {
        let mut folded = Folded::default();
        folded.add(b"x;main chunk x.lua;f x.lua:1", 3);
        folded.add(b"x;[idle]", 4);
        folded.add(b"x;main chunk x.lua", 1);
        folded.add(b"x;main chunk x.lua;f x.lua:1", 2);
        folded
    }

    #[test]
    fn equal_stacks_share_a_line() {
        assert_eq!(
            folded().text(),
            "x;[idle] 4\nx;main chunk x.lua 1\nx;main chunk x.lua;f x.lua:1 5\n"
        );
        assert_eq!(folded().samples(), (6, 4));
    }

    #[test]
    fn samples_that_wait_can_be_left_out() {
        let mut folded = folded();
        folded.keep_running();
        assert_eq!(folded.samples(), (6, 0));
        folded.add(b"[odd name]", 1);
        folded.keep_running();
        assert_eq!(folded.samples(), (7, 0));
        assert!(!folded.is_empty());
    }

    #[test]
    fn names_obey_no_script() {
        let mut folded = Folded::default();
        folded.add(b"x;\xff\x1b[31m\n", 1);
        folded.add(b"x", u64::MAX);
        folded.add(b"x", 1);
        assert_eq!(
            folded.text(),
            format!("x {}\nx;\u{fffd}?[31m? 1\n", u64::MAX)
        );
    }

    #[test]
    fn a_flame_graph_is_an_image_with_the_names() {
        let mut image = Vec::new();
        let mut folded = folded();
        folded.add(b"x;<b>&\"", 1);
        folded
            .flame_graph("the title".into(), "below".into(), &mut image)
            .unwrap();
        let image = String::from_utf8(image).unwrap();
        assert!(image.starts_with("<?xml") && image.trim_end().ends_with("</svg>"));
        for text in [
            "the title",
            "below",
            "f x.lua:1 (5 samples, 45.45%)",
            "[idle] (4 samples, 36.36%)",
            "&lt;b&gt;&amp;",
        ] {
            assert!(image.contains(text), "{text}");
        }
        assert!(!image.contains("<b>"));
    }
}
