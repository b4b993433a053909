// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The findings, as lines.

use super::{Graph, Report, Target};

impl Graph<'_> {
    /// Whether `to` is a function of the kernel that does not return, so that nothing recurses
    /// through it. A function that checks its stack canary may call such a function at its end.
    fn ends(&self, to: &Target) -> bool {
        matches!(to, Target::Kernel(name) if self.list.ends(name))
    }

    pub(super) fn report(mut self) -> Report {
        let turns = self.all_turns();
        let mut checks = Vec::new();
        let whole = self.problems.is_empty();
        for function in 0..self.module.functions.len() {
            let checked: Vec<_> = self.edges[function]
                .iter()
                .filter(|edge| edge.left.is_some() && !self.ends(&edge.to))
                .cloned()
                .collect();
            if checked.is_empty() {
                continue;
            }
            // Functions that only call through a function that checks are not checks themselves.
            if self.summaries[function]
                .calls
                .iter()
                .all(|call| call.left.is_none())
            {
                continue;
            }
            let name = self.name(function);
            let Some(entry) = self.list.check(name) else {
                self.problems.push(format!(
                    "{name} checks the stack, and the list does not say how it recurses"
                ));
                continue;
            };
            if !whole {
                continue;
            }
            let (mut turn, mut spare) = (0, i64::MAX);
            for edge in checked {
                let below = self.need_of(&edge.to, &turns);
                turn = turn.max(edge.depth + below.module);
                spare = spare.min(edge.left.unwrap_or(0) - below.all);
            }
            if turn > entry.bytes {
                self.problems.push(format!(
                    "a turn through {name} takes {turn} bytes, and the list has {}",
                    entry.bytes
                ));
            }
            checks.push(format!("{name}: {turn} bytes a turn, {spare} bytes spare"));
        }
        self.problems.extend(self.list.stale());
        let calls: usize = self.edges.iter().map(Vec::len).sum();
        Report {
            counted: format!(
                "{} functions, {calls} calls, {} checks",
                self.module.functions.len(),
                checks.len()
            ),
            problems: self.problems,
            checks,
        }
    }
}
