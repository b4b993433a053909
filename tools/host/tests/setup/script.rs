// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The script that sets the sandbox up.

mod effects;
mod rights;
mod rules;

use std::os::fd::OwnedFd;

use lunatik_abi::wire::namespace;

use crate::{
    kernel::{pipe, possible, rest, Given, Order},
    Test,
};

pub const TESTS: &[Test] = &[
    (
        "script::failing_calls_end_the_process",
        rules::failing_calls_end_the_process,
    ),
    (
        "script::failing_calls_can_be_handled",
        rules::failing_calls_can_be_handled,
    ),
    (
        "script::errors_end_the_process",
        rules::errors_end_the_process,
    ),
    ("script::memory_is_bounded", rules::memory_is_bounded),
    (
        "script::ready_comes_before_the_script",
        rules::ready_comes_before_the_script,
    ),
    (
        "script::lines_are_written_at_once",
        rules::lines_are_written_at_once,
    ),
    (
        "script::descriptors_are_closed",
        rules::descriptors_are_closed,
    ),
    ("script::globals_are_there", rules::globals_are_there),
    (
        "script::arguments_are_checked",
        rules::arguments_are_checked,
    ),
    (
        "script::output_is_not_written_twice",
        rules::output_is_not_written_twice,
    ),
    ("script::files", effects::files),
    ("script::mounts", effects::mounts),
    ("script::roots", effects::roots),
    ("script::programs", effects::programs),
    ("script::namespaces", effects::namespaces),
    ("script::descriptors_travel", effects::descriptors_travel),
    ("script::users", rights::users),
    ("script::users_can_be_mapped", rights::users_can_be_mapped),
    ("script::sessions", rights::sessions),
    ("script::capabilities", rights::capabilities),
    ("script::ambient_capabilities", rights::ambient_capabilities),
    (
        "script::landlock_restricts_files",
        rights::landlock_restricts_files,
    ),
    (
        "script::landlock_restricts_ports",
        rights::landlock_restricts_ports,
    ),
];

/// How a process has ended, and what its script has written.
struct Outcome {
    status: Option<i32>,
    out: String,
    err: String,
}

/// Runs a script in a process without rights of its own, whose actor ends with status 0.
fn run(script: &str) -> Outcome {
    run_with(script, None, 0).expect("no namespaces were asked for")
}

/// Runs a script with an argument and in namespaces. Fails if these cannot be made here.
fn run_with(script: &str, argument: Option<OwnedFd>, namespaces: u32) -> Result<Outcome, String> {
    let (out, output) = pipe();
    let (err, errors) = pipe();
    let mut order = Order::new("exit 0");
    order.streams = [Given::Closed, Given::File(output), Given::File(errors)];
    order.argument = argument;
    order.namespaces = match namespaces {
        0 => 0,
        kinds => possible(kinds)?,
    };
    let script = mapped(script, order.namespaces);
    order.script = Some(&script);
    order.environment = &[("PATH", "/bin:/usr/bin")];
    let mut process = order.start();
    process.ready_or_skipped().unwrap();
    let status = process.wait().code();
    Ok(Outcome {
        status,
        out: rest(out),
        err: rest(err),
    })
}

/// The script, after it has made the user of this program root in its new namespace of users, if it has one. Without
/// that, such a process has neither a user nor a group that could own files.
fn mapped(script: &str, namespaces: u32) -> String {
    if namespaces & namespace::USER == 0 {
        return script.to_owned();
    }
    let (user, group) = (nix::unistd::geteuid(), nix::unistd::getegid());
    format!(
        "for name, text in pairs{{ uid_map = '0 {user} 1', setgroups = 'deny' }} do
            C.write(C.open('/proc/self/' .. name, C.O_WRONLY), text)
        end
        C.write(C.open('/proc/self/gid_map', C.O_WRONLY), '0 {group} 1')
        {script}"
    )
}

/// Runs a script that must succeed. Returns what it has written.
fn succeeds(script: &str) -> String {
    let outcome = run(script);
    assert_eq!(
        (outcome.status, outcome.err.as_str()),
        (Some(0), ""),
        "{script}"
    );
    outcome.out
}

/// Runs a script in which the actor then tells what the process is like.
fn look_after(script: &str) -> (String, String) {
    let (err, errors) = pipe();
    let mut order = Order::new("look");
    order.streams[2] = Given::File(errors);
    order.script = Some(script);
    let mut process = order.start();
    process.ready();
    let text = process.text();
    process.wait();
    (text, rest(err))
}

/// A folder that goes away with it.
pub struct Folder(pub std::path::PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("lunatik-{name}-{}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
