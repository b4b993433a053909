// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The command line, as it is read.

use std::ffi::OsString;

use clap::CommandFactory;
use lunatik::{
    cli::{self, Cli},
    commands::Prepared,
    failure::Exit,
};
use lunatik_abi::abi::{Context, Source};

fn read(arguments: &[&str]) -> Result<Cli, clap::Error> {
    let words = ["lunatik"].iter().chain(arguments);
    let words: Vec<_> = words.map(OsString::from).collect();
    Cli::read(&words)
}

fn parse(arguments: &[&str]) -> cli::Command {
    read(arguments).unwrap().command
}

fn refused(arguments: &[&str]) -> String {
    let error = read(arguments).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    error.to_string()
}

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn everything_after_the_script_is_its_own() {
    let cli::Command::Run(args) = parse(&[
        "run", "--mem", "64M", "--name", "n", "x", "-v", "--name", "z",
    ]) else {
        panic!()
    };
    assert_eq!(args.mem, Some(64 << 20));
    assert_eq!(args.name.as_deref(), Some("n"));
    assert_eq!(args.args, ["-v", "--name", "z"]);
}

#[test]
fn options_of_the_command_behind_the_script_are_the_scripts_own() {
    for (line, script, arguments) in [
        ("run x -f", "x", "-f"),
        ("spawn x --help", "x", "--help"),
        ("run -f x --name y", "x", "--name y"),
        ("run -fP all x -h", "x", "-h"),
        ("run -Pall --mem 64M --slice=5 x -P none", "x", "-P none"),
        ("run --replace -c softirq - --json", "-", "--json"),
        ("run x -- -f", "x", "-f"),
        ("run x a --follow", "x", "a --follow"),
        ("run -- x -f", "x", "-f"),
        ("run --name f -p x", "x", ""),
        ("eval -P load 1+1 -P", "1+1", "-P"),
    ] {
        let words: Vec<_> = line.split(' ').collect();
        let (found, given) = match parse(&words) {
            cli::Command::Run(args) | cli::Command::Spawn(args) => {
                (args.script.into_os_string(), args.args)
            }
            cli::Command::Eval(args) => (args.code, args.args),
            _ => panic!(),
        };
        let given: Vec<_> = given.iter().map(|word| word.to_str().unwrap()).collect();
        assert_eq!(
            (found.to_str(), given.join(" ").as_str()),
            (Some(script), arguments),
            "{line}"
        );
    }
}

/// The context and the arguments that a command line gives a script.
fn context_and_arguments(line: &str) -> (Option<cli::Context>, Vec<String>) {
    let words: Vec<_> = line.split(' ').collect();
    let (cli::Command::Run(args) | cli::Command::Spawn(args)) = parse(&words) else {
        panic!()
    };
    let arguments = args.args.iter().map(|word| word.to_str().unwrap().into());
    (args.context, arguments.collect())
}

#[test]
fn a_context_is_an_option() {
    for (line, context) in [
        ("run x", None),
        ("run -c process x", Some(cli::Context::Process)),
        ("run -c softirq x", Some(cli::Context::Softirq)),
        ("run -csoftirq x", Some(cli::Context::Softirq)),
        ("run --context=hardirq x", Some(cli::Context::Hardirq)),
        (
            "run --name n --context softirq --mem 1M x",
            Some(cli::Context::Softirq),
        ),
        ("spawn -c softirq x", Some(cli::Context::Softirq)),
    ] {
        assert_eq!(context_and_arguments(line), (context, vec![]), "{line}");
    }
    let told = refused(&["run", "-c", "irq", "x"]);
    for part in ["irq", "--context", "process, softirq, hardirq"] {
        assert!(told.contains(part), "{told}");
    }
    refused(&["run", "-c", "Softirq", "x"]);
    refused(&["run", "-c", "", "x"]);
    refused(&["run", "-c", "softirq", "-c", "softirq", "x"]);
    refused(&["run", "-c", "softirq"]);
    refused(&["repl", "-c", "softirq"]);
}

#[test]
fn a_context_may_also_follow_the_script() {
    let softirq = Some(cli::Context::Softirq);
    let taken = |line, context, arguments: &[&str]| {
        assert_eq!(
            context_and_arguments(line),
            (
                context,
                arguments.iter().map(|word| word.to_string()).collect()
            ),
            "{line}"
        );
    };
    taken("run x softirq", softirq, &[]);
    taken("run x.lua softirq a -b", softirq, &["a", "-b"]);
    taken("run x softirq softirq", softirq, &["softirq"]);
    taken("run x softirq -- a", softirq, &["--", "a"]);
    taken("run x process", Some(cli::Context::Process), &[]);
    taken("run x hardirq", Some(cli::Context::Hardirq), &[]);
    taken("run --name softirq x softirq", softirq, &[]);
    taken("run softirq softirq", softirq, &[]);
    taken("run softirq", None, &[]);
    // Only directly after it, and only the whole word.
    taken("run x a softirq", None, &["a", "softirq"]);
    taken("run x Softirq", None, &["Softirq"]);
    taken("run x softirqs", None, &["softirqs"]);
    // Not if the context was said, or the end of the options.
    taken(
        "run -c process x softirq",
        Some(cli::Context::Process),
        &["softirq"],
    );
    taken("run -- x softirq", None, &["softirq"]);
    taken("run --name n -- x softirq b", None, &["softirq", "b"]);
    taken("run -- -- softirq", None, &["softirq"]);
    taken("run x -- softirq", None, &["softirq"]);
    taken("run softirq -- softirq", None, &["softirq"]);
    // Nor elsewhere: nothing can be spawned there.
    taken("spawn x softirq", None, &["softirq"]);
    let cli::Command::Eval(args) = parse(&["eval", "return ...", "softirq"]) else {
        panic!()
    };
    assert_eq!(args.args, ["softirq"]);
}

#[test]
fn a_context_is_sent() {
    let sent = |arguments: &[&str]| prepared(arguments).unwrap().start().unwrap().context;
    assert_eq!(sent(&["run", "x"]), Context::Process);
    assert_eq!(sent(&["run", "-c", "softirq", "x"]), Context::Softirq);
    assert_eq!(sent(&["run", "x", "hardirq"]), Context::Hardirq);
}

#[test]
fn code_may_start_with_a_dash() {
    let cli::Command::Eval(args) = parse(&["eval", "--mem=1M", "-- nothing", "-1"]) else {
        panic!()
    };
    assert_eq!(args.code, "-- nothing");
    assert_eq!(args.args, ["-1"]);
}

#[test]
fn a_dash_is_standard_input() {
    let cli::Command::Spawn(args) = parse(&["spawn", "-"]) else {
        panic!()
    };
    assert_eq!(args.script.as_os_str(), "-");
}

#[test]
fn options_of_stop_stand_anywhere() {
    for arguments in [
        ["stop", "--grace", "5", "a", "b"],
        ["stop", "a", "b", "--grace", "5"],
    ] {
        let cli::Command::Stop(args) = parse(&arguments) else {
            panic!()
        };
        assert_eq!(args.names, ["a", "b"]);
        assert_eq!(args.grace, Some(5));
    }
}

#[test]
fn wrong_usage_is_status_2() {
    refused(&[]);
    refused(&["fly"]);
    refused(&["run"]);
    refused(&["run", "--mem", "lots", "x"]);
    refused(&["run", "--mem", "0", "x"]);
    refused(&["stop"]);
    refused(&["stop", "x", "--grace", "-1"]);
    refused(&["stop", "x", "--grace", "99999999"]);
    refused(&["logs"]);
    refused(&["status", "--clear", "--json"]);
}

fn prepared(arguments: &[&str]) -> Result<Prepared, Exit> {
    let cli::Command::Run(args) = parse(arguments) else {
        panic!()
    };
    Prepared::new(&args).map_err(|failure| failure.exit)
}

#[test]
fn a_name_is_left_to_the_kernel() {
    let prepared = prepared(&["run", "net/filter", "a", "b"]).unwrap();
    let start = prepared.start().unwrap();
    assert_eq!(start.name, None);
    assert_eq!(
        start.source,
        Source::Registered {
            script: b"net/filter"
        }
    );
    assert_eq!(start.memory_limit, 0);
    assert_eq!(start.arguments.values(), 2);
}

#[test]
fn a_file_is_sent_under_its_name_or_another() {
    let folder = std::env::temp_dir().join(format!("lunatik-cli-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("hello.lua");
    let plain = folder.join("plain");
    std::fs::write(&file, "#!x\nreturn 1").unwrap();
    std::fs::write(&plain, "return 2").unwrap();
    let (file, plain) = (file.to_str().unwrap(), plain.to_str().unwrap());

    let own = prepared(&["run", file]).unwrap();
    assert_eq!(own.name.as_deref(), Some(&b"hello.lua"[..]));
    let chunk = format!("@{file}");
    let Source::Text {
        text,
        chunk: sent,
        directory,
    } = own.start().unwrap().source
    else {
        panic!()
    };
    assert_eq!((text, sent), (&b"\nreturn 1"[..], chunk.as_bytes()));
    let real = folder.canonicalize().unwrap();
    assert!(directory.is_empty() || directory == real.as_os_str().as_encoded_bytes());
    let other = prepared(&["run", "--name", "x/y.lua", plain]).unwrap();
    assert_eq!(other.name.as_deref(), Some(&b"x/y.lua"[..]));
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(prepared(&["run", file]), Err(Exit::NoSuchScript));
}

#[test]
fn names_that_are_not_allowed_are_wrong_usage() {
    for arguments in [
        ["run", "--name", "../x", "a"],
        ["run", "--name", "", "a"],
        ["run", "--name", "a", "b/../c"],
    ] {
        assert_eq!(prepared(&arguments), Err(Exit::Usage));
    }
}

#[test]
fn a_start_may_replace_and_then_takes_a_grace() {
    let sent = |arguments: &[&str]| prepared(arguments).unwrap().start().unwrap().replace;
    assert_eq!(sent(&["run", "x"]), None);
    assert_eq!(sent(&["run", "--replace", "x"]), Some(100));
    assert_eq!(
        sent(&["run", "--replace", "--grace", "2s", "x"]),
        Some(2000)
    );
    refused(&["run", "--grace", "5", "x"]);
    // The grace also applies to the stop at the end, without a replacement.
    assert_eq!(sent(&["run", "--follow", "--grace", "5", "x"]), None);
}

#[test]
fn a_follower_knows_its_script_by_the_name_that_the_kernel_has() {
    for (arguments, name) in [
        (&["run", "-f", "dir/x"][..], "dir/x"),
        (&["run", "-f", "--name", "y.lua", "x"], "y"),
        (
            &["spawn", "--follow", "--name", "z.lua.lua", "x", "-f"],
            "z.lua",
        ),
    ] {
        let (cli::Command::Run(args) | cli::Command::Spawn(args)) = parse(arguments) else {
            panic!()
        };
        assert!(args.follow);
        let prepared = Prepared::new(&args).unwrap();
        assert_eq!(prepared.registered_name(), name.as_bytes());
    }
}

#[test]
fn a_live_table_has_an_interval_and_an_order() {
    let cli::Command::Top(args) = parse(&["top"]) else {
        panic!()
    };
    assert_eq!((args.interval, args.count), (1000, None));
    let cli::Command::Top(args) = parse(&["top", "-i", "1.5s", "-s", "memory", "-n", "2"]) else {
        panic!()
    };
    assert_eq!((args.interval, args.count), (1500, Some(2)));
    assert_eq!(args.sort, lunatik::observing::Order::Memory);
    for wrong in [
        &["top", "-i", "5ms"][..],
        &["top", "-n", "0"],
        &["top", "--once", "-n", "2"],
        &["top", "name"],
    ] {
        refused(wrong);
    }
}

#[test]
fn all_scripts_are_stopped_without_names() {
    let cli::Command::Stop(args) = parse(&["stop", "--all", "--grace", "1m"]) else {
        panic!()
    };
    assert!(args.all && args.names.is_empty());
    assert_eq!(args.grace, Some(60_000));
    refused(&["stop", "--all", "x"]);
    refused(&["stop", "--grace", "5"]);
}

#[test]
fn limits_of_time_have_units() {
    let cli::Command::Eval(args) = parse(&["eval", "--cpu-limit", "2m", "--slice", "250", "1"])
    else {
        panic!()
    };
    assert_eq!(args.budget.cpu_limit, Some(120_000));
    assert_eq!(args.budget.slice, Some(250));
    for wrong in ["0", "0ms", "1us", "-1s", "soon"] {
        refused(&["eval", "--slice", wrong, "1"]);
    }
}

#[test]
fn a_script_that_is_executed_is_a_file() {
    let script = |executed: &str, words: &[&str]| {
        let words: Vec<_> = words.iter().map(OsString::from).collect();
        let cli = Cli::read_executed(&words, executed.as_ref()).unwrap();
        let (cli::Command::Run(args) | cli::Command::Spawn(args)) = cli.command else {
            panic!()
        };
        (args.script.into_os_string(), args.args)
    };
    // As Linux starts it: the words of the first line as one, the path of the script, and its arguments.
    let (name, args) = script("bin/x", &["/bin/lunatik", "run -c process", "bin/x", "a b"]);
    assert_eq!((name, args), ("./bin/x".into(), vec!["a b".into()]));
    for path in ["/bin/x", "./x", "../x"] {
        assert_eq!(script(path, &["lunatik", "spawn", path]).0, path);
    }
    // A user who types the command gives names of scripts.
    assert_eq!(
        script("/bin/lunatik", &["lunatik", "run", "bin/x"]).0,
        "bin/x"
    );
}

#[test]
fn logs_are_shown_with_times_on_terminals() {
    let time = |arguments: &[&str]| {
        let cli::Command::Logs(args) = parse(arguments) else {
            panic!()
        };
        assert_eq!(args.name, "x");
        args.time
    };
    assert_eq!(time(&["logs", "x"]), cli::When::Auto);
    assert_eq!(time(&["logs", "--time", "x"]), cli::When::Always);
    assert_eq!(time(&["logs", "-t", "x"]), cli::When::Always);
    assert_eq!(time(&["logs", "--time=never", "x"]), cli::When::Never);
    let cli::Command::Logs(args) = parse(&["logs", "-f", "-n10", "-S", "-10m", "x"]) else {
        panic!()
    };
    assert_eq!(
        (args.lines, args.since.as_deref()),
        (Some(10), Some("-10m"))
    );
    refused(&["logs", "-n", "some", "x"]);
    refused(&["logs", "--time=soon", "x"]);
}
