// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! `stack-check OBJECT LIST` prints the findings. The exit status is 1 if there is a problem.

use stack_check::{
    graph,
    list::List,
    module::{Error, Module}, //
};
use std::{env, fs, process::ExitCode};

fn run(object: &str, list: &str) -> Result<bool, Error> {
    let list = List::read(&fs::read_to_string(list)?)?;
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
    let [object, list] = words.as_slice() else {
        eprintln!("usage: stack-check OBJECT LIST");
        return ExitCode::from(2);
    };
    match run(object, list) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("stack-check: {object}: {error}");
            ExitCode::from(2)
        }
    }
}
