// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Tables and JSON of made-up runtimes.

use lunatik_abi::abi::{Context, HookState, Messages, State};
use serde_json::{json, Value as Json};

use super::*;

fn report() -> Report {
    let row = Row {
        kind: "spawn".into(),
        state: State::Blocked,
        memory_used: 1536,
        cpu_ns: 1_234_567_890,
        age_ns: 3_723_000_000_000,
        permissions: "load fs:read=/a (sealed)".into(),
        ..sample::row("ticker", 3)
    };
    let failed = Row {
        name: "ä\x1b[31m".into(),
        id: 4,
        kind: "run".into(),
        state: State::Failed,
        error: "x:1: no\nmore".into(),
        traceback: "stack traceback:\n\tx:1: in main chunk".into(),
        ..row.clone()
    };
    Report {
        rows: vec![row, failed],
    }
}

#[test]
fn a_table_has_columns_and_obeys_no_script() {
    assert_eq!(
        report().table(false),
        "\
NAME         KIND   STATE    MEMORY    CPU     AGE    ERROR
ticker       spawn  blocked  1.5K/64M  1.234s  1h02m
ä\\u{1b}[31m  run    failed   1.5K/64M  1.234s  1h02m  x:1: no
"
    );
}

#[test]
fn a_table_of_one_shows_its_permissions() {
    let rows = report().rows.drain(..1).collect();
    assert_eq!(
        Report { rows }.table(true),
        "\
NAME    KIND   STATE    MEMORY    CPU     AGE    PERMISSIONS               ERROR
ticker  spawn  blocked  1.5K/64M  1.234s  1h02m  load fs:read=/a (sealed)
"
    );
}

#[test]
fn a_table_of_one_name_shows_messages() {
    let [mut with, without]: [Row; 2] = report().rows.try_into().unwrap();
    with.messages = Some(Messages {
        waiting: 3,
        received: u64::MAX,
    });
    let report = Report {
        rows: vec![with, without],
    };
    assert_eq!(report.table(false), self::report().table(false));
    let table = report.table(true);
    assert_eq!(
        table.lines().next(),
        Some("NAME         KIND   STATE    MEMORY    CPU     AGE    MESSAGES                                  PERMISSIONS               ERROR")
    );
    assert!(table.contains("  1h02m  3 waiting, 18446744073709551615 received  load fs"));
    let json = report.json();
    assert_eq!(json[0]["messages_waiting"], 3);
    assert_eq!(json[0]["messages_received"], u64::MAX);
    assert_eq!(json[1]["messages_waiting"], Json::Null);
    assert_eq!(json[1]["messages_received"], Json::Null);
}

#[test]
fn a_table_shows_where_actors_run_and_what_they_wait_for() {
    let [a, b]: [Row; 2] = report().rows.try_into().unwrap();
    let actor = |id, context, waits_for: &str| Row {
        name: format!("a{id}"),
        id,
        parent: 3,
        kind: "actor".into(),
        context: Some(context),
        waits_for: waits_for.into(),
        ..a.clone()
    };
    let worker = Row {
        kind: "worker".into(),
        ..actor(8, 3, "")
    };
    let waiting = Row {
        waits_for: "message".into(),
        ..a.clone()
    };
    let report = Report {
        rows: vec![
            waiting,
            b,
            actor(5, 0, "message, timer"),
            actor(6, 2, "rec\x1beiver"),
            actor(7, 2, ""),
            worker,
        ],
    };
    assert_eq!(
        report.table(false),
        "\
NAME         KIND            STATE                     MEMORY    CPU     AGE    ERROR
ticker       spawn           blocked (message)         1.5K/64M  1.234s  1h02m
  a5         actor (shared)  blocked (message, timer)  1.5K/64M  1.234s  1h02m
  a6         actor (2)       blocked (rec\\u{1b}eiver)  1.5K/64M  1.234s  1h02m
  a7         actor (2)       blocked                   1.5K/64M  1.234s  1h02m
  a8         worker          blocked                   1.5K/64M  1.234s  1h02m
ä\\u{1b}[31m  run             failed                    1.5K/64M  1.234s  1h02m  x:1: no
"
    );
    let json = report.json();
    assert_eq!(json[2]["context"], 0);
    assert_eq!(json[2]["waits_for"], "message, timer");
    assert_eq!(json[5]["context"], 3);
    assert_eq!(json[1]["context"], Json::Null);
    assert_eq!(json[1]["waits_for"], Json::Null);
}

#[test]
fn a_table_shows_whose_code_hooks_call() {
    let [ticker, filter]: [Row; 2] = report().rows.try_into().unwrap();
    let hook = |state| Hook {
        state,
        ns: 3000,
        ..sample::hook(2, 0)
    };
    let failed = Row {
        name: "filter".into(),
        class: Context::Softirq,
        hooks: vec![hook(HookState::Stopped)],
        ..filter
    };
    let filter = Row {
        state: State::Ready,
        error: String::new(),
        hooks: vec![hook(HookState::On), hook(HookState::Disabled)],
        stopped: true,
        lost: Some(3),
        ..failed.clone()
    };
    let waiting = Row {
        state: State::Blocked,
        waits_for: "message".into(),
        cpu: Some(1),
        hooks: vec![hook(HookState::On)],
        ..filter.clone()
    };
    assert_eq!(ticker.hook_table(), "");
    assert_eq!(
        waiting.hook_table(),
        "
HOOK      STATE  RUNS  FAILED  OVER  MISSED  MEAN   LONGEST
local_in  on     2     0       0     0       1.5us  2.0us
"
    );
    let report = Report {
        rows: vec![ticker, failed, filter, waiting],
    };
    assert_eq!(
        report.table(false),
        "\
NAME    KIND                  STATE                        MEMORY    CPU     AGE    ERROR
ticker  spawn                 blocked                      1.5K/64M  1.234s  1h02m
filter  run (softirq)         failed                       1.5K/64M  1.234s  1h02m  x:1: no
filter  run (softirq)         ready (2 hooks, 1 disabled)  1.5K/64M  1.234s  1h02m
filter  run (softirq, CPU 1)  blocked (message, 1 hook)    1.5K/64M  1.234s  1h02m
"
    );
    let json = report.json();
    assert_eq!(json[0]["class"], "process");
    assert_eq!(json[0]["hooks"], json!([]));
    assert_eq!(json[0]["lost"], Json::Null);
    assert_eq!(json[0]["cpu"], Json::Null);
    assert_eq!(json[1]["class"], "softirq");
    assert_eq!(json[2]["hooks"][1]["state"], "disabled");
    assert_eq!(json[2]["hooks"][1]["mean_ns"], 1500);
    assert_eq!(json[2]["lost"], 3);
    assert_eq!(json[0]["stopped"], false);
    assert_eq!(json[2]["stopped"], true);
    assert_eq!(json[3]["cpu"], 1);
}

#[test]
fn workers_are_below_their_parents() {
    let [a, b]: [Row; 2] = report().rows.try_into().unwrap();
    let row = |id, parent| Row {
        name: format!("w{id}"),
        id,
        parent,
        ..a.clone()
    };
    // A worker whose parent has gone meanwhile is on the first level.
    let rows = vec![
        a.clone(),
        b,
        row(5, 3),
        row(6, 4),
        row(7, 5),
        row(8, 3),
        row(9, 99),
    ];
    let report = Report { rows };
    let table = report.table(false);
    let order: Vec<_> = report
        .tree()
        .iter()
        .map(|(level, row)| (*level, row.id))
        .collect();
    assert_eq!(
        order,
        [(0, 3), (1, 5), (2, 7), (1, 8), (0, 4), (1, 6), (0, 9)]
    );
    assert!(table.contains("\n  w5 ") && table.contains("\n    w7 ") && table.contains("\nw9 "));
    let json = report.json();
    assert_eq!(json[2]["parent"], "ticker");
    assert_eq!(json[2]["parent_id"], 3);
    assert_eq!(json[6]["parent"], Json::Null);
    assert_eq!(json[6]["parent_id"], 99);
    assert_eq!(json[0]["parent_id"], Json::Null);
}

#[test]
fn nothing_running_is_a_heading_alone() {
    assert_eq!(Report::default().table(false).lines().count(), 1);
    assert_eq!(Report::default().json().to_string(), "[]");
}

#[test]
fn json_has_every_number_as_it_is() {
    let json = report().json();
    assert_eq!(json[0]["memory_used"], 1536);
    assert_eq!(json[0]["cpu_limit_ms"], Json::Null);
    assert_eq!(json[0]["error"], Json::Null);
    assert_eq!(json[1]["name"], "ä\x1b[31m");
    assert_eq!(json[1]["error"], "x:1: no\nmore");
    assert_eq!(json[1]["state"], "failed");
}

#[test]
fn the_whole_error_follows_the_table_of_one() {
    let report = report();
    assert_eq!(report.rows[0].full_error(), "");
    assert_eq!(
        report.rows[1].full_error(),
        "\nx:1: no\nmore\nstack traceback:\n x:1: in main chunk\n"
    );
}

#[test]
fn ages_are_short() {
    for (seconds, text) in [
        (0, "0s"),
        (59, "59s"),
        (61, "1m01s"),
        (3600, "1h00m"),
        (90_000, "1d01h"),
    ] {
        assert_eq!(format_age(seconds * 1_000_000_000), text);
    }
}
