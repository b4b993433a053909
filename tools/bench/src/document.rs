// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Writes figures into a document, between two marks. Only this program writes there: the figures
//! of a kind of machine, or its stops.

use crate::{
    catalogue::{self, Part},
    plot,
    report::Report,
    stops,
    table::{markdown, text},
};

/// The line before the `what` (figures, stops) of a kind of machine.
fn begin(what: &str, kind: &str) -> String {
    format!("<!-- {what} of {kind}: begin -->\n")
}

/// The line after them.
fn end(what: &str, kind: &str) -> String {
    format!("<!-- {what} of {kind}: end -->")
}

/// A sentence about the machine and the versions.
fn facts(report: &Report) -> String {
    let facts: Vec<String> = report
        .facts
        .iter()
        .filter(|(key, _)| *key != "kind")
        .map(|(key, value)| format!("{key} {value}"))
        .collect();
    format!("{}.\n\n", facts.join(" · "))
}

/// The text between the marks of the figures. The document refers to the plots in `folder`.
pub fn section(report: &Report, folder: &str) -> String {
    let mut section = facts(report) + &markdown(report);
    for part in Part::ALL {
        if plot::is_drawn(report, part) {
            let file = plot::file_name(report, part);
            section.push_str(&format!("![{}]({folder}/{file})\n", part.title()));
        }
    }
    section
}

/// `document` with `section` between the marks of the `what` of that kind. Fails if there are no
/// such marks.
fn with_section(document: &str, what: &str, kind: &str, section: &str) -> Result<String, String> {
    let (begin, end) = (begin(what, kind), end(what, kind));
    let missing = |mark: &str| format!("the document has no line '{}'", mark.trim_end());
    let (before, rest) = document.split_once(&begin).ok_or_else(|| missing(&begin))?;
    let (_, after) = rest.split_once(&end).ok_or_else(|| missing(&end))?;
    Ok(format!("{before}{begin}\n{section}\n{end}{after}"))
}

/// `document` with the figures of `report` in their place. Fails if the document has no such place.
pub fn with_figures(document: &str, report: &Report, folder: &str) -> Result<String, String> {
    with_section(document, "figures", report.kind(), &section(report, folder))
}

/// `document` with the stops of `report` in their place. Fails if the document has no such place.
pub fn with_stops(document: &str, report: &Report) -> Result<String, String> {
    let kind = report.kind();
    let section = facts(report) + &stops::markdown(&report.stops, kind);
    with_section(document, "stops", kind, &section)
}

/// The output of `show`, and the number of missed targets.
pub fn shown(report: &Report) -> (String, usize) {
    let verdicts: Vec<bool> = report
        .figures
        .iter()
        .filter_map(|figure| catalogue::is_met(figure, report.kind()))
        .chain(
            report
                .stops
                .iter()
                .filter_map(|stop| stop.is_met(report.kind())),
        )
        .collect();
    let missed = verdicts.iter().filter(|&&met| !met).count();
    let sum = format!("{missed} of {} targets missed.", verdicts.len());
    (format!("{}\n{sum}\n", text(report)), missed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str =
        "above\n<!-- figures of um: begin -->\nold\n<!-- figures of um: end -->\nbelow\n\
        <!-- figures of qemu: begin -->\nother\n<!-- figures of qemu: end -->\n";

    fn report(kind: &str) -> Report {
        let samples = format!(
            "fact kind {kind}\nfact kernel 7.3\nmeasure chain 1 us 2\nmeasure chain 2 us 2\nmeasure one_way/up 2 us 1\n"
        );
        Report::of_samples(&samples).unwrap()
    }

    #[test]
    fn figures_take_the_place_of_older_ones() {
        let first = with_figures(DOCUMENT, &report("um"), "plots").unwrap();
        assert!(!first.contains("old") && first.contains("other"));
        assert!(first.starts_with("above\n") && first.contains("\nbelow\n"));
        assert!(first.contains("kernel 7.3"));
        assert!(first.contains("![Many workers](plots/um-workers.svg)"));
        // A single figure has no picture.
        assert!(!first.contains("um-messages.svg"));
        let second = with_figures(&first, &report("um"), "plots").unwrap();
        assert_eq!(first, second);
    }

    #[test]
    fn stops_have_a_place_of_their_own() {
        let report = Report::of_samples("fact kind um\nstop while 2 100 12 34 56\n").unwrap();
        let document = "a\n<!-- stops of um: begin -->\nold\n<!-- stops of um: end -->\nb\n";
        let written = with_stops(document, &report).unwrap();
        assert!(written.contains("| `while` | 12.0 | 34.0 | 56.0 |") && !written.contains("old"));
        let wrong = with_figures(document, &report, "plots").unwrap_err();
        assert!(wrong.contains("figures of um: begin"));
        assert_eq!(shown(&report).1, 0);
    }

    #[test]
    fn a_document_without_marks_is_refused() {
        let wrong = with_figures(DOCUMENT, &report("debug"), "plots").unwrap_err();
        assert!(wrong.contains("figures of debug: begin"));
    }

    #[test]
    fn targets_are_counted() {
        let report = Report::of_samples(
            "fact kind um\nmeasure one_way/up 1 us 1\nmeasure one_way/up 2 us 2\nmeasure chain 1 us 3\n",
        )
        .unwrap();
        let (text, missed) = shown(&report);
        assert_eq!(missed, 1);
        assert!(text.ends_with("\n1 of 2 targets missed.\n"));
    }
}
