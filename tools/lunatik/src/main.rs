// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The `lunatik` command.

use std::{io, process::ExitCode};

use clap::Parser;
use lunatik::{cli::Cli, commands};
use nix::sys::signal::{signal, SigHandler, Signal};

fn main() -> ExitCode {
    // SAFETY: `SigDfl` is no handler, so there is none that could do what a handler may not.
    let reset = unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) };
    // As other commands do, this one ends quietly when nobody reads on; if not, writing fails instead.
    let _ = reset;
    match commands::execute(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Nobody can be told that standard error does not take it.
            let _ = failure.write(&mut io::stderr().lock());
            ExitCode::from(failure.exit as u8)
        }
    }
}
