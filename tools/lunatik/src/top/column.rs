// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The columns of the table.

use super::{Figures, Order};
use crate::{
    report::{format_cpu, in_columns},
    size::format_size,
};

/// The narrowest column of names, unless the terminal is narrower.
const NARROWEST_NAME: u16 = 12;

/// The space between two columns.
pub(super) const GAP: u16 = 1;

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The name.
    Name,
    /// Kind and context.
    Kind,
    /// State, and what it waits for.
    State,
    /// Share of a CPU.
    Cpu,
    /// CPU time.
    Time,
    /// Memory in use.
    Memory,
    /// Messages that wait for it.
    Messages,
    /// Calls of hooks per second.
    Calls,
    /// Calls of hooks.
    Runs,
    /// Failed calls.
    Failed,
    /// Lost messages and lines.
    Lost,
}

impl Column {
    /// All, from left to right.
    pub const ALL: [Self; 11] = [
        Self::Name,
        Self::Kind,
        Self::State,
        Self::Cpu,
        Self::Time,
        Self::Memory,
        Self::Messages,
        Self::Calls,
        Self::Runs,
        Self::Failed,
        Self::Lost,
    ];

    /// The columns that a small terminal leaves out, in the order in which it does.
    const DISPENSABLE: [Self; 9] = [
        Self::Lost,
        Self::Runs,
        Self::Kind,
        Self::Failed,
        Self::Messages,
        Self::Calls,
        Self::Time,
        Self::State,
        Self::Memory,
    ];

    /// Its heading.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Name => "NAME",
            Self::Kind => "KIND",
            Self::State => "STATE",
            Self::Cpu => "CPU%",
            Self::Time => "TIME",
            Self::Memory => "MEMORY",
            Self::Messages => "MESSAGES",
            Self::Calls => "CALLS/s",
            Self::Runs => "RUNS",
            Self::Failed => "FAILED",
            Self::Lost => "LOST",
        }
    }

    /// Its width; for the name, the least.
    pub(super) const fn width(self) -> u16 {
        match self {
            Self::Name => NARROWEST_NAME,
            Self::Kind => 15,
            Self::State => 17,
            Self::Cpu => 6,
            Self::Time => 10,
            Self::Memory => 7,
            Self::Messages | Self::Calls => 8,
            Self::Runs => 9,
            Self::Failed => 7,
            Self::Lost => 6,
        }
    }

    /// Whether its cells are aligned to the right.
    pub(super) const fn is_number(self) -> bool {
        !matches!(self, Self::Name | Self::Kind | Self::State)
    }

    /// The order that sorts by it, if there is one.
    pub(super) const fn order(self) -> Option<Order> {
        Some(match self {
            Self::Name => Order::Name,
            Self::Cpu => Order::Cpu,
            Self::Time => Order::Time,
            Self::Memory => Order::Memory,
            Self::Messages => Order::Messages,
            Self::Calls => Order::Hooks,
            Self::Failed => Order::Failures,
            Self::Kind | Self::State | Self::Runs | Self::Lost => return None,
        })
    }

    /// Its cell for a runtime.
    pub(super) fn cell(self, figures: &Figures) -> String {
        let or_none = |number: Option<u64>| number.map_or("-".to_owned(), |n| n.to_string());
        match self {
            Self::Name => figures.name.clone(),
            Self::Kind => figures.kind.clone(),
            Self::State => figures.state.clone(),
            Self::Cpu => figures
                .cpu_percent
                .map_or("-".to_owned(), |percent| format!("{percent:.1}")),
            Self::Time => format_cpu(figures.cpu_ns),
            Self::Memory => format_size(figures.memory),
            Self::Messages => or_none(figures.messages),
            Self::Calls => figures
                .runs_rate
                .map_or("-".to_owned(), |rate| format!("{rate:.0}")),
            Self::Runs => or_none(figures.runs),
            Self::Failed => or_none(figures.failures),
            Self::Lost => or_none(figures.lost),
        }
    }

    /// The columns for which a terminal of this width has room, with their widths. The name gets the remaining space.
    pub(super) fn fitting(places: u16) -> Vec<(Self, u16)> {
        let mut columns = Self::ALL.to_vec();
        let needs = |columns: &[Self]| {
            let gaps = GAP * (columns.len() as u16).saturating_sub(1);
            gaps + columns.iter().map(|column| column.width()).sum::<u16>()
        };
        for column in Self::DISPENSABLE {
            if needs(&columns) <= places {
                break;
            }
            columns.retain(|kept| *kept != column);
        }
        let left = places.saturating_sub(needs(&columns));
        let width = |column: Self| match column {
            Self::Name => column.width() + left,
            _ => column.width(),
        };
        columns
            .into_iter()
            .map(|column| (column, width(column)))
            .collect()
    }
}

/// All columns as text.
pub fn text_table(figures: &[Figures]) -> String {
    let mut rows = vec![Column::ALL
        .map(|column| column.heading().to_owned())
        .to_vec()];
    rows.extend(
        figures
            .iter()
            .map(|figures| Column::ALL.map(|column| column.cell(figures)).to_vec()),
    );
    in_columns(&rows)
}

#[cfg(test)]
mod tests {
    use lunatik_abi::abi::Messages;

    use super::*;
    use crate::{
        report::{sample, Report},
        top::Sampler,
    };

    #[test]
    fn small_terminals_have_the_columns_that_matter_most() {
        let columns = |places| {
            let fitting = Column::fitting(places);
            fitting
                .into_iter()
                .map(|(column, _)| column)
                .collect::<Vec<_>>()
        };
        assert_eq!(columns(200), Column::ALL);
        assert_eq!(columns(20), [Column::Name, Column::Cpu]);
        assert_eq!(columns(0), [Column::Name, Column::Cpu]);
        assert_eq!(columns(40), [Column::Name, Column::Cpu, Column::Memory]);
        assert_eq!(
            columns(80),
            [
                Column::Name,
                Column::State,
                Column::Cpu,
                Column::Time,
                Column::Memory,
                Column::Messages,
                Column::Calls
            ]
        );
    }

    #[test]
    fn columns_use_all_places_and_no_more() {
        for places in 19..250 {
            let columns = Column::fitting(places);
            let width: u16 = columns.iter().map(|(_, width)| width).sum();
            assert_eq!(width + columns.len() as u16 - 1, places);
        }
    }

    #[test]
    fn text_has_a_line_for_each_runtime() {
        let mut row = sample::row("防火墙", 3);
        row.hooks = vec![sample::hook(100, 1)];
        row.lost = Some(2);
        let mut worker = sample::row("ticker", 4);
        worker.messages = Some(Messages {
            waiting: 7,
            received: 900,
        });
        let rows = vec![row, worker];
        let text = text_table(&Sampler::default().take(&Report { rows }));
        assert_eq!(
            text,
            "\
NAME    KIND  STATE           CPU%  TIME    MEMORY  MESSAGES  CALLS/s  RUNS  FAILED  LOST
防火墙  run   ready (1 hook)  -     0.004s  38K     -         -        100   1       2
ticker  run   ready           -     0.004s  38K     7         -        -     -       -
"
        );
    }
}
