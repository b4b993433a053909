// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Tests of the metrics: a strict reading of the text format, and what is counted where.

use std::collections::{HashMap, HashSet};

use lunatik_abi::abi::{Messages, MissedCalls};
use proptest::prelude::*;

use super::*;
use crate::report::sample;

/// Reads the labels after a name, `{a="b",…}`, and returns them with what follows. None if they are malformed.
fn read_labels(text: &str) -> Option<(Vec<(String, String)>, &str)> {
    let Some(mut rest) = text.strip_prefix('{') else {
        return Some((Vec::new(), text));
    };
    let mut labels = Vec::new();
    loop {
        let (name, after) = rest.split_once("=\"")?;
        let mut letters = name.chars();
        let is_name = letters.all(|c| c.is_ascii_lowercase() || c == '_');
        let mut value = String::new();
        let mut chars = after.char_indices();
        let end = loop {
            match chars.next()? {
                (end, '"') => break end,
                (_, '\\') => value.push(match chars.next()?.1 {
                    '\\' => '\\',
                    '"' => '"',
                    'n' => '\n',
                    _ => return None,
                }),
                (_, '\n') => return None,
                (_, c) => value.push(c),
            }
        };
        if name.is_empty() || !is_name || labels.iter().any(|(other, _)| other == name) {
            return None;
        }
        labels.push((name.to_owned(), value));
        rest = &after[end + 1..];
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None => return Some((labels, rest.strip_prefix('}')?)),
        }
    }
}

type Series = HashMap<(String, Vec<(String, String)>), f64>;

/// Reads a text as strictly as the format allows. Returns the numbers.
fn read(text: &str) -> Series {
    let mut series = Series::new();
    let mut families = HashSet::new();
    let mut lines = text.strip_suffix('\n').expect("a last line").split('\n');
    let mut family: Option<(String, String)> = None;
    while let Some(line) = lines.next() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, help) = help.split_once(' ').expect("a help text");
            assert!(help.ends_with('.') && !help.contains('\\'), "{line}");
            let kind = lines.next().and_then(|line| line.strip_prefix("# TYPE "));
            let (same, kind) = kind.expect("a type").split_once(' ').expect("a type");
            assert_eq!(same, name);
            assert!(["counter", "gauge"].contains(&kind));
            assert_eq!(name.ends_with("_total"), kind == "counter", "{name}");
            assert!(name.starts_with("lunatik_"));
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
            assert!(families.insert(name.to_owned()), "{name} comes twice");
            family = Some((name.to_owned(), kind.to_owned()));
            continue;
        }
        let (name, kind) = family.as_ref().expect("a family");
        let rest = line.strip_prefix(name.as_str()).expect("its family");
        let (labels, rest) = read_labels(rest).unwrap_or_else(|| panic!("{line}"));
        let value = rest.strip_prefix(' ').expect("a number");
        assert!(value.chars().all(|c| c.is_ascii_digit() || c == '.'));
        let value: f64 = value.parse().expect("a number");
        assert!(kind == "gauge" || value >= 0.0);
        let former = series.insert((name.clone(), labels), value);
        assert_eq!(former, None, "{line} comes twice");
    }
    series
}

fn value(series: &Series, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let labels = labels
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_string()));
    series.get(&(name.to_owned(), labels.collect())).copied()
}

fn row(name: &str, id: u64, parent: u64, kind: &str, state: State) -> Row {
    Row {
        parent,
        kind: kind.into(),
        state,
        memory_used: 1000 + id,
        cpu_ns: id * 1_500_000_000,
        permissions: String::new(),
        ..sample::row(name, id)
    }
}

fn hook(name: &str, runs: u64, state: HookState) -> Hook {
    Hook {
        name: name.into(),
        state,
        overruns: 1,
        missed: MissedCalls {
            busy: 4,
            ..MissedCalls::default()
        },
        ns: 2_500_000_000,
        longest_ns: runs * 1000,
        ..sample::hook(runs, 2)
    }
}

fn observed(rows: Vec<Row>) -> Observed {
    let totals = [
        ("sessions", 2),
        ("started_run", 5),
        ("finished_run", 2),
        ("failed_run", 1),
        ("started_worker", 9),
        ("of_a_later_module", 7),
    ];
    Observed {
        versions: Versions {
            protocol: 1,
            module: "lunatik 1.2".into(),
            lua: "Lua 5.5.1".into(),
        },
        totals: totals.map(|(name, count)| (name.to_owned(), count)).into(),
        report: Report { rows },
        now_ns: 1_000_000_000_000,
    }
}

#[test]
fn the_module_says_what_it_has_counted() {
    let text = observed(Vec::new()).text(true);
    let series = read(&text);
    let is = |name, labels: &[_], expected| {
        assert_eq!(value(&series, name, labels), Some(expected), "{text}");
    };
    is(
        "lunatik_build_info",
        &[("module", "1.2"), ("lua", "5.5.1")],
        1.0,
    );
    is("lunatik_sessions", &[], 2.0);
    is("lunatik_runtimes_started_total", &[("kind", "worker")], 9.0);
    let labels = [("kind", "run"), ("result", "failed")];
    is("lunatik_runtimes_ended_total", &labels, 1.0);
    // What is not there now is 0.
    is(
        "lunatik_runtimes",
        &[("kind", "run"), ("state", "ready")],
        0.0,
    );
    assert!(!text.contains("later"));
    assert!(!text.contains("lunatik_script"));
}

#[test]
fn scripts_and_their_parts_have_series() {
    let rows = vec![
        row("a", 3, 0, "run", State::Ready),
        row("w", 4, 3, "worker", State::Blocked),
        row("w", 5, 3, "worker", State::Running),
        row("s", 6, 5, "service", State::Blocked),
        row("b", 7, 0, "spawn", State::Failed),
        row("w", 8, 7, "worker", State::Failed),
        row("eval", 9, 0, "eval", State::Running),
        row("eval", 10, 0, "eval", State::Running),
    ];
    let observed = observed(rows);
    let series = read(&observed.text(false));
    let is = |name, labels: &[_], expected: Option<f64>| {
        assert_eq!(value(&series, name, labels), expected, "{name} {labels:?}");
    };
    let a = ("script", "a");
    let b = ("script", "b");
    is("lunatik_script_running", &[a], Some(1.0));
    is("lunatik_script_running", &[b], Some(0.0));
    is("lunatik_script_failed", &[a], Some(0.0));
    is("lunatik_script_failed", &[b], Some(1.0));
    is("lunatik_script_start_time_seconds", &[a], Some(990.0));
    is("lunatik_script_cpu_seconds_total", &[a], Some(4.5));
    is("lunatik_script_cpu_seconds_total", &[b], None);
    is("lunatik_script_memory_bytes", &[a], Some(1003.0));
    is(
        "lunatik_script_memory_limit_bytes",
        &[a],
        Some(67_108_864.0),
    );
    is("lunatik_script_parts", &[a, ("kind", "worker")], Some(2.0));
    is("lunatik_script_parts", &[a, ("kind", "service")], Some(1.0));
    is("lunatik_script_parts", &[b, ("kind", "worker")], None);
    is(
        "lunatik_runtimes",
        &[("kind", "eval"), ("state", "running")],
        Some(2.0),
    );
    is("lunatik_script_running", &[("script", "eval")], None);
    let series = read(&observed.text(true));
    let labels = [a, ("kind", "service"), ("name", "s"), ("id", "6")];
    assert_eq!(
        value(&series, "lunatik_part_cpu_seconds_total", &labels),
        Some(9.0)
    );
    assert_eq!(
        value(&series, "lunatik_part_memory_bytes", &labels),
        Some(1006.0)
    );
}

#[test]
fn messages_wait_for_scripts_and_parts() {
    let with = |row: Row, waiting, received| Row {
        messages: Some(Messages { waiting, received }),
        ..row
    };
    let rows = vec![
        with(row("a", 3, 0, "run", State::Blocked), 1, 10),
        with(row("w", 4, 3, "worker", State::Running), 20, 200),
        with(row("w", 5, 3, "worker", State::Running), 300, 3000),
        with(row("s", 6, 5, "service", State::Blocked), 0, 7),
        row("quiet", 7, 0, "run", State::Ready),
        with(row("old", 8, 0, "run", State::Finished), 0, 9),
    ];
    let observed = observed(rows);
    let series = read(&observed.text(false));
    let is = |name, labels: &[_], expected: Option<f64>| {
        assert_eq!(value(&series, name, labels), expected, "{name} {labels:?}");
    };
    let a = ("script", "a");
    let waiting = "lunatik_script_messages_waiting";
    is(waiting, &[a, ("kind", "run")], Some(1.0));
    is(waiting, &[a, ("kind", "worker")], Some(320.0));
    is(waiting, &[a, ("kind", "service")], Some(0.0));
    is(waiting, &[("script", "quiet"), ("kind", "run")], None);
    is(waiting, &[("script", "old"), ("kind", "run")], None);
    let received = "lunatik_script_messages_received_total";
    is(received, &[a], Some(10.0));
    is(received, &[("script", "quiet")], None);
    let series = read(&observed.text(true));
    let labels = [a, ("kind", "worker"), ("name", "w"), ("id", "5")];
    let part = |name| value(&series, name, &labels);
    assert_eq!(part("lunatik_part_messages_waiting"), Some(300.0));
    assert_eq!(part("lunatik_part_messages_received_total"), Some(3000.0));
}

#[test]
fn hooks_of_a_crew_count_together() {
    let mut first = row("f", 3, 0, "run", State::Ready);
    first.hooks = vec![
        hook("in", 10, HookState::On),
        hook("in", 20, HookState::Disabled),
        hook("out", 5, HookState::On),
    ];
    first.lost = Some(1);
    let mut member = row("f:1", 4, 3, "member", State::Ready);
    member.hooks = vec![hook("in", 100, HookState::On)];
    member.lost = Some(2);
    let series = read(&observed(vec![first, member]).text(false));
    let is = |name, more: &[_], expected| {
        let mut labels = vec![("script", "f"), ("hook", "in")];
        labels.extend(more);
        assert_eq!(value(&series, name, &labels), Some(expected), "{name}");
    };
    is("lunatik_hook_runs_total", &[], 130.0);
    is("lunatik_hook_failures_total", &[], 6.0);
    is("lunatik_hook_overruns_total", &[], 3.0);
    is("lunatik_hook_missed_total", &[("reason", "busy")], 12.0);
    is("lunatik_hook_missed_total", &[("reason", "depth")], 0.0);
    is("lunatik_hook_seconds_total", &[], 7.5);
    is("lunatik_hook_longest_seconds", &[], 0.0001);
    is("lunatik_hooks", &[("state", "on")], 2.0);
    is("lunatik_hooks", &[("state", "disabled")], 1.0);
    is("lunatik_hooks", &[("state", "off")], 0.0);
    assert_eq!(
        value(&series, "lunatik_hook_lost_total", &[("script", "f")]),
        Some(3.0)
    );
}

proptest! {
    #[test]
    fn whatever_scripts_call_themselves_the_text_is_well_formed(
        names in proptest::collection::vec((any::<String>(), 0..7usize, 0..6usize, 0..9u64), 0..12)
    ) {
        let kinds = ["run", "spawn", "worker", "service", "actor", "eval"];
        let rows = names.iter().zip(1..).map(|((name, state, kind, parent), id)| Row {
            hooks: vec![hook(name, 1, HookState::On)],
            lost: Some(1),
            messages: Some(Messages {
                waiting: 2,
                received: u64::MAX,
            }),
            ..row(name, id, *parent, kinds[*kind], State::ALL[*state])
        });
        let observed = observed(rows.collect());
        let series = read(&observed.text(true));
        for row in observed.report.rows.iter().filter(|row| row.is_script()) {
            let labels = [("script", row.name.as_str())];
            prop_assert!(value(&series, "lunatik_script_running", &labels).is_some());
        }
    }
}
