// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The calls of all functions, the problems in them, and the stack that each function needs.

use crate::{
    flow::{follow, Call, Callee, Known, Summary},
    list::List,
    module::Module, //
};
use petgraph::{algo::tarjan_scc, graphmap::DiGraphMap};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt::Write as _, //
};

mod need;
mod report;

use self::need::Need;

/// A call from one function to another, or to the kernel.
#[derive(Clone, Debug)]
struct Edge {
    to: Target,
    depth: i64,
    left: Option<i64>,
    bounded: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Target {
    Function(usize),
    Kernel(String),
}

/// The calls of all functions.
pub struct Graph<'a> {
    module: &'a Module,
    list: &'a List,
    summaries: Vec<Summary>,
    edges: Vec<Vec<Edge>>,
    held: Vec<Vec<&'a str>>,
    entries: BTreeSet<usize>,
    problems: Vec<String>,
    /// The cycle that each function belongs to, with checks left out.
    circles: Vec<usize>,
    /// Indexed by function, and by how often each bounded call within its cycle may still be taken.
    needs: HashMap<(usize, Vec<u16>), Need>,
}

/// The findings.
#[derive(Debug, Default)]
pub struct Report {
    /// The problems, one text each.
    pub problems: Vec<String>,
    /// A line for each check: how much is used of the stack that it leaves.
    pub checks: Vec<String>,
    /// The numbers of functions and calls.
    pub counted: String,
}

/// Follows all functions repeatedly until nothing new is found.
fn summarize(module: &Module, list: &List) -> Vec<Summary> {
    let count = module.functions.len();
    // Each function is assumed to return until the opposite is known.
    let mut summaries = vec![
        Summary {
            returns: true,
            ..Summary::default()
        };
        count
    ];
    loop {
        let known = Known {
            module,
            summaries: &summaries,
            stack: list.stack.size,
            ends: &|name| list.ends(name),
        };
        let next: Vec<_> = (0..count)
            .map(
                |function| match list.is_leaf(&module.functions[function].name) {
                    true => Summary {
                        returns: true,
                        ..Summary::default()
                    },
                    false => follow(&known, function),
                },
            )
            .collect();
        if next == summaries {
            return next;
        }
        summaries = next;
    }
}

/// Checks an object by the list.
#[must_use]
pub fn check(module: &Module, list: &List) -> Report {
    let mut graph = Graph::new(module, list);
    graph.find_cycles();
    if graph.problems.is_empty() {
        graph.find_long_ways();
    }
    graph.report()
}

impl<'a> Graph<'a> {
    /// Finds all calls.
    #[must_use]
    pub fn new(module: &'a Module, list: &'a List) -> Self {
        let summaries = summarize(module, list);
        let mut held = vec![Vec::new(); module.functions.len()];
        for one in &module.held {
            held[one.function].push(one.holder.as_str());
        }
        let mut graph = Self {
            module,
            list,
            summaries,
            edges: Vec::new(),
            held,
            entries: BTreeSet::new(),
            problems: Vec::new(),
            circles: Vec::new(),
            needs: HashMap::new(),
        };
        let pointers = graph.sort_pointers();
        graph.make_edges(&pointers);
        graph.find_circles();
        graph
    }

    fn name(&self, function: usize) -> &'a str {
        &self.module.functions[function].name
    }

    /// Finds the functions that each kind of pointers leads to.
    fn sort_pointers(&mut self) -> Vec<Vec<usize>> {
        let mut givers: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for (index, summary) in self.summaries.iter().enumerate() {
            for &function in &summary.gives {
                givers.entry(function).or_default().push(self.name(index));
            }
        }
        let mut targets = vec![Vec::new(); self.list.pointer.len()];
        for function in 0..self.module.functions.len() {
            let name = self.name(function);
            let held = &self.held[function];
            let mut known = false;
            for (kind, target) in self.list.pointer.iter().zip(&mut targets) {
                if kind.is_to(name, held) {
                    target.push(function);
                    known = true;
                }
            }
            for entry in &self.list.entry {
                if entry.is_to(name, held) {
                    self.entries.insert(function);
                    known = true;
                }
            }
            let mut by = held.clone();
            by.extend(givers.get(&function).into_iter().flatten());
            if !known && !by.is_empty() {
                by.dedup();
                self.problems.push(format!(
                    "the address of {name} is taken (by {}), and the list does not say who calls it",
                    by.join(", "),
                ));
            }
        }
        targets
    }

    fn make_edges(&mut self, pointers: &[Vec<usize>]) {
        for function in 0..self.module.functions.len() {
            let name = self.name(function);
            let mut edges = Vec::new();
            for call in &self.summaries[function].calls.clone() {
                for (to, more, found) in self.targets(function, call, pointers) {
                    let bounded = match &to {
                        Target::Function(index) => self.list.bounded(name, self.name(*index)),
                        Target::Kernel(_) => None,
                    };
                    // The stack that the caller, or the function in between, has determined.
                    let left = call.left.map(|left| left - more).max(found);
                    edges.push(Edge {
                        to,
                        depth: call.depth + more,
                        left,
                        bounded,
                    });
                }
            }
            if self.summaries[function].unbounded {
                self.problems
                    .push(format!("the frame of {name} cannot be followed"));
            }
            self.edges.push(edges);
        }
        self.problems.dedup();
    }

    /// The functions that a call reaches, the stack that is used in between, and the stack that is
    /// left then, if it was determined there.
    fn targets(
        &mut self,
        function: usize,
        call: &Call,
        pointers: &[Vec<usize>],
    ) -> Vec<(Target, i64, Option<i64>)> {
        let name = self.name(function);
        match &call.callee {
            Callee::Function(index) => {
                let mut targets = vec![(Target::Function(*index), 0, None)];
                if self.list.applies(self.name(*index)) {
                    if call.argument.is_empty() && !self.list.applies(name) {
                        let applies = self.name(*index);
                        self.problems.push(format!(
                            "{name} calls {applies}, and it is not clear with which function"
                        ));
                    }
                    for (more, left) in self.applied_at(*index) {
                        let reached = |&to| (Target::Function(to), more, left);
                        targets.extend(call.argument.iter().map(reached));
                    }
                }
                targets
            }
            Callee::Kernel(kernel) => {
                let called = self
                    .list
                    .called_by_kernel(kernel)
                    .map_or(&[][..], |kind| &pointers[kind]);
                // The stack that the kernel uses above a function of the module that it calls
                // meanwhile.
                let more = self.list.kernel_needs(kernel);
                let called = called
                    .iter()
                    .map(|&index| (Target::Function(index), more, None));
                called
                    .chain([(Target::Kernel(kernel.clone()), 0, None)])
                    .collect()
            }
            // Its callers determine the callee.
            Callee::Pointer if self.list.applies(name) => Vec::new(),
            Callee::Pointer => {
                let kinds = || {
                    self.list
                        .pointer
                        .iter()
                        .zip(pointers)
                        .filter(|(kind, _)| kind.is_from(name))
                };
                if kinds().next().is_none() {
                    self.problems.push(format!(
                        "{name} calls through a pointer, and the list does not say whom"
                    ));
                }
                let kernel = kinds().filter(|(kind, _)| kind.is_kernel());
                let kernel = kernel.map(|(kind, _)| Target::Kernel(kind.what.clone()));
                let called = kinds()
                    .flat_map(|(_, to)| to)
                    .map(|&to| Target::Function(to));
                called.chain(kernel).map(|to| (to, 0, None)).collect()
            }
        }
    }

    /// The places where a function calls its second argument: the bytes between its entry and the
    /// entry of the argument, and the bytes that are left there, if it checks that.
    fn applied_at(&self, function: usize) -> Vec<(i64, Option<i64>)> {
        let mut at = Vec::new();
        for call in &self.summaries[function].calls {
            match &call.callee {
                Callee::Pointer => at.push((call.depth, call.left)),
                Callee::Function(to)
                    if *to != function
                        && call.argument.is_empty()
                        && self.list.applies(self.name(*to)) =>
                {
                    at.extend(self.applied_at(*to).into_iter().map(|(depth, left)| {
                        let found = call.left.map(|left| left - depth);
                        (depth + call.depth, found.max(left))
                    }));
                }
                _ => {}
            }
        }
        at
    }

    /// The calls between functions that `follow` accepts.
    fn calls(&self, follow: impl Fn(&Edge) -> bool) -> DiGraphMap<usize, ()> {
        let mut calls = DiGraphMap::new();
        for (from, edges) in self.edges.iter().enumerate() {
            calls.add_node(from);
            for edge in edges
                .iter()
                .filter(|edge| edge.left.is_none() && follow(edge))
            {
                if let Target::Function(to) = edge.to {
                    calls.add_edge(from, to, ());
                }
            }
        }
        calls
    }

    fn find_circles(&mut self) {
        let turns = self.all_turns();
        let calls = self.calls(|edge| edge.bounded.is_none_or(|bounded| turns[bounded] > 0));
        self.circles = vec![0; self.edges.len()];
        for (number, circle) in tarjan_scc(&calls).into_iter().enumerate() {
            for function in circle {
                self.circles[function] = number;
            }
        }
    }

    /// Reports cycles that remain without checks and bounds.
    fn find_cycles(&mut self) {
        let calls = self.calls(|edge| edge.bounded.is_none());
        for circle in tarjan_scc(&calls) {
            let inside: BTreeSet<_> = circle.iter().copied().collect();
            if circle.len() == 1 && !calls.contains_edge(circle[0], circle[0]) {
                continue;
            }
            let mut text = "a recursion without a check of the stack:".to_string();
            for &from in &circle {
                let to: BTreeSet<_> = calls
                    .neighbors(from)
                    .filter(|to| inside.contains(to))
                    .map(|to| self.name(to))
                    .collect();
                let to: Vec<_> = to.into_iter().collect();
                let _ = write!(text, "\n    {} -> {}", self.name(from), to.join(", "));
            }
            self.problems.push(text);
        }
    }
}
