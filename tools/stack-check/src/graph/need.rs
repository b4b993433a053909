// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The stack that functions need below their checks.

use super::{Edge, Graph, Target};
use crate::value::Signed;
use std::{collections::BTreeMap, fmt::Write as _};

/// The bytes that a function needs below its entry, up to the next check.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Need {
    /// The need, including that of the kernel.
    pub(super) all: i64,
    /// The edge that needs most; `None` if it is the function itself.
    pub(super) edge: Option<usize>,
    /// The need without the kernel.
    pub(super) module: i64,
}

/// Marks a bounded call that cannot be taken beyond another one, in place of its turns.
const NEVER: u16 = u16::MAX;

impl Graph<'_> {
    /// How often bounded calls may be taken beyond an edge, or `None` if it may not be taken.
    ///
    /// Beyond a cycle all bounded calls may be taken anew, because no path leads back into it.
    pub(super) fn turns_beyond(
        &self,
        function: usize,
        edge: &Edge,
        turns: &[u16],
    ) -> Option<Vec<u16>> {
        let mut turns = turns.to_vec();
        if let Some(bounded) = edge.bounded {
            if matches!(turns[bounded], 0 | NEVER) {
                return None;
            }
            turns[bounded] -= 1;
            for never in self.list.never_beyond(bounded) {
                turns[never] = NEVER;
            }
        }
        match edge.to {
            Target::Function(to) if self.circles[to] != self.circles[function] => {
                let anew = |(turns, all)| if turns == NEVER { NEVER } else { all };
                Some(turns.into_iter().zip(self.all_turns()).map(anew).collect())
            }
            _ => Some(turns),
        }
    }

    /// The need of `function` if bounded calls may still be taken `turns` times.
    pub(super) fn need(&mut self, function: usize, turns: &[u16]) -> Need {
        let key = (function, turns.to_vec());
        if let Some(known) = self.needs.get(&key) {
            return *known;
        }
        let own = self.summaries[function].deepest;
        let mut need = Need {
            all: own,
            module: own,
            edge: None,
        };
        for index in 0..self.edges[function].len() {
            let edge = self.edges[function][index].clone();
            if edge.left.is_some() {
                continue;
            }
            let Some(turns) = self.turns_beyond(function, &edge, turns) else {
                continue;
            };
            let below = self.need_of(&edge.to, &turns);
            need.module = need.module.max(edge.depth + below.module);
            if edge.depth + below.all > need.all {
                need.all = edge.depth + below.all;
                need.edge = Some(index);
            }
        }
        self.needs.insert(key, need);
        need
    }

    pub(super) fn need_of(&mut self, target: &Target, turns: &[u16]) -> Need {
        match target {
            Target::Function(to) => self.need(*to, turns),
            Target::Kernel(name) => Need {
                all: self.list.kernel_needs(name),
                module: 0,
                edge: None,
            },
        }
    }

    /// The path that needs most below a call, one function a line.
    pub(super) fn way(&mut self, target: &Target) -> String {
        let (mut text, mut target, mut turns) = (String::new(), target.clone(), self.all_turns());
        loop {
            let need = self.need_of(&target, &turns);
            let Target::Function(function) = target else {
                if let Target::Kernel(name) = &target {
                    let _ = write!(text, "\n    {:6} {name} (the kernel)", need.all);
                }
                return text;
            };
            let edge = need.edge.map(|index| self.edges[function][index].clone());
            let bytes = edge.as_ref().map_or(need.all, |edge| edge.depth);
            let _ = write!(text, "\n    {bytes:6} {}", self.name(function));
            let Some(edge) = edge else { return text };
            let Some(beyond) = self.turns_beyond(function, &edge, &turns) else {
                return text;
            };
            (target, turns) = (edge.to, beyond);
        }
    }

    pub(super) fn all_turns(&self) -> Vec<u16> {
        self.list.bounded.iter().map(|entry| entry.turns).collect()
    }

    pub(super) fn find_long_ways(&mut self) {
        let turns = self.all_turns();
        let mut worst: BTreeMap<(usize, usize), (i64, i64, Target)> = BTreeMap::new();
        for function in 0..self.module.functions.len() {
            for edge in self.edges[function].clone() {
                let Some(left) = edge.left else { continue };
                let all = self.need_of(&edge.to, &turns).all;
                let key = match &edge.to {
                    Target::Function(to) => (function, *to),
                    Target::Kernel(_) => (function, usize::MAX),
                };
                let over = |&(all, left, _): &(i64, i64, Target)| all - left;
                let new = (all, left, edge.to.clone());
                if all > left && worst.get(&key).is_none_or(|old| over(old) < over(&new)) {
                    worst.insert(key, new);
                }
            }
        }
        for ((function, _), (all, left, target)) in worst {
            self.too_long(self.name(function), all, left, &target);
        }
        for function in self.entries.clone() {
            let target = Target::Function(function);
            let all = self.need_of(&target, &turns).all;
            let left = self.list.stack.size.signed() - self.list.stack.above;
            if all > left {
                self.too_long("the kernel", all, left, &target);
            }
        }
    }

    pub(super) fn too_long(&mut self, name: &str, all: i64, left: i64, target: &Target) {
        let way = self.way(target);
        self.problems.push(format!(
            "below {name} {all} bytes are needed, and {left} are left:{way}"
        ));
    }
}
