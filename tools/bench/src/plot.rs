// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Pictures: a row for each figure, with a dot at the measured value and a line over all runs.

use plotters::{coord::ranged1d::SegmentValue, prelude::*};

use crate::{
    catalogue::{self, Part},
    report::{Figure, Report},
    statistics::Summary,
    table::show,
};

const WIDTH: u32 = 900;
const ROW_HEIGHT: u32 = 24;
/// The height of the title, the axis and the legend.
const OTHER_HEIGHT: u32 = 120;
/// The average width of a title's characters.
const CHARACTER_WIDTH: u32 = 7;

const DOT: RGBColor = RGBColor(31, 90, 160);
const TARGET: RGBColor = RGBColor(200, 40, 40);
const LTASK: RGBColor = RGBColor(130, 130, 130);

/// One figure in a picture.
struct Row {
    title: String,
    summary: Summary,
    judged: f64,
    target: Option<f64>,
    ltask: Option<f64>,
}

impl Row {
    fn of(figure: &Figure, kind: &str) -> Option<Self> {
        let known = catalogue::benchmark(figure).filter(|_| kind == "um");
        Some(Self {
            title: catalogue::title(figure),
            summary: figure.summary()?,
            judged: figure.judged()?,
            target: catalogue::target(figure, kind),
            ltask: known.and_then(|known| known.ltask),
        })
    }

    /// All values in the row.
    fn values(&self) -> impl Iterator<Item = f64> {
        let marks = [self.target, self.ltask];
        [self.summary.least, self.summary.greatest, self.judged]
            .into_iter()
            .chain(marks.into_iter().flatten())
    }
}

/// The unit in which `part` is drawn.
fn unit(part: Part) -> &'static str {
    match part {
        Part::Messages | Part::Workers | Part::Services | Part::Actors | Part::Processes => "us",
        Part::Memory => "KiB",
        Part::Hooks => "ns",
        Part::Programs => "ratio",
    }
}

fn rows(report: &Report, part: Part) -> Vec<Row> {
    catalogue::of_part(report, part)
        .filter(|figure| figure.unit == unit(part))
        .filter_map(|figure| Row::of(figure, report.kind()))
        .collect()
}

/// Whether there is a picture of `part`. A single figure has none.
pub fn is_drawn(report: &Report, part: Part) -> bool {
    rows(report, part).len() > 1
}

/// The name of the picture of `part`.
pub fn file_name(report: &Report, part: Part) -> String {
    format!("{}-{}.svg", report.kind(), part.name())
}

/// Draws `part` of `report` as SVG.
pub fn draw(report: &Report, part: Part) -> Result<String, String> {
    let rows = rows(report, part);
    let mut svg = String::new();
    draw_rows(&mut svg, &rows, report.kind(), part).map_err(|error| error.to_string())?;
    // After the element that the file begins with.
    let (first, rest) = svg.split_once('\n').ok_or("the picture is empty")?;
    Ok(format!(
        "{first}\n<!-- SPDX-License-Identifier: GPL-2.0-only OR MIT -->\n{rest}"
    ))
}

fn draw_rows(
    svg: &mut String,
    rows: &[Row],
    kind: &str,
    part: Part,
) -> Result<(), Box<dyn std::error::Error>> {
    let count = u32::try_from(rows.len())?;
    let height = OTHER_HEIGHT + ROW_HEIGHT * count;
    let longest = rows.iter().map(|row| row.title.chars().count()).max();
    let label_width = CHARACTER_WIDTH * u32::try_from(longest.unwrap_or(0))? + 20;
    let area = SVGBackend::with_string(svg, (WIDTH, height)).into_drawing_area();
    area.fill(&WHITE)?;

    // Zero has no place on a logarithmic axis.
    let positive = |value: &f64| *value > 0.0;
    let least = rows
        .iter()
        .flat_map(Row::values)
        .filter(positive)
        .fold(f64::INFINITY, f64::min);
    let greatest = rows.iter().flat_map(Row::values).fold(0.0, f64::max);
    if !(least.is_finite() && greatest.is_finite()) {
        return Err("there is nothing to draw".into());
    }
    // Room for a dot at the left, and for its value at the right.
    let (from, to) = (least / 1.5, greatest * 3.0);
    let mut chart = ChartBuilder::on(&area)
        .caption(format!("{} ({kind})", part.title()), ("sans-serif", 18))
        .margin(10)
        .margin_bottom(34)
        .x_label_area_size(42)
        .y_label_area_size(label_width)
        .build_cartesian_2d((from..to).log_scale(), (0..count).into_segmented())?;

    let title = |place: &SegmentValue<u32>| match place {
        // The first row is at the top.
        SegmentValue::CenterOf(place) => (count.checked_sub(place + 1))
            .and_then(|place| rows.get(place as usize))
            .map_or(String::new(), |row| row.title.clone()),
        _ => String::new(),
    };
    chart
        .configure_mesh()
        .disable_y_mesh()
        .set_tick_mark_size(LabelAreaPosition::Left, 0)
        .bold_line_style(BLACK.mix(0.15))
        .light_line_style(BLACK.mix(0.05))
        .x_labels(10)
        .x_label_formatter(&|value| show_tick(*value))
        .x_desc(match unit(part) {
            "us" => "µs",
            unit => unit,
        })
        .y_labels(rows.len())
        .y_label_formatter(&title)
        .label_style(("sans-serif", 13))
        .draw()?;

    for (place, row) in (0..count).rev().zip(rows) {
        let at = |value: f64| (value.max(from), SegmentValue::CenterOf(place));
        let line = vec![at(row.summary.least), at(row.summary.greatest)];
        chart.draw_series([PathElement::new(line, DOT.mix(0.5).stroke_width(5))])?;
        if let Some(ltask) = row.ltask {
            chart.draw_series([TriangleMarker::new(at(ltask), 6, LTASK.filled())])?;
        }
        if let Some(target) = row.target {
            let tick =
                EmptyElement::at(at(target)) + Rectangle::new([(-1, -8), (1, 8)], TARGET.filled());
            chart.draw_series([tick])?;
        }
        chart.draw_series([Circle::new(at(row.judged), 4, DOT.filled())])?;
        let rightmost = row.values().fold(row.judged, f64::max);
        let value = EmptyElement::at(at(rightmost))
            + Text::new(show(row.judged), (10, -6), ("sans-serif", 12));
        chart.draw_series([value])?;
    }

    let y = i32::try_from(height)? - 24;
    let text = |x, text: &'static str| Text::new(text, (x, y - 7), ("sans-serif", 12));
    area.draw(&PathElement::new(
        [(30, y), (60, y)],
        DOT.mix(0.5).stroke_width(5),
    ))?;
    area.draw(&Circle::new((45, y), 4, DOT.filled()))?;
    area.draw(&text(
        70,
        match part {
            Part::Programs => "ratio of the shortest times, pairs from least to greatest",
            _ => "median, runs from least to greatest",
        },
    ))?;
    if rows.iter().any(|row| row.target.is_some()) {
        area.draw(&Rectangle::new(
            [(449, y - 8), (451, y + 8)],
            TARGET.filled(),
        ))?;
        area.draw(&text(462, "target"))?;
    }
    if rows.iter().any(|row| row.ltask.is_some()) {
        area.draw(&TriangleMarker::new((550, y), 6, LTASK.filled()))?;
        area.draw(&text(562, "ltask, in user space"))?;
    }
    area.present()?;
    Ok(())
}

/// A value at the axis, without trailing zeros.
fn show_tick(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        Report::of_samples(
            "fact kind um\nmeasure round_trip/integer 1 us 4.25\nmeasure one_way/up 1 us 0\nmeasure one_way/up 1 us 2\n\
             measure round_trip/elsewhere 2 % 50\nmeasure memory 1 KiB 20\nprogram fib plain 11 10\nprogram sort plain 12 10\n",
        )
        .unwrap()
    }

    #[test]
    fn pictures_have_each_row() {
        let svg = draw(&report(), Part::Messages).unwrap();
        assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"));
        let second = svg.lines().nth(1).unwrap();
        assert_eq!(
            second,
            "<!-- SPDX-License-Identifier: GPL-2.0-only OR MIT -->"
        );
        for word in [
            "message and answer, an integer, 1 CPU",
            "message from a worker, 1 CPU",
            "4.25",
            "µs",
            "target",
            "ltask",
        ] {
            assert!(svg.contains(word), "{word}");
        }
        assert!(!svg.contains("another CPU"), "a share is no time");
        let programs = draw(&report(), Part::Programs).unwrap();
        assert!(
            programs.contains("fib") && programs.contains("sort") && !programs.contains("ltask")
        );
    }

    #[test]
    fn what_is_drawn() {
        let drawn = Part::ALL.map(|part| is_drawn(&report(), part));
        assert_eq!(
            drawn,
            [true, false, false, false, false, false, false, true]
        );
        assert_eq!(file_name(&report(), Part::Workers), "um-workers.svg");
        assert!(draw(&report(), Part::Workers).is_err());
    }

    #[test]
    fn ticks() {
        assert_eq!(
            [0.1, 1.0, 20.0, 0.25].map(show_tick),
            ["0.1", "1", "20", "0.25"]
        );
    }
}
