// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Executes the subcommands.

use std::{
    ffi::OsString,
    io::{self, Write},
    process::ExitCode,
};

use crate::{
    cli::Command,
    complete,
    failure::{Exit, Failure},
    json,
    pledge::Pledges,
    repl,
    session::Session,
    value::Results,
};

mod check;
mod follow;
mod inspect;
mod logs;
mod metrics;
mod module;
mod profile;
mod start;
mod stop;
mod top;

pub use start::{print_output, Prepared};

/// Executes the command line. Returns the exit status.
pub fn execute(command: Command) -> Result<ExitCode, Failure> {
    let done = match command {
        Command::Run(args) => start::run(&args),
        Command::Check(args) => check::check_files(&args),
        Command::Eval(args) => start::eval(&args),
        Command::Spawn(args) => start::spawn(&args),
        Command::Repl(args) => {
            let pledges = Pledges::new(&args.pledge.pledges)?;
            repl::run(
                Session::open()?,
                &pledges,
                start::budget(args.budget),
                args.json,
            )
        }
        Command::Stop(args) => stop::stop(&mut Session::open()?, &args),
        Command::Logs(args) => logs::logs(&mut Session::open()?, &args),
        Command::List(args) => inspect::list(&mut Session::open()?, &args),
        Command::Status(args) => inspect::status(&mut Session::open()?, &args),
        Command::Top(args) => top::top(&args),
        Command::Profile(args) => profile::profile(&mut Session::open()?, &args),
        Command::Metrics(args) => metrics::metrics(&mut Session::open()?, &args),
        Command::Shutdown => stop::shutdown(&mut Session::open()?),
        Command::Load(args) => module::load(&args),
        Command::Unload => module::unload(),
        Command::Version => module::version(),
        Command::Complete { words } => return complete(words),
        Command::Host { token } => return Ok(lunatik_host::run(&token)),
    };
    done.map(|()| ExitCode::SUCCESS)
}

/// Prints the results of a script, as JSON if that is wanted.
pub fn print_results(results: &Results, json: bool) -> Result<(), Failure> {
    let text = match json {
        true => json::lines(results)?,
        false => results.line(),
    };
    print(&text)
}

/// Prints candidates for the last of `words`. Failures are not reported: an error would disturb the user's typing.
fn complete(words: Vec<OsString>) -> Result<ExitCode, Failure> {
    let text: String = complete::candidates(words)
        .iter()
        .map(complete::Candidate::line)
        .collect();
    let _ = print(text.as_bytes());
    Ok(ExitCode::SUCCESS)
}

/// Writes to standard output.
fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    output
        .write_all(bytes)
        .and_then(|()| output.flush())
        .map_err(|error| {
            let message = format!("cannot write to standard output: {error}");
            Failure::new(Exit::Script, message)
        })
}
