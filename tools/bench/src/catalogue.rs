// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The known figures: their meanings, their targets, and where they are shown.

mod benchmarks;

pub use self::benchmarks::{Benchmark, BENCHMARKS};
use crate::report::{Figure, Report};

/// A part of the figures, which has a picture and a part of the tables.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Part {
    /// A message between two workers.
    Messages,
    /// Many workers.
    Workers,
    /// Services of ltask.
    Services,
    /// Actors.
    Actors,
    /// User-space actors, beside pipes.
    Processes,
    /// The memory that workers, services and actors take.
    Memory,
    /// Hooks, beside hooks in C.
    Hooks,
    /// Programs, compared with user space.
    Programs,
}

impl Part {
    /// All parts, in the order in which they are shown.
    pub const ALL: [Self; 8] = [
        Self::Messages,
        Self::Workers,
        Self::Services,
        Self::Actors,
        Self::Processes,
        Self::Memory,
        Self::Hooks,
        Self::Programs,
    ];

    /// Its name in file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Workers => "workers",
            Self::Services => "services",
            Self::Actors => "actors",
            Self::Processes => "processes",
            Self::Memory => "memory",
            Self::Hooks => "hooks",
            Self::Programs => "programs",
        }
    }

    /// The title above its picture.
    pub fn title(self) -> &'static str {
        match self {
            Self::Messages => "Messages between two workers",
            Self::Workers => "Many workers",
            Self::Services => "Services of ltask",
            Self::Actors => "Actors",
            Self::Processes => "User-space actors and pipes",
            Self::Memory => "Memory of a worker, a service or an actor",
            Self::Hooks => "Hooks of packets in Lua and in C",
            Self::Programs => "Programs: time in the kernel by time in user space",
        }
    }
}

/// The benchmark of `figure`, unless it is a program.
pub fn benchmark(figure: &Figure) -> Option<&'static Benchmark> {
    BENCHMARKS.iter().find(|known| known.name == figure.name)
}

/// The part in which `figure` is shown. Unknown figures are shown with the workers.
pub fn part(figure: &Figure) -> Part {
    if figure.class.is_some() {
        return Part::Programs;
    }
    benchmark(figure).map_or(Part::Workers, |known| known.part)
}

/// The figures of `report` in the order of the parts.
pub fn in_order(report: &Report) -> impl Iterator<Item = &Figure> {
    Part::ALL
        .into_iter()
        .flat_map(|sought| of_part(report, sought))
}

/// The figures of `report` that are shown in `sought`, in the order of [`BENCHMARKS`], then
/// by processors. Programs keep the order of measurement.
pub fn of_part(report: &Report, sought: Part) -> impl Iterator<Item = &Figure> {
    let mut figures: Vec<&Figure> = report.figures.iter().collect();
    figures.retain(|figure| part(figure) == sought);
    figures.sort_by_key(|figure| {
        let place = BENCHMARKS
            .iter()
            .position(|known| known.name == figure.name);
        (place, figure.cpus)
    });
    figures.into_iter()
}

/// The title of the figure, with the processors.
pub fn title(figure: &Figure) -> String {
    let title = match benchmark(figure) {
        Some(known) => known.title,
        None => figure
            .name
            .strip_prefix("programs/")
            .unwrap_or(&figure.name),
    };
    match figure.cpus {
        Some(1) => format!("{title}, 1 CPU"),
        Some(cpus) => format!("{title}, {cpus} CPUs"),
        None => title.to_owned(),
    }
}

/// The greatest value that `figure` may have on a machine of this kind. Times have targets only at
/// native speed.
pub fn target(figure: &Figure, kind: &str) -> Option<f64> {
    match figure.class.as_deref() {
        Some("float") => Some(3.5),
        Some("allocating") => Some(1.0),
        Some(_) => Some(1.05),
        None if kind == "um" || figure.unit == "KiB" => benchmark(figure)?.target,
        None => None,
    }
}

/// Whether `figure` meets its target, if it has one.
pub fn is_met(figure: &Figure, kind: &str) -> Option<bool> {
    Some(figure.judged()? <= target(figure, kind)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        Report::of_samples(
            "fact kind um\nprogram fib plain 12 10\nprogram nbody float 12 10\nmeasure select 2 us 1\n\
             measure one_way/up 2 us 1.6\nmeasure one_way/up 1 us 1.5\nmeasure memory 2 KiB 25\n",
        )
        .unwrap()
    }

    #[test]
    fn order_and_titles() {
        let report = report();
        let titles: Vec<_> = in_order(&report).map(title).collect();
        assert_eq!(
            titles,
            [
                "message from a worker, 1 CPU",
                "message from a worker, 2 CPUs",
                "receive from many workers of which one answers, 2 CPUs",
                "memory of a worker that waits, 2 CPUs",
                "fib",
                "nbody",
            ]
        );
    }

    #[test]
    fn targets() {
        let report = report();
        let met = |kind| {
            in_order(&report)
                .map(|figure| is_met(figure, kind))
                .collect::<Vec<_>>()
        };
        let (yes, no) = (Some(true), Some(false));
        assert_eq!(met("um"), [yes, no, None, no, no, yes]);
        assert_eq!(met("qemu"), [None, None, None, no, no, yes]);
    }
}
