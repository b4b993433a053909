// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The process that is set up, and what it does in place of an actor.

use std::{
    env,
    fmt::Write as _,
    fs::{self, File},
    io::{self, Write as _},
    os::fd::{AsFd, AsRawFd, FromRawFd},
    process::ExitCode,
};

use lunatik_host::{
    link::Link,
    setup::{set_up, Role, Settings},
};
use nix::{
    sys::{
        signal::{kill, raise, SigSet, SigmaskHow, Signal},
        wait::waitpid,
    },
    unistd::{fork, getegid, geteuid, gethostname, getpid, ForkResult, Pid},
};

use crate::{kernel, secrets};

/// The argument that makes this program the process.
pub const ARGUMENT: &str = "process";

/// The process from its first moment to its last.
pub fn run() -> ExitCode {
    // SAFETY: The link was put there for this process, and nothing else owns it.
    let mut link = Link::new(unsafe { File::from_raw_fd(kernel::LINK) });
    match set_up(&mut link) {
        Ok(Role::Actor(settings)) => act(&link, &settings),
        Ok(Role::Ended(code)) => code,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(99)
        }
    }
}

/// Does what the module's name says.
fn act(link: &Link, settings: &Settings) -> ExitCode {
    assert_eq!(settings.directory, b"/scripts");
    assert_eq!(settings.entry, b"/scripts/main.lua");
    assert!(settings.single);
    let module = str::from_utf8(&settings.module).unwrap();
    let (action, argument) = module.split_once(' ').unwrap_or((module, ""));
    match action {
        "look" => tell(link, &look()),
        "exit" => return ExitCode::from(argument.parse::<u8>().unwrap()),
        "die" => {
            // SAFETY: The call takes a number alone. This signal has no handler.
            unsafe { libc::raise(argument.parse().unwrap()) };
        }
        "write" => {
            let result = nix::unistd::write(io::stdout(), b"text");
            tell(link, &format!("{result:?}"));
        }
        "signals" => signals(link),
        "orphan" => tell(link, orphan()),
        "find" => tell(link, &secrets::count(argument).to_string()),
        other => panic!("{other}"),
    }
    ExitCode::SUCCESS
}

/// Sends text to the test.
fn tell(link: &Link, text: &str) {
    let descriptor = link.descriptor().try_clone_to_owned().unwrap();
    assert_eq!(link.descriptor().as_fd().as_raw_fd(), 3);
    File::from(descriptor).write_all(text.as_bytes()).unwrap();
}

/// What the process is like: lines of a name and a value.
fn look() -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| writeln!(text, "{name}={value}").unwrap();
    line("pid", &getpid().to_string());
    line("user", &geteuid().to_string());
    line("group", &getegid().to_string());
    line("host", &gethostname().unwrap().to_string_lossy());
    let folder = env::current_dir().map_or(String::new(), |path| path.display().to_string());
    line("folder", &folder);
    let variables: Vec<String> = env::vars()
        .map(|(name, value)| format!("{name}:{value}"))
        .collect();
    line("environment", &variables.join(","));
    line("descriptors", &descriptors());
    for (name, value) in fs::read_to_string("/proc/self/status")
        .unwrap_or_default()
        .lines()
        .filter_map(|line| line.split_once(':'))
    {
        line(name, value.trim());
    }
    text
}

/// The open descriptors; those that execve(2) closes have a mark.
fn descriptors() -> String {
    let mut open = Vec::new();
    for number in 0..1024 {
        // SAFETY: The command only asks for flags.
        match unsafe { libc::fcntl(number, libc::F_GETFD) } {
            -1 => {}
            0 => open.push(number.to_string()),
            _ => open.push(format!("{number}x")),
        }
    }
    open.join(" ")
}

/// Tells which signals come, until it is SIGINT.
fn signals(link: &Link) {
    let awaited: SigSet = [
        Signal::SIGTERM,
        Signal::SIGUSR1,
        Signal::SIGUSR2,
        Signal::SIGHUP,
        Signal::SIGINT,
    ]
    .into_iter()
    .collect();
    nix::sys::signal::sigprocmask(SigmaskHow::SIG_BLOCK, Some(&awaited), None).unwrap();
    tell(link, "waiting");
    loop {
        let signal = awaited.wait().unwrap();
        tell(link, signal.as_str());
        if signal == Signal::SIGINT {
            // It ends as a process that does not block it.
            nix::sys::signal::sigprocmask(SigmaskHow::SIG_UNBLOCK, Some(&awaited), None).unwrap();
            raise(signal).unwrap();
        }
    }
}

/// Makes a process whose parent ends. Tells whether anybody has reaped it.
fn orphan() -> &'static str {
    let (mut numbers, write) = kernel::pipe();
    // SAFETY: This program has one thread, so its child may do anything.
    match unsafe { fork() }.unwrap() {
        ForkResult::Child => {
            // SAFETY: As above.
            if let ForkResult::Parent { child } = unsafe { fork() }.unwrap() {
                let bytes = child.as_raw().to_le_bytes();
                File::from(write).write_all(&bytes).unwrap();
            }
            // SAFETY: The call ends the process and nothing else.
            unsafe { libc::_exit(0) }
        }
        ForkResult::Parent { child } => {
            waitpid(child, None).unwrap();
        }
    }
    drop(write);
    let mut bytes = [0; 4];
    io::Read::read_exact(&mut numbers, &mut bytes).unwrap();
    let orphan = Pid::from_raw(i32::from_le_bytes(bytes));
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    // A process that nobody has reaped can still be signalled, and there is no event for the rest.
    while kill(orphan, None).is_ok() {
        if std::time::Instant::now() > deadline {
            return "it was left";
        }
        std::thread::yield_now();
    }
    "it was reaped"
}

/// A value of what [`look`] has told.
pub fn value<'a>(text: &'a str, name: &str) -> &'a str {
    text.lines()
        .filter_map(|line| line.split_once('='))
        .find_map(|(found, value)| (found == name).then_some(value))
        .unwrap_or_else(|| panic!("no {name} in {text}"))
}
