// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Figures as text: for terminals, and for documents.

use std::fmt::Write;

use crate::{
    catalogue::{self, Part},
    report::{Figure, Report},
    stops,
};

/// `value` with three significant digits, and no exponent.
pub fn show(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        size if size >= 0.9995 => 2,
        _ => 3,
    };
    format!("{value:.decimals$}")
}

/// The shortest of all times, converted from nanoseconds to milliseconds.
fn shortest_ms(values: &[f64]) -> String {
    let shortest = values.iter().copied().fold(f64::INFINITY, f64::min);
    show(shortest / 1e6)
}

/// Rows of cells, with columns as wide as necessary; all columns except the first are aligned to
/// the right.
pub fn columns(rows: &[Vec<String>]) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column| {
        let cells = rows.iter().filter_map(|row: &Vec<String>| row.get(column));
        cells
            .map(|cell: &String| cell.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            // Writing to a string does not fail.
            let _ = match column {
                0 => write!(line, "{cell:<width$}"),
                _ => write!(line, "  {cell:>width$}"),
            };
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The first row of a table of [`text`], which begins with the columns `first`.
fn heading(first: &[&str]) -> Vec<String> {
    let last = ["MEDIAN", "LEAST", "GREATEST", "RUNS", "TARGET", "VERDICT"];
    let cells = first.iter().chain(&last);
    cells.map(|&cell| cell.to_owned()).collect()
}

fn verdict(figure: &Figure, kind: &str) -> &'static str {
    match catalogue::is_met(figure, kind) {
        Some(true) => "met",
        Some(false) => "missed",
        None => "",
    }
}

fn target(figure: &Figure, kind: &str) -> String {
    catalogue::target(figure, kind).map_or(String::new(), show)
}

/// The tables that are shown after a run.
pub fn text(report: &Report) -> String {
    let kind = report.kind();
    let mut text = String::new();
    let mut rows = vec![heading(&["BENCHMARK", "UNIT"])];
    let mut programs = vec![heading(&[
        "PROGRAM",
        "CLASS",
        "KERNEL ms",
        "USER ms",
        "RATIO",
    ])];
    for figure in catalogue::in_order(report) {
        let (Some(summary), Some(judged)) = (figure.summary(), figure.judged()) else {
            continue;
        };
        let mut cells = vec![catalogue::title(figure)];
        match &figure.class {
            Some(class) => cells.extend([
                class.clone(),
                shortest_ms(&figure.kernel_ns),
                shortest_ms(&figure.user_ns),
                show(judged),
            ]),
            None => cells.push(figure.unit.clone()),
        }
        cells.extend([
            show(summary.median),
            show(summary.least),
            show(summary.greatest),
            figure.values.len().to_string(),
            target(figure, kind),
            verdict(figure, kind).to_owned(),
        ]);
        if figure.class.is_some() {
            programs.push(cells);
        } else {
            rows.push(cells);
        }
    }
    for table in [rows, programs, stops::rows(&report.stops, kind)] {
        if table.len() > 1 {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&columns(&table));
        }
    }
    text
}

/// The tables of a document.
pub fn markdown(report: &Report) -> String {
    let kind = report.kind();
    let mut text = String::new();
    for part in Part::ALL {
        let figures: Vec<&Figure> = catalogue::of_part(report, part).collect();
        if figures.is_empty() {
            continue;
        }
        text.push_str(match part {
            Part::Programs => "| program | class | kernel ms | user ms | ratio | pairs from – to | target |\n|---|---|--:|--:|--:|--:|--:|\n",
            _ => "| what | unit | median | from – to | target | aim | ltask |\n|---|---|--:|--:|--:|--:|--:|\n",
        });
        for figure in figures {
            let (Some(summary), Some(judged)) = (figure.summary(), figure.judged()) else {
                continue;
            };
            let range = format!("{} – {}", show(summary.least), show(summary.greatest));
            let title = catalogue::title(figure);
            let asked = target(figure, kind);
            let judged = match catalogue::is_met(figure, kind) {
                Some(false) => format!("**{}**", show(judged)),
                _ => show(judged),
            };
            // Writing to a string does not fail.
            let _ = match &figure.class {
                Some(class) => writeln!(
                    text,
                    "| {title} | {class} | {} | {} | {judged} | {range} | {asked} |",
                    shortest_ms(&figure.kernel_ns),
                    shortest_ms(&figure.user_ns),
                ),
                None => {
                    let known = catalogue::benchmark(figure).filter(|_| kind == "um");
                    let shown = |value: Option<f64>| value.map_or(String::new(), show);
                    writeln!(
                        text,
                        "| {title} | {} | {judged} | {range} | {asked} | {} | {} |",
                        figure.unit,
                        shown(known.and_then(|known| known.aim)),
                        shown(known.and_then(|known| known.ltask)),
                    )
                }
            };
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_count() {
        let shown = [0.01234, 0.5, 1.0, 9.996, 12.345, 99.96, 1234.5].map(show);
        assert_eq!(
            shown,
            ["0.012", "0.500", "1.00", "10.0", "12.3", "100", "1234"]
        );
    }

    const SAMPLES: &str = "\
fact kind um
measure chain 1 us 2
measure chain 1 us 3
measure chain 1 us 1
measure one_way/up 2 us 1.75
program fib plain 2100000 2000000
";

    #[test]
    fn text_has_all_figures() {
        let shown = text(&Report::of_samples(SAMPLES).unwrap());
        let lines: Vec<Vec<&str>> = shown
            .lines()
            .map(|line| {
                line.split("  ")
                    .map(str::trim)
                    .filter(|cell| !cell.is_empty())
                    .collect()
            })
            .collect();
        assert_eq!(
            lines[1],
            [
                "message from a worker, 2 CPUs",
                "us",
                "1.75",
                "1.75",
                "1.75",
                "1",
                "1.50",
                "missed"
            ]
        );
        assert_eq!(
            lines[2],
            [
                "hop in a long chain of workers, 1 CPU",
                "us",
                "2.00",
                "1.00",
                "3.00",
                "3"
            ]
        );
        assert_eq!(
            lines[5],
            ["fib", "plain", "2.10", "2.00", "1.05", "1.05", "1.05", "1.05", "1", "1.05", "met"]
        );
    }

    #[test]
    fn markdown_has_all_figures() {
        let shown = markdown(&Report::of_samples(SAMPLES).unwrap());
        assert!(shown.contains(
            "| message from a worker, 2 CPUs | us | **1.75** | 1.75 – 1.75 | 1.50 | 0.800 | 3.80 |\n"
        ));
        assert!(shown.contains(
            "| hop in a long chain of workers, 1 CPU | us | 2.00 | 1.00 – 3.00 |  |  |  |\n"
        ));
        assert!(shown.contains("| fib | plain | 2.10 | 2.00 | 1.05 | 1.05 – 1.05 | 1.05 |\n"));
    }
}
