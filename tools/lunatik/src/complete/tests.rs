// SPDX-License-Identifier: GPL-2.0-only OR MIT

use std::{
    fs,
    io::{Read, Write},
    os::{fd::OwnedFd, unix::net::UnixStream},
    path::PathBuf,
    thread,
    time::Instant,
};

use lunatik_abi::{
    abi::{
        self, split_frame, Hooks, Outcome, Reply, Request, State, StatusRow, MAX_GRACE_MS, VERSION,
    },
    codec::{Message, Writer},
    spec::{Origin, Spec},
};

use super::*;
use crate::{channel::Channel, duration, moment, size};

/// The values of the candidates for the last word of a line, which has no quotes.
fn offered(line: &str) -> Vec<String> {
    let found = candidates(line.split(' ').map(OsString::from).collect());
    found.into_iter().map(|found| found.value).collect()
}

fn values(found: Vec<Candidate>) -> Vec<String> {
    found.into_iter().map(|found| found.value).collect()
}

/// Arguments whose values only the user knows.
const UNKNOWN: &[(&str, &str)] = &[
    ("eval", "code"),
    ("logs", "lines"),
    ("profile", "seconds"),
    ("profile", "hz"),
    ("top", "count"),
    ("host", "token"),
    ("__complete", "words"),
];

/// Arguments that are completed where the whole command line is seen.
const BY_LINE: &[&str] = &["args"];

#[test]
fn each_argument_is_completed_unless_only_the_user_knows_its_values() {
    for command in Cli::command().get_subcommands() {
        for arg in command.get_arguments() {
            let id = arg.get_id().as_str();
            let has_values =
                arg.get_action().takes_values() && arg.get_possible_values().is_empty();
            if !has_values || BY_LINE.contains(&id) {
                continue;
            }
            let completed = completer(command.get_name(), arg).is_some();
            let unknown = UNKNOWN.contains(&(command.get_name(), id));
            assert!(
                completed != unknown,
                "{} {id}: a completer, or an entry in UNKNOWN",
                command.get_name()
            );
        }
    }
}

#[test]
fn commands_are_offered_and_hidden_ones_are_not() {
    assert_eq!(offered("lunatik st"), ["stop", "status"]);
    assert_eq!(offered("lunatik help st"), ["stop", "status"]);
    for hidden in ["lunatik ho", "lunatik __", "lunatik host"] {
        assert!(offered(hidden).is_empty(), "{hidden}");
    }
    assert!(offered("lunatik").is_empty());
    assert!(candidates(Vec::new()).is_empty());
}

#[test]
fn options_are_offered_after_a_dash() {
    assert_eq!(offered("lunatik stop --gr"), ["--grace"]);
    assert!(offered("lunatik stop -").contains(&"-a".to_owned()));
    assert!(offered("lunatik list ").is_empty());
    assert_eq!(offered("lunatik run -c so"), ["softirq"]);
    assert_eq!(offered("lunatik run --context=ha"), ["--context=hardirq"]);
    assert_eq!(offered("lunatik logs --time=ne"), ["--time=never"]);
}

#[test]
fn what_follows_a_script_belongs_to_it() {
    let contexts = ["process", "softirq", "hardirq"];
    let starts = |line: &str, wanted: &[&str]| {
        let found = offered(line);
        let found: Vec<_> = found
            .iter()
            .filter(|word| contexts.contains(&word.as_str()) || *word == "percpu")
            .collect();
        assert_eq!(found, wanted, "{line}");
    };
    starts("lunatik run x ", &contexts);
    starts("lunatik run --mem 1M x so", &["softirq"]);
    starts("lunatik run x softirq ", &["percpu"]);
    starts("lunatik run x process ", &[]);
    starts("lunatik run x softirq a ", &[]);
    starts("lunatik run -c softirq x ", &[]);
    starts("lunatik run -- x ", &[]);
    starts("lunatik run x a ", &[]);
    starts("lunatik spawn x ", &[]);
    assert!(offered("lunatik run x --na").is_empty());
    assert!(offered("lunatik spawn x -").is_empty());
    assert!(offered("lunatik eval 1 ").is_empty());
    // Files, of any kind.
    assert_eq!(offered("lunatik run x Cargo.t"), ["Cargo.toml"]);
}

#[test]
fn each_permission_that_is_offered_is_one() {
    let all = offered("lunatik run -P ");
    for name in ["load", "fs:read", "fs:read=", "runner=", "all", "seal"] {
        assert!(all.contains(&name.to_owned()), "{all:?}");
    }
    let rejected = offered("lunatik run -P ~");
    assert!(rejected.contains(&"~exec".to_owned()), "{rejected:?}");
    for spec in all.iter().chain(&rejected) {
        let spec = match spec.strip_suffix('=') {
            Some(name) => format!("{name}=/x"),
            None => spec.clone(),
        };
        assert_eq!(
            Spec::check(spec.as_bytes(), Origin::CommandLine),
            Ok(()),
            "{spec}"
        );
    }
    assert_eq!(
        offered("lunatik eval --pledge=fs:w"),
        ["--pledge=fs:write", "--pledge=fs:write="]
    );
    assert_eq!(offered("lunatik repl -P ~fs:w"), ["~fs:write"]);
    assert_eq!(
        offered("lunatik run -P fs:read=/etc/hostna"),
        ["fs:read=/etc/hostname"]
    );
    for none in ["lunatik run -P exec=", "lunatik run -P nosuch="] {
        assert!(offered(none).is_empty(), "{none}");
    }
}

#[test]
fn numbers_get_units_that_are_understood() {
    let times = offered("lunatik eval --slice 10");
    assert_eq!(times, ["10ms", "10s", "10m"]);
    for time in times {
        assert!(duration::parse_limit(&time).is_ok(), "{time}");
    }
    assert!(duration::parse_grace(&offered("lunatik stop --grace 2")[2]).unwrap() < MAX_GRACE_MS);
    let sizes = offered("lunatik run --mem 64");
    assert_eq!(sizes, ["64K", "64M", "64G"]);
    for size in sizes {
        assert!(size::parse_size(&size).is_ok(), "{size}");
    }
    let mut moments = offered("lunatik logs -S ");
    moments.extend(offered("lunatik logs --since 10"));
    assert_eq!(moments, ["today", "yesterday", "10s", "10m", "10h"]);
    for moment in moments {
        assert!(moment::parse(&moment, &moment::now()).is_ok(), "{moment}");
    }
    for none in ["--slice ", "--slice 1.", "--slice 1s", "--mem x"] {
        let line = format!("lunatik eval {none}");
        assert!(offered(&line).is_empty(), "{line}");
    }
}

/// A folder of its own for a test.
fn folder(name: &str, files: &[&str]) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("lunatik-{name}-{}", std::process::id()));
    for file in files {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }
    folder
}

#[test]
fn scripts_are_names_one_folder_at_a_time() {
    let folder = folder(
        "scripts",
        &[
            "one.lua",
            "only.lua",
            "net/filter.lua",
            "notes.txt",
            ".x.lua",
        ],
    );
    let found = |typed: &str| values(paths::scripts_in(&folder, OsStr::new(typed)));
    assert_eq!(found("on"), ["one", "only"]);
    assert_eq!(found("n"), ["net/"]);
    assert_eq!(found("net/"), ["net/filter"]);
    let all = found("");
    assert!(all.starts_with(&["net/".into(), "one".into(), "only".into()]));
    assert!(!all
        .iter()
        .any(|name| name.contains("notes") || name.starts_with('.')));
    for none in ["no/such/", "net/../on", "net/x"] {
        assert!(found(none).is_empty(), "{none}");
    }
    // A path is no name.
    let path = format!("{}/on", folder.display());
    assert_eq!(
        found(&path),
        [format!("{path}e.lua"), format!("{path}ly.lua")]
    );
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn files_are_offered_by_their_kind() {
    let folder = folder("files", &["a.lua", "a.ko", "a\u{1b}[2J.lua", "sub/b.lua"]);
    let typed = |command: &str, name: &str| {
        let words = ["lunatik", command, &format!("{}/{name}", folder.display())];
        let found = values(candidates(words.iter().map(OsString::from).collect()));
        let start = format!("{}/", folder.display());
        found
            .iter()
            .map(|path| path.replace(&start, ""))
            .collect::<Vec<_>>()
    };
    // The name with an escape sequence is none of them.
    assert_eq!(typed("check", ""), ["a.lua", "sub/"]);
    assert_eq!(typed("load", ""), ["a.ko", "sub/"]);
    assert_eq!(typed("check", "sub/"), ["sub/b.lua"]);
    fs::remove_dir_all(&folder).unwrap();
}

/// The kernel's side of a session, which answers requests until the client goes away.
fn serve(mut stream: UnixStream, rows: &[StatusRow<'_>]) {
    let mut buffer = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let mut answers = Vec::new();
        while let Some(frame) = split_frame(&buffer).unwrap() {
            let number = frame.header.request;
            let mut writer = Writer::new(Vec::new());
            match Request::decode(&frame).unwrap() {
                Request::Hello { .. } => writer.integer(i64::from(VERSION)).unwrap(),
                Request::Status {
                    name: None,
                    clear: false,
                } => {
                    for row in rows {
                        Reply::Status(*row).encode(number, &mut answers).unwrap();
                    }
                }
                other => panic!("{other:?}"),
            }
            let values = writer.finish().unwrap();
            let done = Reply::Done(Outcome::Success {
                values: Message::check(&values).unwrap(),
                texts: Message::EMPTY,
            });
            done.encode(number, &mut answers).unwrap();
            let length = frame.header.frame_length();
            buffer.drain(..length);
        }
        stream.write_all(&answers).unwrap();
        match stream.read(&mut chunk).unwrap() {
            0 => return,
            read => buffer.extend_from_slice(&chunk[..read]),
        }
    }
}

fn channel() -> (Channel, UnixStream) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    (Channel::new(OwnedFd::from(ours), None), theirs)
}

fn row(name: &'static str, kind: &'static str, parent: u64, state: State) -> StatusRow<'static> {
    StatusRow {
        name: name.as_bytes(),
        id: 7,
        parent,
        kind: kind.as_bytes(),
        state,
        class: abi::Context::Process,
        context: None,
        waits_for: b"",
        cpu: None,
        memory_used: 0,
        memory_limit: 0,
        cpu_ns: 0,
        cpu_limit_ms: 0,
        slice_ms: 0,
        stop_latency_ns: 0,
        age_ns: 0,
        hooks: Hooks::NONE,
        stopped: false,
        lost: None,
        messages: None,
        permissions: b"",
        error: b"",
        traceback: b"",
    }
}

#[test]
fn the_kernel_tells_the_names() {
    let told = |which| {
        let (channel, theirs) = channel();
        let device = thread::spawn(move || {
            let rows = [
                row("ticker", "spawn", 0, State::Blocked),
                row("done", "run", 0, State::Finished),
                row("part", "worker", 3, State::Ready),
                row("-x", "run", 0, State::Ready),
                row("", "run", 0, State::Ready),
            ];
            serve(theirs, &rows);
        });
        let names = names::read(channel.within(names::PATIENCE), which).unwrap();
        device.join().unwrap();
        names.into_iter().collect::<Vec<_>>()
    };
    let of = |names: Vec<(String, String)>| -> Vec<String> {
        names.into_iter().map(|(name, _)| name).collect()
    };
    let all = told(Which::All);
    assert!(all.contains(&("ticker".into(), "spawn, blocked".into())));
    assert_eq!(of(all), ["done", "part", "ticker"]);
    assert_eq!(of(told(Which::Running)), ["part", "ticker"]);
    assert_eq!(of(told(Which::Logs)), ["done", "ticker"]);
}

#[test]
fn a_kernel_that_does_not_answer_is_not_waited_for() {
    let (channel, _theirs) = channel();
    let begun = Instant::now();
    let patience = std::time::Duration::from_millis(20);
    assert!(names::read(channel.within(patience), Which::All).is_err());
    assert!(begun.elapsed() >= patience);
}

#[test]
fn a_session_that_ends_tells_no_names() {
    let (channel, theirs) = channel();
    drop(theirs);
    assert!(names::read(channel.within(names::PATIENCE), Which::All).is_err());
}

proptest::proptest! {
    /// Whatever is typed, candidates go on with it.
    #[test]
    fn any_line_has_candidates_that_go_on_with_it(
        words in proptest::collection::vec(
            proptest::sample::select(vec![
                "", "-", "--", "run", "spawn", "eval", "stop", "status", "help", "logs", "x", "-c",
                "-P", "--pledge=fs:", "fs:read=/", "~", "..", "../", "./", "/", "softirq", "-f",
                "--time=", "--name", "10", "é", "-é", "--=", "~fs", "=", "check", "__complete",
            ]),
            0..6,
        )
    ) {
        let mut line = vec![OsString::from("lunatik")];
        line.extend(words.iter().map(OsString::from));
        let typed = words.last().copied().unwrap_or_default();
        for candidate in candidates(line) {
            proptest::prop_assert!(
                candidate.value.starts_with(typed) || candidate.value.starts_with('-'),
                "{candidate:?}"
            );
        }
    }
}
