// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The figures that are shown of runtimes: those of one sample, and rates since the previous one.

use std::collections::HashMap;

use crate::report::{Report, Row};

/// The figures of one runtime.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// Its number, which no other runtime has.
    pub id: u64,
    /// Its name, printable. With the name of its parent, if it has one.
    pub name: String,
    /// Its name for `stop`.
    pub target: String,
    /// Its kind and context, printable.
    pub kind: String,
    /// Its state and what it waits for, printable.
    pub state: String,
    /// Whether it has ended.
    pub has_ended: bool,
    /// Whether it has failed.
    pub has_failed: bool,
    /// The share of one CPU that it has used since the last sample, in percent. `None` in its first sample.
    pub cpu_percent: Option<f64>,
    /// CPU time that it has used.
    pub cpu_ns: u64,
    /// Bytes in use.
    pub memory: u64,
    /// Messages that wait for it; `None` if it has no queue for them.
    pub messages: Option<u64>,
    /// Calls of its hooks; `None` without hooks.
    pub runs: Option<u64>,
    /// Calls of its hooks per second since the last sample.
    pub runs_rate: Option<f64>,
    /// Calls of its hooks that have failed.
    pub failures: Option<u64>,
    /// Messages and lines of its hooks that were lost, if that is counted.
    pub lost: Option<u64>,
    /// Time since its start.
    pub age_ns: u64,
}

/// The values from which rates are computed.
#[derive(Clone, Copy, Debug)]
struct Counters {
    cpu_ns: u64,
    runs: u64,
    age_ns: u64,
}

/// Computes figures from reports, comparing each report with the previous one.
#[derive(Debug, Default)]
pub struct Sampler {
    last: HashMap<u64, Counters>,
}

impl Sampler {
    /// The figures of `report`, in its order. The ages of the runtimes serve as the clock, so the arrival time of the
    /// report does not matter.
    pub fn take(&mut self, report: &Report) -> Vec<Figures> {
        let names: HashMap<_, _> = report.rows.iter().map(|row| (row.id, row)).collect();
        let figures = report
            .rows
            .iter()
            .map(|row| self.figures(row, names.get(&row.parent).copied()))
            .collect();
        let counters = |row: &Row| Counters {
            cpu_ns: row.cpu_ns,
            runs: runs(row),
            age_ns: row.age_ns,
        };
        self.last = report
            .rows
            .iter()
            .map(|row| (row.id, counters(row)))
            .collect();
        figures
    }

    fn figures(&self, row: &Row, parent: Option<&Row>) -> Figures {
        let last = self.last.get(&row.id);
        // A second of time that has passed has as many nanoseconds as one of CPU time.
        let rate = |now: u64, before: u64| {
            let passed = row.age_ns.saturating_sub(last?.age_ns);
            let more = now.saturating_sub(before);
            Some(match passed {
                0 => 0.0,
                passed => more as f64 / passed as f64,
            })
        };
        let has_hooks = !row.hooks.is_empty();
        let runs = runs(row);
        let own = row.shown_name();
        Figures {
            id: row.id,
            name: match parent.filter(|_| row.parent != 0) {
                Some(parent) => format!("{own} ({})", parent.shown_name()),
                None => own,
            },
            target: match row.is_script() {
                true => row.name.clone(),
                false => row.id.to_string(),
            },
            kind: row.shown_kind(),
            state: row.shown_state(),
            has_ended: row.state.has_ended(),
            has_failed: row.state == lunatik_abi::abi::State::Failed,
            cpu_percent: rate(row.cpu_ns, last.map_or(0, |last| last.cpu_ns))
                .map(|rate| rate * 100.0),
            cpu_ns: row.cpu_ns,
            memory: row.memory_used,
            messages: row.messages.map(|messages| messages.waiting),
            runs: has_hooks.then_some(runs),
            runs_rate: rate(runs, last.map_or(0, |last| last.runs))
                .filter(|_| has_hooks)
                .map(|rate| rate * 1e9),
            failures: has_hooks.then(|| {
                let failures = row.hooks.iter().map(|hook| hook.failures);
                failures.fold(0, u64::saturating_add)
            }),
            lost: row.lost,
            age_ns: row.age_ns,
        }
    }
}

/// The calls of all hooks of a runtime.
fn runs(row: &Row) -> u64 {
    let runs = row.hooks.iter().map(|hook| hook.runs);
    runs.fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use lunatik_abi::abi::{Context, State};

    use super::*;
    use crate::report::sample;

    fn report(rows: &[Row]) -> Report {
        Report {
            rows: rows.to_vec(),
        }
    }

    #[test]
    fn rates_are_those_between_two_samples() {
        let mut sampler = Sampler::default();
        let mut row = sample::row("filter", 3);
        row.class = Context::Softirq;
        row.hooks = vec![sample::hook(100, 1), sample::hook(50, 2)];
        row.cpu_ns = 5_000_000_000;
        row.age_ns = 10_000_000_000;
        let first = &sampler.take(&report(&[row.clone()]))[0];
        assert_eq!(first.cpu_percent, None);
        assert_eq!(first.runs_rate, None);
        assert_eq!((first.runs, first.failures), (Some(150), Some(3)));
        row.cpu_ns += 250_000_000;
        row.age_ns += 500_000_000;
        row.hooks[0].runs += 20;
        let second = &sampler.take(&report(&[row.clone()]))[0];
        assert_eq!(second.cpu_percent, Some(50.0));
        assert_eq!(second.runs_rate, Some(40.0));
        // Of one that has ended, nothing changes any more.
        row.state = State::Finished;
        let third = &sampler.take(&report(&[row.clone()]))[0];
        assert_eq!(third.cpu_percent, Some(0.0));
        assert!(third.has_ended && !third.has_failed);
        // Another runtime with the same name has a number of its own.
        row.id = 4;
        row.cpu_ns = 1;
        let fourth = &sampler.take(&report(&[row]))[0];
        assert_eq!(fourth.cpu_percent, None);
    }

    #[test]
    fn parts_have_the_names_of_their_makers_and_are_stopped_by_number() {
        let script = sample::row("crawler", 3);
        let mut part = sample::row("fe\x1btch", 9);
        part.parent = 3;
        part.kind = "actor".into();
        let figures = Sampler::default().take(&report(&[script, part]));
        assert_eq!(
            (figures[0].name.as_str(), figures[0].target.as_str()),
            ("crawler", "crawler")
        );
        assert_eq!(
            (figures[1].name.as_str(), figures[1].target.as_str()),
            ("fe\\u{1b}tch (crawler)", "9")
        );
        assert_eq!(figures[1].runs, None);
    }
}
