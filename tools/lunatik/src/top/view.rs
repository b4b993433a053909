// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Draws the table.

use ratatui::{
    layout::{Alignment, Constraint, Layout},
    style::{Color, Modifier, Style},
    text::{Line, Text},
    widgets::{Cell, Paragraph, Row, Table, TableState},
    Frame,
};

use super::{
    column::{Column, GAP},
    Figures, Top,
};

/// The keys, in the last line.
pub(super) const HELP: &str =
    "q quit  ↑↓ select  s stop  p pause  r reverse  e ended  sort: c t m w h f a n";

/// Draws `top`, and records the number of table lines on the screen.
pub fn draw(top: &mut Top, frame: &mut Frame<'_>) {
    let [title, table, message, help] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(0),
        Constraint::Length(1),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    frame.render_widget(Paragraph::new(title_of(top)), title);
    // The heading has one line.
    top.page = usize::from(table.height).saturating_sub(1).max(1);
    let columns = Column::fitting(table.width);
    let lines = top.shown();
    let mut state = TableState::default().with_selected(top.selected());
    let widget = Table::new(
        lines.iter().map(|figures| row(figures, &columns)),
        columns.iter().map(|(_, width)| Constraint::Length(*width)),
    )
    .header(heading(top, &columns))
    .column_spacing(GAP)
    .row_highlight_style(Modifier::REVERSED);
    frame.render_stateful_widget(widget, table, &mut state);
    let asked = top
        .confirms
        .as_ref()
        .map(|(name, _)| format!("Stop {name}? y/n"));
    let style = match asked {
        Some(_) => Style::new().add_modifier(Modifier::BOLD),
        None => Style::new(),
    };
    let text = asked.unwrap_or_else(|| top.message.clone());
    frame.render_widget(Paragraph::new(text).style(style), message);
    let dim = Style::new().add_modifier(Modifier::DIM);
    frame.render_widget(Paragraph::new(HELP).style(dim), help);
}

fn title_of(top: &Top) -> Line<'static> {
    let lines = top.shown();
    let sum: f64 = lines.iter().filter_map(|line| line.cpu_percent).sum();
    let paused = if top.paused { "  PAUSED" } else { "" };
    let runtimes = if lines.len() == 1 {
        "runtime"
    } else {
        "runtimes"
    };
    Line::styled(
        format!(
            "lunatik top: {} {runtimes}, {sum:.1} % CPU{paused}",
            lines.len()
        ),
        Modifier::BOLD,
    )
}

/// The text of a cell, on its side of the column.
fn aligned(column: Column, text: String) -> Text<'static> {
    let side = match column.is_number() {
        true => Alignment::Right,
        false => Alignment::Left,
    };
    Text::from(text).alignment(side)
}

fn heading(top: &Top, columns: &[(Column, u16)]) -> Row<'static> {
    let cells = columns.iter().map(|(column, _)| {
        let text = aligned(*column, column.heading().to_owned());
        let cell = Cell::from(text);
        match column.order() == Some(top.order) {
            true => cell.style(Modifier::UNDERLINED),
            false => cell,
        }
    });
    Row::new(cells).style(Modifier::BOLD)
}

fn row(figures: &Figures, columns: &[(Column, u16)]) -> Row<'static> {
    let cells = columns
        .iter()
        .map(|(column, _)| Cell::from(aligned(*column, column.cell(figures))));
    let style = match (figures.has_failed, figures.has_ended) {
        (true, _) => Style::new().fg(Color::Red),
        (false, true) => Style::new().add_modifier(Modifier::DIM),
        (false, false) => Style::new(),
    };
    Row::new(cells).style(style)
}

#[cfg(test)]
mod tests {
    use lunatik_abi::abi::{Messages, State};
    use ratatui::{backend::TestBackend, Terminal};
    use unicode_width::UnicodeWidthStr;

    use super::*;
    use crate::{
        report::{sample, Report},
        top::{Key, Order},
    };

    fn screen(top: &mut Top, width: u16, height: u16) -> Terminal<TestBackend> {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(top, frame)).unwrap();
        terminal
    }

    fn lines(top: &mut Top, width: u16, height: u16) -> Vec<String> {
        let terminal = screen(top, width, height);
        let buffer = terminal.backend().buffer();
        let width = usize::from(width);
        buffer
            .content()
            .chunks(width)
            .map(|cells| {
                let mut line = String::new();
                let mut column = 0;
                // The cell after a wide character is not shown.
                while let Some(cell) = cells.get(column) {
                    line.push_str(cell.symbol());
                    column += cell.symbol().width().max(1);
                }
                line.trim_end().to_owned()
            })
            .collect()
    }

    fn top() -> Top {
        let mut rows = vec![
            sample::row("ticker", 1),
            sample::row("防火墙", 2),
            sample::row("old", 3),
        ];
        rows[1].hooks = vec![sample::hook(1000, 4)];
        rows[0].messages = Some(Messages {
            waiting: 12,
            received: 3,
        });
        rows[2].state = State::Failed;
        let mut top = Top::new(Order::Cpu, false);
        top.update(&Report { rows: rows.clone() });
        for row in &mut rows {
            row.age_ns += 2_000_000_000;
        }
        rows[0].cpu_ns += 500_000_000;
        rows[1].cpu_ns += 1_000_000_000;
        rows[1].hooks[0].runs += 5000;
        top.update(&Report { rows });
        top
    }

    #[test]
    fn a_frame_has_title_table_and_help() {
        let mut top = top();
        assert_eq!(
            lines(&mut top, 80, 8),
            [
                "lunatik top: 2 runtimes, 75.0 % CPU",
                "NAME               STATE               CPU%       TIME  MEMORY MESSAGES  CALLS/s",
                "防火墙             ready (1 hook)      50.0     1.004s     38K        -     2500",
                "ticker             ready               25.0     0.504s     38K       12        -",
                "",
                "",
                "",
                HELP,
            ]
        );
        top.press(Key::Char('e'));
        top.press(Key::Down);
        top.press(Key::Char('s'));
        top.press(Key::Char('p'));
        top.press(Key::Char('s'));
        let lines = lines(&mut top, 30, 7);
        assert_eq!(lines[0], "lunatik top: 3 runtimes, 75.0");
        assert_eq!(lines[4], "old                0.0     38K");
        assert_eq!(lines[5], "Stop 防火墙? y/n");
    }

    #[test]
    fn the_selection_is_always_on_the_screen() {
        let rows = (1..=100).map(|id| sample::row(&format!("s{id:03}"), id));
        let mut top = Top::new(Order::Name, false);
        top.update(&Report {
            rows: rows.collect(),
        });
        assert_eq!(
            lines(&mut top, 40, 10)[2],
            "s001                           -     38K"
        );
        for (key, shown) in [
            (Key::Down, "s001"),
            (Key::End, "s100"),
            (Key::PageUp, "s094"),
        ] {
            top.press(key);
            let terminal = screen(&mut top, 40, 10);
            let buffer = terminal.backend().buffer();
            let selected: String = buffer
                .content()
                .iter()
                .filter(|cell| cell.modifier.contains(Modifier::REVERSED))
                .map(|cell| cell.symbol())
                .collect();
            assert!(selected.starts_with(shown), "{selected}");
        }
    }

    #[test]
    fn no_size_is_too_small() {
        for (width, height) in [(1, 1), (2, 2), (5, 3), (12, 4), (300, 1), (1, 100)] {
            let mut top = top();
            top.press(Key::Down);
            screen(&mut top, width, height);
        }
    }
}
