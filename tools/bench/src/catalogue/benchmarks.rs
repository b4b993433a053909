// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What is measured.

use super::Part;

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
pub const BENCHMARKS: [Benchmark; 57] = [
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
    plain(
        "processes/round_trip/integer",
        "message to a user-space actor and back, an integer",
        Part::Processes,
    ),
    plain(
        "processes/down/integer",
        "message to a user-space actor, an integer",
        Part::Processes,
    ),
    plain(
        "processes/up/integer",
        "message from a user-space actor, an integer",
        Part::Processes,
    ),
    plain(
        "processes/pipe_round_trip/integer",
        "message over a pipe and back, 16 bytes",
        Part::Processes,
    ),
    plain(
        "processes/pipe/integer",
        "message over a pipe, 16 bytes",
        Part::Processes,
    ),
    Benchmark {
        target: Some(1.5),
        ..plain(
            "processes/round_trip_by_pipe/integer",
            "message to a user-space actor and back, an integer, by the pipe",
            Part::Processes,
        )
    },
    plain(
        "processes/down_by_pipe/integer",
        "message to a user-space actor, an integer, by the pipe",
        Part::Processes,
    ),
    plain(
        "processes/up_by_pipe/integer",
        "message from a user-space actor, an integer, by the pipe",
        Part::Processes,
    ),
    plain(
        "processes/round_trip/table",
        "message to a user-space actor and back, a table of 20 members",
        Part::Processes,
    ),
    plain(
        "processes/down/table",
        "message to a user-space actor, a table of 20 members",
        Part::Processes,
    ),
    plain(
        "processes/up/table",
        "message from a user-space actor, a table of 20 members",
        Part::Processes,
    ),
    plain(
        "processes/pipe_round_trip/table",
        "message over a pipe and back, 254 bytes",
        Part::Processes,
    ),
    plain(
        "processes/pipe/table",
        "message over a pipe, 254 bytes",
        Part::Processes,
    ),
    Benchmark {
        target: Some(1.5),
        ..plain(
            "processes/round_trip_by_pipe/table",
            "message to a user-space actor and back, a table of 20 members, by the pipe",
            Part::Processes,
        )
    },
    plain(
        "processes/down_by_pipe/table",
        "message to a user-space actor, a table of 20 members, by the pipe",
        Part::Processes,
    ),
    plain(
        "processes/up_by_pipe/table",
        "message from a user-space actor, a table of 20 members, by the pipe",
        Part::Processes,
    ),
    plain(
        "processes/start",
        "start of a user-space actor, until it is ready",
        Part::Processes,
    ),
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
    plain("hook/c/empty", "empty hook in C", Part::Hooks),
    plain("hook/lua/empty", "empty hook in Lua", Part::Hooks),
    Benchmark {
        target: Some(120.0),
        ..plain(
            "hook/more/empty",
            "empty hook, what Lua takes more",
            Part::Hooks,
        )
    },
    plain(
        "hook/c/fields",
        "hook in C that reads five fields of two headers and counts",
        Part::Hooks,
    ),
    plain("hook/lua/fields", "the same in Lua", Part::Hooks),
    Benchmark {
        target: Some(400.0),
        ..plain(
            "hook/more/fields",
            "five fields, what Lua takes more",
            Part::Hooks,
        )
    },
    plain(
        "hook/c/lookup",
        "hook in C that looks an address up and counts",
        Part::Hooks,
    ),
    plain("hook/lua/lookup", "the same in Lua", Part::Hooks),
    Benchmark {
        target: Some(500.0),
        ..plain(
            "hook/more/lookup",
            "lookup and count, what Lua takes more",
            Part::Hooks,
        )
    },
    plain(
        "hook/datagram",
        "datagram over loopback without a hook",
        Part::Hooks,
    ),
    Benchmark {
        target: Some(1.25),
        ..plain(
            "hook/rate/empty",
            "datagrams a second, C by Lua, empty hook",
            Part::Hooks,
        )
    },
    Benchmark {
        target: Some(1.25),
        ..plain(
            "hook/rate/fields",
            "datagrams a second, C by Lua, five fields",
            Part::Hooks,
        )
    },
    Benchmark {
        target: Some(1.25),
        ..plain(
            "hook/rate/lookup",
            "datagrams a second, C by Lua, lookup and count",
            Part::Hooks,
        )
    },
];
