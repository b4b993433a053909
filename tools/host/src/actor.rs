// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The actor: a Lua of its own, which runs a module.
//!
//! The fibers, the inbox and all else that scripts see are the Lua library of the kernel module's actors, over natives
//! of the same contracts. What differs in a process is in `tools/host/lua/`.

mod decode;
mod desk;
mod encode;
mod files;
mod library;
mod machine;
mod natives;
mod object;
mod port;
mod timers;

#[cfg(test)]
mod tests;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use nix::sys::signal::{signal, SigHandler, Signal};

use crate::{link::Link, setup::Settings};
use port::Port;

/// Runs the module, and returns when the actor has ended. Prints the error that has ended it to the error stream.
pub fn run(link: Link, settings: &Settings) -> ExitCode {
    // SAFETY: To ignore a signal installs no handler, so nothing runs that would have to be safe in one.
    let _ = unsafe { signal(Signal::SIGPIPE, SigHandler::SigIgn) };
    let (file, unread) = link.into_parts();
    let outcome = machine::run(Port::new(Box::new(file), unread), settings);
    if let Some(text) = outcome.error {
        // Nobody may be there to read it.
        let _ = io::stderr().write_all(&text);
    }
    ExitCode::from(outcome.status)
}
