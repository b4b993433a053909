// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! `stack-check OBJECT LIST...` prints the findings. Each list extends those before it, and each
//! entry of the last one must be in use. The exit status is 1 if there is a problem.

use stack_check::{
    graph,
    list::List,
    module::{Error, Module}, //
};
use std::{env, fs, process::ExitCode};

/// Reads a list.
fn read(path: &str) -> Result<List, Error> {
    let text = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    List::read(&text).map_err(|error| format!("{path}: {error}").into())
}

fn run(object: &str, first: &str, more: &[String]) -> Result<bool, Error> {
    let mut list = read(first)?;
    for path in more {
        list = read(path)?.extending(list);
    }
    let module = Module::read(&fs::read(object)?)?;
    let report = graph::check(&module, &list);
    for line in &report.checks {
        println!("{line}");
    }
    println!("{}", report.counted);
    for problem in &report.problems {
        println!("problem: {problem}");
    }
    Ok(report.problems.is_empty())
}

fn main() -> ExitCode {
    let words: Vec<_> = env::args().skip(1).collect();
    let [object, first, more @ ..] = words.as_slice() else {
        eprintln!("usage: stack-check OBJECT LIST...");
        return ExitCode::from(2);
    };
    match run(object, first, more) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("stack-check: {object} was not checked: {error}");
            ExitCode::from(2)
        }
    }
}
