// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The hooks of a runtime: in few words, as a table, and as JSON.

use lunatik_abi::abi::{HookRow, HookState, MissedCalls};
use serde_json::{json, Map, Value as Json};

use super::{columns::in_columns, printable};

/// A hook of a runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// Its name among those of its runtime.
    pub name: String,
    /// Its state.
    pub state: HookState,
    /// Why it was disabled; empty if it was not.
    pub reason: String,
    /// The place of the failure that has disabled it; empty if that is unknown.
    pub place: String,
    /// Calls of its function.
    pub runs: u64,
    /// Those that have failed.
    pub failures: u64,
    /// Those that took too long.
    pub overruns: u64,
    /// Calls that were not made.
    pub missed: MissedCalls,
    /// Nanoseconds of all calls.
    pub ns: u64,
    /// Nanoseconds of the longest call.
    pub longest_ns: u64,
}

impl From<HookRow<'_>> for Hook {
    fn from(row: HookRow<'_>) -> Self {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        Self {
            name: text(row.name),
            state: row.state,
            reason: text(row.reason),
            place: text(row.place),
            runs: row.runs,
            failures: row.failures,
            overruns: row.overruns,
            missed: row.missed,
            ns: row.ns,
            longest_ns: row.longest_ns,
        }
    }
}

impl Hook {
    /// The mean time of a call, if there was one.
    fn mean_ns(&self) -> Option<u64> {
        self.ns.checked_div(self.runs)
    }

    /// Why it was disabled, and where its function has failed.
    fn cause(&self) -> String {
        match (self.reason.as_str(), self.place.as_str()) {
            (reason, "") => printable(reason),
            (reason, place) => printable(&format!("{reason} ({place})")),
        }
    }

    fn cells(&self) -> Vec<String> {
        vec![
            printable(&self.name),
            self.state.name().to_owned(),
            self.runs.to_string(),
            self.failures.to_string(),
            self.overruns.to_string(),
            self.missed.sum().to_string(),
            self.mean_ns().map_or("-".to_owned(), format_ns),
            match self.runs {
                0 => "-".to_owned(),
                _ => format_ns(self.longest_ns),
            },
            self.cause(),
        ]
    }

    pub(super) fn json(&self) -> Json {
        let or_null = |text: &str| match text {
            "" => Json::Null,
            text => Json::from(text),
        };
        let missed: Map<_, _> = self
            .missed
            .by_reason()
            .into_iter()
            .map(|(reason, calls)| (reason.to_owned(), calls.into()))
            .collect();
        json!({
            "name": self.name,
            "state": self.state.name(),
            "reason": or_null(&self.reason),
            "place": or_null(&self.place),
            "runs": self.runs,
            "failures": self.failures,
            "overruns": self.overruns,
            "missed": missed,
            "ns": self.ns,
            "mean_ns": self.mean_ns(),
            "longest_ns": self.longest_ns,
        })
    }
}

/// How many hooks there are, and how many of them do not call their functions: `3 hooks, 1 disabled`. Empty if
/// there are none.
pub(super) fn in_words(hooks: &[Hook]) -> String {
    let mut words = match hooks.len() {
        0 => return String::new(),
        1 => "1 hook".to_owned(),
        count => format!("{count} hooks"),
    };
    for state in HookState::ALL {
        let count = hooks.iter().filter(|hook| hook.state == state).count();
        if count > 0 && state != HookState::On {
            words.push_str(&format!(", {count} {}", state.name()));
        }
    }
    words
}

/// A table with a heading, and a line for each hook; empty if there are none. The last column, which says why hooks
/// were disabled, is there if one was.
pub(super) fn table(hooks: &[Hook]) -> String {
    if hooks.is_empty() {
        return String::new();
    }
    let heading = [
        "HOOK", "STATE", "RUNS", "FAILED", "OVER", "MISSED", "MEAN", "LONGEST", "REASON",
    ];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    rows.extend(hooks.iter().map(Hook::cells));
    if hooks.iter().all(|hook| hook.cause().is_empty()) {
        rows.iter_mut()
            .for_each(|row| row.truncate(heading.len() - 1));
    }
    in_columns(&rows)
}

/// A time with at least two digits: `850ns`, `1.2us`, `35us`, `2.1ms`.
fn format_ns(ns: u64) -> String {
    let units = [
        ("ns", 1),
        ("us", 1000),
        ("ms", 1_000_000),
        ("s", 1_000_000_000),
    ];
    let (name, unit) = units
        .into_iter()
        .rev()
        .find(|(_, unit)| ns >= *unit)
        .unwrap_or(("ns", 1));
    match (ns / unit, ns % unit * 10 / unit) {
        (whole @ 0..10, tenth) if unit > 1 => format!("{whole}.{tenth}{name}"),
        (whole, _) => format!("{whole}{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hook() -> Hook {
        Hook {
            name: "pre_routing".into(),
            state: HookState::On,
            reason: String::new(),
            place: String::new(),
            runs: 1000,
            failures: 0,
            overruns: 0,
            missed: MissedCalls::default(),
            ns: 1_234_567,
            longest_ns: 35_999,
        }
    }

    fn disabled() -> Hook {
        Hook {
            name: "local_\x1bin".into(),
            state: HookState::Disabled,
            reason: "16 over-runs in 10 s".into(),
            place: "filter.lua:12".into(),
            runs: 17,
            failures: 16,
            overruns: 16,
            missed: MissedCalls {
                busy: 2,
                context: 1,
                ..MissedCalls::default()
            },
            ns: 32_300_000,
            longest_ns: 2_100_000,
        }
    }

    fn unused(name: &str, state: HookState) -> Hook {
        Hook {
            name: name.into(),
            state,
            runs: 0,
            ns: 0,
            longest_ns: 0,
            ..hook()
        }
    }

    #[test]
    fn a_table_has_a_line_for_each_hook() {
        assert_eq!(
            table(&[hook(), unused("forward", HookState::Off)]),
            "\
HOOK         STATE  RUNS  FAILED  OVER  MISSED  MEAN   LONGEST
pre_routing  on     1000  0       0     0       1.2us  35us
forward      off    0     0       0     0       -      -
"
        );
    }

    #[test]
    fn a_table_says_why_hooks_were_disabled_and_obeys_no_script() {
        let placeless = Hook {
            place: String::new(),
            reason: "1000 failures\nin a row".into(),
            ..disabled()
        };
        assert_eq!(
            table(&[hook(), disabled(), placeless]),
            "\
HOOK            STATE     RUNS  FAILED  OVER  MISSED  MEAN   LONGEST  REASON
pre_routing     on        1000  0       0     0       1.2us  35us
local_\\u{1b}in  disabled  17    16      16    3       1.9ms  2.1ms    16 over-runs in 10 s (filter.lua:12)
local_\\u{1b}in  disabled  17    16      16    3       1.9ms  2.1ms    1000 failures\\nin a row
"
        );
    }

    #[test]
    fn no_hooks_are_no_table() {
        assert_eq!(table(&[]), "");
        assert_eq!(in_words(&[]), "");
    }

    #[test]
    fn words_count_the_hooks_that_do_not_call() {
        let off = || unused("a", HookState::Off);
        let stopped = || unused("b", HookState::Stopped);
        for (hooks, words) in [
            (vec![hook()], "1 hook"),
            (vec![hook(), hook()], "2 hooks"),
            (vec![disabled()], "1 hook, 1 disabled"),
            (vec![hook(), hook(), disabled()], "3 hooks, 1 disabled"),
            (
                vec![stopped(), off(), disabled(), hook(), off()],
                "5 hooks, 2 off, 1 disabled, 1 stopped",
            ),
        ] {
            assert_eq!(in_words(&hooks), words);
        }
    }

    #[test]
    fn times_have_two_digits_or_more() {
        for (ns, text) in [
            (0, "0ns"),
            (7, "7ns"),
            (999, "999ns"),
            (1000, "1.0us"),
            (1299, "1.2us"),
            (9999, "9.9us"),
            (10_000, "10us"),
            (999_999, "999us"),
            (1_500_000, "1.5ms"),
            (31_999_999, "31ms"),
            (1_000_000_000, "1.0s"),
            (61_000_000_000, "61s"),
            (u64::MAX, "18446744073s"),
        ] {
            assert_eq!(format_ns(ns), text);
        }
    }

    #[test]
    fn json_has_every_number() {
        assert_eq!(
            disabled().json(),
            json!({
                "name": "local_\x1bin",
                "state": "disabled",
                "reason": "16 over-runs in 10 s",
                "place": "filter.lua:12",
                "runs": 17,
                "failures": 16,
                "overruns": 16,
                "missed": { "closed": 0, "busy": 2, "contended": 0, "context": 1, "depth": 0 },
                "ns": 32_300_000,
                "mean_ns": 1_900_000,
                "longest_ns": 2_100_000,
            })
        );
        let json = unused("x", HookState::Stopped).json();
        assert_eq!(json["state"], "stopped");
        for field in ["reason", "place", "mean_ns"] {
            assert_eq!(json[field], Json::Null);
        }
    }
}
