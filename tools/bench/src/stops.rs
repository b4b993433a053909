// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The times that hostile scripts take to stop.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::{statistics::Summary, table::show};

/// What is asked for at native speed, in microseconds: of 99 stops of 100, and of each.
const TARGET: f64 = 2000.0;
const GREATEST_TARGET: f64 = 20_000.0;

/// A hostile script that was stopped repeatedly, in a few machines one after the other.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Stop {
    /// The name of the script.
    pub name: String,
    /// The number of processors of the machines.
    pub cpus: u32,
    /// The figures of each machine.
    pub rounds: Vec<Round>,
}

/// The figures of one machine. Times are in microseconds, from the request to the end of the Lua
/// program.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Round {
    /// The number of stops.
    pub count: u32,
    /// The median.
    pub median: f64,
    /// The 99th percentile.
    pub percentile_99: f64,
    /// The maximum.
    pub greatest: f64,
}

impl Stop {
    /// The median of the rounds, which ignores one round in which other work took the host's
    /// processors.
    fn middle(&self, of: impl Fn(&Round) -> f64) -> f64 {
        let values: Vec<f64> = self.rounds.iter().map(of).collect();
        Summary::of(&values).map_or(f64::NAN, |summary| summary.median)
    }

    fn percentile_99(&self) -> f64 {
        self.middle(|round| round.percentile_99)
    }

    fn greatest(&self) -> f64 {
        self.middle(|round| round.greatest)
    }

    fn greatest_of_all(&self) -> f64 {
        let all = self.rounds.iter().map(|round| round.greatest);
        all.fold(f64::NAN, f64::max)
    }

    fn count(&self) -> u32 {
        self.rounds.iter().map(|round| round.count).sum()
    }

    /// Whether it meets the target on a machine of this kind, if there is one.
    pub fn is_met(&self, kind: &str) -> Option<bool> {
        (kind == "um").then(|| self.percentile_99() <= TARGET && self.greatest() <= GREATEST_TARGET)
    }

    fn verdict(&self, kind: &str) -> &'static str {
        match self.is_met(kind) {
            Some(true) => "met",
            Some(false) => "missed",
            None => "",
        }
    }
}

/// The rows of the table that is shown after a run, with its heading.
pub fn rows(stops: &[Stop], kind: &str) -> Vec<Vec<String>> {
    let heading = [
        "STOPPED",
        "TIMES",
        "MEDIAN us",
        "99 % us",
        "GREATEST us",
        "OF ALL us",
        "VERDICT",
    ];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    rows.extend(stops.iter().map(|stop| {
        vec![
            stop.name.clone(),
            stop.count().to_string(),
            show(stop.middle(|round| round.median)),
            show(stop.percentile_99()),
            show(stop.greatest()),
            show(stop.greatest_of_all()),
            stop.verdict(kind).to_owned(),
        ]
    }));
    rows
}

/// The table of a document, two scripts in a row. Times that miss the target are bold.
pub fn markdown(stops: &[Stop], kind: &str) -> String {
    let mut text = String::from(
        "| script | p50 | p99 | greatest | of all | script | p50 | p99 | greatest | of all |\n\
         |---|--:|--:|--:|--:|---|--:|--:|--:|--:|\n",
    );
    let bold = |value: f64, target: f64| {
        if kind == "um" && value > target {
            format!("**{}**", show(value))
        } else {
            show(value)
        }
    };
    let (left, right) = stops.split_at(stops.len().div_ceil(2));
    for (row, first) in left.iter().enumerate() {
        for stop in [Some(first), right.get(row)].into_iter().flatten() {
            // Writing to a string does not fail.
            let _ = write!(
                text,
                "| `{}` | {} | {} | {} | {} ",
                stop.name,
                show(stop.middle(|round| round.median)),
                bold(stop.percentile_99(), TARGET),
                bold(stop.greatest(), GREATEST_TARGET),
                show(stop.greatest_of_all()),
            );
        }
        text.push_str(if right.get(row).is_some() {
            "|\n"
        } else {
            "| | | | | |\n"
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stop(name: &str, rounds: &[(f64, f64)]) -> Stop {
        let rounds = rounds.iter().map(|&(percentile_99, greatest)| Round {
            count: 100,
            median: 12.0,
            percentile_99,
            greatest,
        });
        Stop {
            name: name.to_owned(),
            cpus: 2,
            rounds: rounds.collect(),
        }
    }

    #[test]
    fn both_bounds_count() {
        let met = |rounds: &[(f64, f64)]| stop("a", rounds).is_met("um");
        assert_eq!(met(&[(2000.0, 20_000.0)]), Some(true));
        assert_eq!(met(&[(2001.0, 3000.0)]), Some(false));
        assert_eq!(met(&[(20.0, 20_001.0)]), Some(false));
        assert_eq!(met(&[]), Some(false));
        assert_eq!(stop("a", &[(900.0, 9000.0)]).is_met("qemu"), None);
    }

    #[test]
    fn the_round_in_the_middle_counts() {
        let met = |rounds: &[(f64, f64)]| stop("a", rounds).is_met("um");
        assert_eq!(
            met(&[(9000.0, 90_000.0), (90.0, 90.0), (100.0, 100.0)]),
            Some(true)
        );
        assert_eq!(
            met(&[(9000.0, 9000.0), (90.0, 90.0), (3000.0, 3000.0)]),
            Some(false)
        );
    }

    #[test]
    fn tables_have_all() {
        let stops = [
            stop("a", &[(20.0, 30.0), (30.0, 4000.0), (15.0, 20.0)]),
            stop("b", &[(2500.0, 3000.0)]),
            stop("c", &[(20.0, 60_000.0)]),
        ];
        let shown = rows(&stops, "um");
        assert_eq!(
            shown[1],
            ["a", "300", "12.0", "20.0", "30.0", "4000", "met"]
        );
        assert_eq!(
            shown[2],
            ["b", "100", "12.0", "2500", "3000", "3000", "missed"]
        );
        assert_eq!(
            markdown(&stops, "um").lines().skip(2).collect::<Vec<_>>(),
            [
                "| `a` | 12.0 | 20.0 | 30.0 | 4000 | `c` | 12.0 | 20.0 | **60000** | 60000 |",
                "| `b` | 12.0 | **2500** | 3000 | 3000 | | | | | |",
            ]
        );
    }
}
