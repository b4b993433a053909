// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The known figures: their meanings, their targets, and where they are shown.

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
    /// The memory that workers, services and actors take.
    Memory,
    /// Programs, compared with user space.
    Programs,
}

impl Part {
    /// All parts, in the order in which they are shown.
    pub const ALL: [Self; 6] = [
        Self::Messages,
        Self::Workers,
        Self::Services,
        Self::Actors,
        Self::Memory,
        Self::Programs,
    ];

    /// Its name in file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Workers => "workers",
            Self::Services => "services",
            Self::Actors => "actors",
            Self::Memory => "memory",
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
            Self::Memory => "Memory of a worker, a service or an actor",
            Self::Programs => "Programs: time in the kernel by time in user space",
        }
    }
}

/// Something that is measured.
pub struct Benchmark {
    /// The name of its figures.
    pub name: &'static str,
    /// The meaning of the figures.
    pub title: &'static str,
    /// The part in which they are shown.
    pub part: Part,
    /// The required value at native speed, in the figure's unit.
    pub target: Option<f64>,
    /// The desired value.
    pub aim: Option<f64>,
    /// The value of ltask, which is written in C, in user space.
    pub ltask: Option<f64>,
}

const fn plain(name: &'static str, title: &'static str, part: Part) -> Benchmark {
    Benchmark {
        name,
        title,
        part,
        target: None,
        aim: None,
        ltask: None,
    }
}

/// All benchmarks except the programs.
pub const BENCHMARKS: [Benchmark; 27] = [
    Benchmark {
        target: Some(3.5),
        aim: Some(2.0),
        ltask: Some(7.5),
        ..plain(
            "round_trip/integer",
            "message and answer, an integer",
            Part::Messages,
        )
    },
    plain(
        "round_trip/string",
        "message and answer, 16 bytes",
        Part::Messages,
    ),
    plain(
        "round_trip/table",
        "message and answer, a table of 6 fields",
        Part::Messages,
    ),
    plain(
        "round_trip/text64k",
        "message and answer, 64 KiB",
        Part::Messages,
    ),
    plain(
        "round_trip/elsewhere",
        "answers that another CPU gave",
        Part::Messages,
    ),
    Benchmark {
        target: Some(1.5),
        aim: Some(0.8),
        ltask: Some(3.8),
        ..plain("one_way/down", "message to a worker", Part::Messages)
    },
    Benchmark {
        target: Some(1.5),
        aim: Some(0.8),
        ltask: Some(3.8),
        ..plain("one_way/up", "message from a worker", Part::Messages)
    },
    plain(
        "fan_in/select",
        "message of one of many workers, all asked at once",
        Part::Workers,
    ),
    plain(
        "fan_in/in_turn",
        "message of one of many workers, asked in turn",
        Part::Workers,
    ),
    plain("chain", "hop in a long chain of workers", Part::Workers),
    Benchmark {
        target: Some(60.0),
        ..plain(
            "spawn/in_turn",
            "life of a worker that runs, one at a time",
            Part::Workers,
        )
    },
    Benchmark {
        target: Some(60.0),
        ..plain(
            "spawn/together",
            "life of a worker that runs, 100 at a time",
            Part::Workers,
        )
    },
    Benchmark {
        target: Some(60.0),
        ..plain(
            "spawn/stopped",
            "life of a worker that is stopped",
            Part::Workers,
        )
    },
    plain(
        "select",
        "receive from many workers of which one answers",
        Part::Workers,
    ),
    plain(
        "timeout/median",
        "delay of a time-out of 1 ms, median",
        Part::Workers,
    ),
    plain(
        "timeout/greatest",
        "delay of a time-out of 1 ms, greatest",
        Part::Workers,
    ),
    Benchmark {
        target: Some(2.5),
        ltask: Some(7.5),
        ..plain("services/call", "call of a service", Part::Services)
    },
    Benchmark {
        target: Some(0.9),
        ltask: Some(3.8),
        ..plain("services/send", "message to a service", Part::Services)
    },
    plain(
        "services/parallel",
        "parallel calls of 100 services",
        Part::Services,
    ),
    plain(
        "services/ring",
        "hop in a large ring of services",
        Part::Services,
    ),
    Benchmark {
        target: Some(100.0),
        ltask: Some(600.0),
        ..plain("services/life", "life of a service", Part::Services)
    },
    Benchmark {
        target: Some(40.0),
        ..plain(
            "services/memory",
            "memory of a service that waits",
            Part::Memory,
        )
    },
    Benchmark {
        target: Some(3.0),
        ..plain(
            "actors/round_trip",
            "message to an actor and back, each received",
            Part::Actors,
        )
    },
    Benchmark {
        target: Some(100.0),
        ..plain(
            "actors/life",
            "new actor, until it has received a message",
            Part::Actors,
        )
    },
    plain("actors/ring", "hop in a large ring of actors", Part::Actors),
    Benchmark {
        target: Some(40.0),
        ..plain(
            "actors/memory",
            "memory of an actor that waits",
            Part::Memory,
        )
    },
    Benchmark {
        target: Some(24.0),
        ..plain("memory", "memory of a worker that waits", Part::Memory)
    },
];

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

/// The figures of `report` that are shown in `sought`, in the order of the list in this file, then
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
