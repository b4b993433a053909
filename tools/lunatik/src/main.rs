// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The `lunatik` command.

use std::{env, ffi::OsStr, os::unix::ffi::OsStrExt, process::ExitCode};

use lunatik::{cli::Cli, commands};
use nix::sys::signal::{signal, SigHandler, Signal};

fn main() -> ExitCode {
    // SAFETY: `SigDfl` is no handler, so there is none that could do what a handler may not.
    let reset = unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) };
    // Like other commands, this one ends quietly when its reader goes away. If this call fails,
    // writing fails instead.
    let _ = reset;
    let words: Vec<_> = env::args_os().collect();
    let executed = OsStr::from_bytes(rustix::param::linux_execfn().to_bytes());
    let cli = Cli::read_executed(&words, executed).unwrap_or_else(|error| error.exit());
    match commands::execute(cli.command) {
        Ok(code) => code,
        Err(failure) => {
            failure.tell();
            ExitCode::from(failure.exit as u8)
        }
    }
}
