// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The figures of one machine, and the file that they are kept in.

use std::{collections::BTreeMap, fs, path::Path};

use serde::{Deserialize, Serialize};

use crate::{
    statistics::Summary,
    stops::{Round, Stop},
};

/// The version of the file's format.
pub const FORMAT: u32 = 1;

/// All figures of one machine.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Report {
    /// [`FORMAT`].
    pub format: u32,
    /// The circumstances: the kind of machine, versions, the processor.
    pub facts: BTreeMap<String, String>,
    /// The figures, in the order of their first measurement.
    pub figures: Vec<Figure>,
    /// Hostile scripts, in the order in which they were stopped.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub stops: Vec<Stop>,
}

/// A figure that was measured several times.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Figure {
    /// Its name: `programs/fib`, `round_trip/integer`.
    pub name: String,
    /// The number of processors of the machine.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cpus: Option<u32>,
    /// `us`, `KiB`, `%`, or `ratio`: time in the kernel by time in user space.
    pub unit: String,
    /// `plain`, `allocating` or `float`, for programs.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub class: Option<String>,
    /// One value of each run.
    pub values: Vec<f64>,
    /// Nanoseconds in the kernel in each run, for programs.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub kernel_ns: Vec<f64>,
    /// Nanoseconds in user space in each run, for programs.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub user_ns: Vec<f64>,
}

impl Figure {
    /// Least, median and greatest of the values.
    pub fn summary(&self) -> Option<Summary> {
        Summary::of(&self.values)
    }

    /// The value that is compared with the target. For a program it is the ratio of the shortest
    /// times, because other activity of the machine only adds to a time. Otherwise it is the
    /// median.
    pub fn judged(&self) -> Option<f64> {
        match (Summary::of(&self.kernel_ns), Summary::of(&self.user_ns)) {
            (Some(kernel), Some(user)) => Some(kernel.least / user.least),
            _ => Some(self.summary()?.median),
        }
    }

    /// Whether `other` is the same figure.
    pub fn is_like(&self, other: &Figure) -> bool {
        self.name == other.name && self.cpus == other.cpus && self.unit == other.unit
    }
}

impl Report {
    /// The kind of machine: `um`, `qemu`.
    pub fn kind(&self) -> &str {
        self.facts.get("kind").map_or("unknown", String::as_str)
    }

    /// Reads the lines that `scripts/bench` collects:
    ///
    /// ```text
    /// fact KEY VALUE
    /// measure NAME CPUS UNIT VALUE
    /// program NAME CLASS KERNEL_NS USER_NS
    /// stop NAME CPUS COUNT MEDIAN PERCENTILE_99 GREATEST
    /// ```
    ///
    /// Any other line is an error, which names it.
    pub fn of_samples(text: &str) -> Result<Self, String> {
        let mut report = Self {
            format: FORMAT,
            ..Self::default()
        };
        for (number, line) in text.lines().enumerate() {
            report
                .add(line)
                .map_err(|wrong| format!("line {}, '{line}': {wrong}", number + 1))?;
        }
        if report.figures.is_empty() && report.stops.is_empty() {
            return Err("nothing was measured".to_owned());
        }
        Ok(report)
    }

    fn add(&mut self, line: &str) -> Result<(), String> {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        match words[..] {
            ["fact", key, ref rest @ ..] => {
                self.facts.insert(key.to_owned(), rest.join(" "));
            }
            ["measure", name, cpus, unit, value] => {
                let cpus = processors(cpus)?;
                let figure = self.figure(Figure {
                    name: name.to_owned(),
                    cpus: Some(cpus),
                    unit: unit.to_owned(),
                    class: None,
                    values: Vec::new(),
                    kernel_ns: Vec::new(),
                    user_ns: Vec::new(),
                });
                figure.values.push(number(value)?);
            }
            ["program", name, class, kernel, user] => {
                let (kernel, user) = (number(kernel)?, number(user)?);
                if user == 0.0 {
                    return Err("a program takes longer than no time".to_owned());
                }
                let figure = self.figure(Figure {
                    name: format!("programs/{name}"),
                    cpus: None,
                    unit: "ratio".to_owned(),
                    class: Some(class.to_owned()),
                    values: Vec::new(),
                    kernel_ns: Vec::new(),
                    user_ns: Vec::new(),
                });
                figure.values.push(kernel / user);
                figure.kernel_ns.push(kernel);
                figure.user_ns.push(user);
            }
            ["stop", name, cpus, count, median, percentile_99, greatest] => {
                let cpus = processors(cpus)?;
                let round = Round {
                    count: count
                        .parse()
                        .map_err(|_| format!("'{count}' is no number of stops"))?,
                    median: number(median)?,
                    percentile_99: number(percentile_99)?,
                    greatest: number(greatest)?,
                };
                let is_known = |stop: &&mut Stop| stop.name == name && stop.cpus == cpus;
                match self.stops.iter_mut().find(is_known) {
                    Some(stop) => stop.rounds.push(round),
                    None => self.stops.push(Stop {
                        name: name.to_owned(),
                        cpus,
                        rounds: vec![round],
                    }),
                }
            }
            _ => return Err("this is neither a fact nor a measurement".to_owned()),
        }
        Ok(())
    }

    /// The figure that is like `sought`. Adds `sought` if there is none.
    fn figure(&mut self, sought: Figure) -> &mut Figure {
        let place = self.figures.iter().position(|known| known.is_like(&sought));
        let place = place.unwrap_or_else(|| {
            self.figures.push(sought);
            self.figures.len() - 1
        });
        &mut self.figures[place]
    }

    /// The figures in the JSON `text`.
    pub fn of_json(text: &str) -> Result<Self, String> {
        let report: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if report.format != FORMAT {
            return Err(format!(
                "its format is {}, and this program knows {FORMAT}",
                report.format
            ));
        }
        Ok(report)
    }

    /// As JSON.
    pub fn to_json(&self) -> Result<String, String> {
        let mut text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        text.push('\n');
        Ok(text)
    }

    /// Reads a file that holds JSON.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|error| error.to_string());
        text.and_then(|text| Self::of_json(&text))
            .map_err(|wrong| format!("{} could not be read: {wrong}", path.display()))
    }
}

fn processors(word: &str) -> Result<u32, String> {
    word.parse()
        .map_err(|_| format!("'{word}' is no number of processors"))
}

fn number(word: &str) -> Result<f64, String> {
    match word.parse::<f64>() {
        Ok(value) if value.is_finite() && value >= 0.0 => Ok(value),
        _ => Err(format!("'{word}' is no measured value")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLES: &str = "\
fact kind um
fact processor Some Processor 9000
program fib plain 210 200
measure select 1 us 3.5
measure select 2 us 4.5
program fib plain 300 150
measure select 1 us 2.5
stop while 2 100 12 34 56
stop goto 2 100 1 3 5
stop while 2 100 12 34 78
";

    #[test]
    fn samples_become_figures() {
        let report = Report::of_samples(SAMPLES).unwrap();
        assert_eq!(report.kind(), "um");
        assert_eq!(report.facts["processor"], "Some Processor 9000");
        let names: Vec<_> = report
            .figures
            .iter()
            .map(|figure| (figure.name.as_str(), figure.cpus))
            .collect();
        assert_eq!(
            names,
            [
                ("programs/fib", None),
                ("select", Some(1)),
                ("select", Some(2))
            ]
        );
        assert_eq!(report.figures[0].values, [1.05, 2.0]);
        assert_eq!(report.figures[0].judged(), Some(210.0 / 150.0));
        assert_eq!(report.figures[1].values, [3.5, 2.5]);
        assert_eq!(report.figures[1].judged(), Some(3.0));
        let [stop, other] = &report.stops[..] else {
            panic!("{:?}", report.stops)
        };
        assert_eq!((stop.name.as_str(), other.rounds.len()), ("while", 1));
        let greatest: Vec<f64> = stop.rounds.iter().map(|round| round.greatest).collect();
        assert_eq!(greatest, [56.0, 78.0]);
    }

    #[test]
    fn json_keeps_all() {
        let report = Report::of_samples(SAMPLES).unwrap();
        let json = report.to_json().unwrap();
        assert_eq!(Report::of_json(&json), Ok(report));
    }

    #[test]
    fn what_is_wrong_is_refused() {
        let wrong = |text: &str| Report::of_samples(text).unwrap_err();
        assert_eq!(
            wrong("measure select 1 us 3\nnonsense"),
            "line 2, 'nonsense': this is neither a fact nor a measurement"
        );
        assert!(wrong("measure select 1 us fast").contains("'fast' is no measured value"));
        assert!(wrong("measure select 1 us -1").contains("no measured value"));
        assert!(wrong("measure select 1 us NaN").contains("no measured value"));
        assert!(wrong("measure select one us 1").contains("no number of processors"));
        assert!(wrong("stop while 2 many 1 2 3").contains("'many' is no number of stops"));
        assert!(wrong("program fib plain 1 0").contains("no time"));
        assert_eq!(wrong("fact kind um"), "nothing was measured");
        let newer = r#"{"format": 2, "facts": {}, "figures": []}"#;
        assert!(Report::of_json(newer).unwrap_err().contains("format is 2"));
        assert!(Report::of_json("[]").is_err());
    }
}
