// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The order of the lines.

use std::cmp::Ordering;

use clap::ValueEnum;

use super::Figures;
pub use crate::observing::Order;

impl Order {
    /// The key that chooses it.
    pub const fn key(self) -> char {
        match self {
            Self::Cpu => 'c',
            Self::Time => 't',
            Self::Memory => 'm',
            Self::Messages => 'w',
            Self::Hooks => 'h',
            Self::Failures => 'f',
            Self::Age => 'a',
            Self::Name => 'n',
        }
    }

    /// The order that a key chooses.
    pub fn of_key(key: char) -> Option<Self> {
        let mut orders = Self::value_variants().iter().copied();
        orders.find(|order| order.key() == key)
    }

    /// The greatest first, except names.
    fn compare(self, a: &Figures, b: &Figures) -> Ordering {
        let rate = |rate: Option<f64>| rate.unwrap_or(-1.0);
        match self {
            Self::Cpu => rate(b.cpu_percent).total_cmp(&rate(a.cpu_percent)),
            Self::Time => b.cpu_ns.cmp(&a.cpu_ns),
            Self::Memory => b.memory.cmp(&a.memory),
            Self::Messages => b.messages.cmp(&a.messages),
            Self::Hooks => rate(b.runs_rate)
                .total_cmp(&rate(a.runs_rate))
                .then(b.runs.cmp(&a.runs)),
            Self::Failures => b.failures.cmp(&a.failures),
            Self::Age => b.age_ns.cmp(&a.age_ns),
            Self::Name => a.name.cmp(&b.name),
        }
    }
}

/// Sorts lines. Equal lines are sorted by their numbers, so that none jumps.
pub fn sort(figures: &mut [Figures], order: Order, reverse: bool) {
    figures.sort_by(|a, b| {
        let compared = order.compare(a, b);
        let compared = if reverse {
            compared.reverse()
        } else {
            compared
        };
        compared.then(a.id.cmp(&b.id))
    });
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use lunatik_abi::abi::Messages;

    use super::*;
    use crate::{
        cli::Cli,
        report::{sample, Report},
        top::{view::HELP, Sampler},
    };

    fn ids(figures: &mut [Figures], order: Order, reverse: bool) -> Vec<u64> {
        sort(figures, order, reverse);
        figures.iter().map(|figures| figures.id).collect()
    }

    #[test]
    fn each_order_has_its_own() {
        let mut rows: Vec<_> = (1..=3).map(|id| sample::row("same", id)).collect();
        rows[0].name = "z".into();
        rows[1].name = "a".into();
        rows[2].memory_used = 5;
        rows[1].memory_used = 9;
        rows[0].memory_used = 1;
        rows[2].hooks = vec![sample::hook(7, 1)];
        rows[1].age_ns = u64::MAX;
        rows[2].cpu_ns = 8_000_000_000;
        let messages = |waiting| Messages {
            waiting,
            received: 5,
        };
        rows[0].messages = Some(messages(0));
        rows[2].messages = Some(messages(1));
        let mut figures = Sampler::default().take(&Report { rows });
        figures[1].cpu_percent = Some(0.0);
        figures[2].cpu_percent = Some(99.5);
        for (order, wanted) in [
            (Order::Cpu, [3, 2, 1]),
            (Order::Time, [3, 1, 2]),
            (Order::Memory, [2, 3, 1]),
            (Order::Messages, [3, 1, 2]),
            (Order::Hooks, [3, 1, 2]),
            (Order::Failures, [3, 1, 2]),
            (Order::Age, [2, 1, 3]),
            (Order::Name, [2, 3, 1]),
        ] {
            assert_eq!(ids(&mut figures, order, false), wanted, "{order:?}");
        }
        assert_eq!(ids(&mut figures, Order::Memory, true), [1, 3, 2]);
        // Equal ones keep their order.
        assert_eq!(ids(&mut figures, Order::Failures, true), [1, 2, 3]);
    }

    #[test]
    fn each_order_has_a_key() {
        for order in Order::value_variants() {
            assert_eq!(Order::of_key(order.key()), Some(*order));
        }
        assert_eq!(Order::of_key('q'), None);
    }

    #[test]
    fn all_keys_are_told() {
        let keys = |between: &str| {
            let keys = Order::value_variants().iter();
            let keys: Vec<_> = keys.map(|order| order.key().to_string()).collect();
            keys.join(between)
        };
        let cli = Cli::command();
        let help = cli
            .find_subcommand("top")
            .and_then(clap::Command::get_long_about);
        let help = help.unwrap().to_string();
        assert!(help.contains(&format!("{} sort by", keys(", "))), "{help}");
        assert!(HELP.contains(&format!("sort: {}", keys(" "))), "{HELP}");
    }
}
