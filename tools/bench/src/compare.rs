// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Finds figures that have become slower or faster.

use crate::{
    catalogue,
    report::{Figure, Report},
    statistics::{chance_of_increase, Summary},
    table::{columns, show},
};

/// A change counts only if its probability by chance is less than this.
const CHANCE: f64 = 0.005;

/// A change counts only if the median changes by at least this part. Smaller changes do not matter.
const LEAST_CHANGE: f64 = 0.03;

/// The result of the comparison of one figure. For all figures, less is better.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// Greater by more than the noise.
    Slower,
    /// Less by more than the noise.
    Faster,
    /// Within the noise.
    Same,
    /// Too few values to say.
    Unknown,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Slower => "SLOWER",
            Self::Faster => "faster",
            Self::Same => "",
            Self::Unknown => "too few runs",
        }
    }
}

/// Compares the values of `after` with those of `before`.
pub fn verdict(before: &[f64], after: &[f64]) -> Verdict {
    let (Some(old), Some(new)) = (Summary::of(before), Summary::of(after)) else {
        return Verdict::Unknown;
    };
    // With so few values, even a complete separation of the two sets would not count.
    let ordered = |count: usize, from: usize| -> Vec<f64> {
        (from..from + count).map(|value| value as f64).collect()
    };
    let clearest = chance_of_increase(
        &ordered(before.len(), 0),
        &ordered(after.len(), before.len()),
    );
    if clearest >= CHANCE {
        return Verdict::Unknown;
    }
    if new.median > old.median * (1.0 + LEAST_CHANGE) && chance_of_increase(before, after) < CHANCE
    {
        return Verdict::Slower;
    }
    if old.median > new.median * (1.0 + LEAST_CHANGE) && chance_of_increase(after, before) < CHANCE
    {
        return Verdict::Faster;
    }
    Verdict::Same
}

/// Whether less of `figure` is better, and so whether it is compared.
fn is_cost(figure: &Figure) -> bool {
    figure.unit != "%"
}

/// A comparison of two reports.
pub struct Comparison {
    /// A table, and a sentence below.
    pub text: String,
    /// How many figures have become slower.
    pub slower: usize,
}

/// Compares `after` with `before`. Reports figures that only one of them has. Fails if they are
/// from different kinds of machine.
pub fn compare(before: &Report, after: &Report) -> Result<Comparison, String> {
    if before.kind() != after.kind() {
        return Err(format!(
            "figures of {} cannot be compared with figures of {}",
            after.kind(),
            before.kind()
        ));
    }
    let mut rows = vec![[
        "BENCHMARK",
        "UNIT",
        "BEFORE",
        "FROM - TO",
        "NOW",
        "FROM - TO",
        "RATIO",
        "VERDICT",
    ]
    .map(str::to_owned)
    .to_vec()];
    let (mut compared, mut slower, mut faster, mut unknown) = (0, 0, 0, 0);
    for new in catalogue::in_order(after).filter(|figure| is_cost(figure)) {
        let old = before.figures.iter().find(|old| old.is_like(new));
        let old_values = old.map_or(&[][..], |old| &old.values);
        let (old, new_summary) = (Summary::of(old_values), new.summary());
        let verdict = verdict(old_values, &new.values);
        compared += 1;
        match verdict {
            Verdict::Slower => slower += 1,
            Verdict::Faster => faster += 1,
            Verdict::Unknown => unknown += 1,
            Verdict::Same => (),
        }
        let shown = |summary: Option<Summary>| match summary {
            Some(of) => [
                show(of.median),
                format!("{} - {}", show(of.least), show(of.greatest)),
            ],
            None => ["-".to_owned(), String::new()],
        };
        let ratio = match (old, new_summary) {
            (Some(old), Some(new)) => show(new.median / old.median),
            _ => "-".to_owned(),
        };
        let word = match old {
            Some(_) => verdict.word(),
            None => "new",
        };
        let mut cells = vec![catalogue::title(new), new.unit.clone()];
        cells.extend(shown(old));
        cells.extend(shown(new_summary));
        cells.extend([ratio, word.to_owned()]);
        rows.push(cells);
    }
    let mut text = columns(&rows);
    let missing = before
        .figures
        .iter()
        .filter(|old| !after.figures.iter().any(|new| new.is_like(old)))
        .count();
    text.push_str(&format!(
        "\n{compared} compared: {slower} slower and {faster} faster by more than the noise (a change of {} % at least that \
         chance makes less than once in {}); {unknown} could not be judged, {missing} not measured now.\n",
        LEAST_CHANGE * 100.0,
        1.0 / CHANCE,
    ));
    let differing: Vec<String> = after
        .facts
        .iter()
        .filter(|(key, _)| *key != "date")
        .filter_map(|(key, new)| {
            let old = before.facts.get(key).map_or("unknown", String::as_str);
            (old != new).then(|| format!("{key} {new} (before: {old})"))
        })
        .collect();
    if !differing.is_empty() {
        text.push_str(&format!("What differs: {}.\n", differing.join("; ")));
    }
    Ok(Comparison { text, slower })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: [f64; 5] = [1.00, 1.01, 1.02, 1.03, 1.04];

    fn scaled(by: f64) -> Vec<f64> {
        BEFORE.iter().map(|value| value * by).collect()
    }

    #[test]
    fn verdicts() {
        assert_eq!(verdict(&BEFORE, &scaled(1.2)), Verdict::Slower);
        assert_eq!(verdict(&BEFORE, &scaled(0.8)), Verdict::Faster);
        assert_eq!(verdict(&BEFORE, &BEFORE), Verdict::Same);
        // A clear change, but too small to matter.
        let close = [1.0, 1.0, 1.0, 1.0, 1.0];
        assert_eq!(verdict(&close, &[1.02; 5]), Verdict::Same);
        assert_eq!(verdict(&close, &[1.04; 5]), Verdict::Slower);
        // A large change, but within the noise.
        let noisy = [0.5, 3.0, 1.0, 2.0, 1.5];
        assert_eq!(verdict(&BEFORE, &noisy), Verdict::Same);
        // One earlier outlier hides nothing if there are enough runs.
        let mut before = scaled(1.0);
        before.extend([1.05, 1.05, 1.06, 9.0]);
        let mut after = scaled(1.2);
        after.extend([1.3, 1.31, 1.32, 1.33]);
        assert_eq!(verdict(&before, &after), Verdict::Slower);
        // Too few runs.
        assert_eq!(
            verdict(&[1.0, 1.0, 1.0], &[2.0, 2.0, 2.0]),
            Verdict::Unknown
        );
        assert_eq!(verdict(&[], &BEFORE), Verdict::Unknown);
    }

    fn report(values: &[f64], facts: &str) -> Report {
        let lines = values.iter().map(|value| {
            format!("measure chain 2 us {value}\nmeasure round_trip/elsewhere 2 % {value}\n")
        });
        Report::of_samples(&(facts.to_owned() + &lines.collect::<String>())).unwrap()
    }

    #[test]
    fn comparisons_tell_what_changed() {
        let before = report(
            &BEFORE,
            "fact kind um\nfact kernel 7.3\nmeasure select 1 us 1\n",
        );
        let slower = compare(
            &before,
            &report(
                &scaled(2.0),
                "fact kind um\nfact kernel 7.4\nmeasure memory 1 KiB 1\n",
            ),
        )
        .unwrap();
        assert_eq!(slower.slower, 1);
        let line = slower
            .text
            .lines()
            .find(|line| line.starts_with("hop"))
            .unwrap();
        assert!(line.contains("2.00") && line.ends_with("SLOWER"), "{line}");
        assert!(
            slower.text.contains("2 compared: 1 slower and 0 faster"),
            "{}",
            slower.text
        );
        assert!(
            slower
                .text
                .contains("1 could not be judged, 1 not measured now"),
            "{}",
            slower.text
        );
        assert!(slower
            .text
            .contains("What differs: kernel 7.4 (before: 7.3)."));
        assert!(slower
            .text
            .lines()
            .any(|line| line.starts_with("memory") && line.ends_with("new")));
        let same = compare(&before, &before).unwrap();
        assert_eq!(same.slower, 0);
        assert!(!same.text.contains("What differs"));
        let other = compare(&before, &report(&BEFORE, "fact kind qemu\n"));
        assert!(other.is_err_and(|wrong| wrong.contains("figures of qemu")));
    }
}
