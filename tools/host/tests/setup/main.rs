// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Processes that host an actor are set up as they should be.
//!
//! This program is both sides. It plays the kernel, with a socket in place of `/dev/lunatik`, and starts itself as the
//! process that is set up, which then tells what it has become. Tests that need rights which this machine does not give
//! say so and are skipped.

mod environment;
mod first;
mod kernel;
mod namespaces;
mod probe;
mod script;
mod secrets;

use std::{env, panic, process::ExitCode};

/// What a test comes to, unless it panics.
pub enum Verdict {
    /// All was as it should be.
    Passed,
    /// The machine does not let it run, for this reason.
    Skipped(String),
}

/// A test and its name.
type Test = (&'static str, fn() -> Verdict);

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments
        .first()
        .is_some_and(|first| first == probe::ARGUMENT)
    {
        return probe::run();
    }
    // The process in new namespaces loses its parent, and init, which reaps it elsewhere, is this one here.
    nix::sys::prctl::set_child_subreaper(true).expect("this kernel lets processes adopt others");
    let filter = arguments.iter().find(|argument| !argument.starts_with('-'));
    let tests = [
        environment::TESTS,
        namespaces::TESTS,
        first::TESTS,
        script::TESTS,
        secrets::TESTS,
    ];
    let mut failed = 0;
    for (name, test) in tests.into_iter().flatten() {
        if filter.is_some_and(|part| !name.contains(part.as_str())) {
            continue;
        }
        match panic::catch_unwind(test) {
            Ok(Verdict::Passed) => println!("test {name} ... ok"),
            Ok(Verdict::Skipped(why)) => println!("test {name} ... skipped: {why}"),
            Err(_) => {
                println!("test {name} ... FAILED");
                failed += 1;
            }
        }
    }
    match failed {
        0 => ExitCode::SUCCESS,
        failed => {
            println!("{failed} tests have failed");
            ExitCode::FAILURE
        }
    }
}
