// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What signals do to the process.

use nix::{
    errno::Errno,
    sys::signal::{signal, SigHandler, SigSet, SigmaskHow, Signal},
};

use super::failure::{Failure, OrFailure};

/// Gives all signals their default meaning, but SIGPIPE, and lets all of them through.
///
/// SIGPIPE is ignored, so that writing to a closed stream fails and does not end the process.
pub fn reset() -> Result<(), Failure> {
    const WHAT: &str = "the signals cannot be reset";
    for number in 1..=libc::SIGRTMAX() {
        let disposition = match number {
            libc::SIGPIPE => libc::SIG_IGN,
            _ => libc::SIG_DFL,
        };
        // SAFETY: Neither of the two is a handler that would run.
        let previous = unsafe { libc::signal(number, disposition) };
        // SIGKILL, SIGSTOP and those that the C library keeps for itself cannot be changed, and never were.
        if previous == libc::SIG_ERR && Errno::last() != Errno::EINVAL {
            return Err(Errno::last()).or_failure(WHAT);
        }
    }
    set_mask(&SigSet::empty()).or_failure(WHAT)
}

/// Blocks these signals and no others.
pub fn set_mask(blocked: &SigSet) -> Result<(), Errno> {
    nix::sys::signal::sigprocmask(SigmaskHow::SIG_SETMASK, Some(blocked), None)
}

/// Runs `execute` while SIGPIPE has its default meaning: programs expect that.
pub fn with_default_pipe<T>(execute: impl FnOnce() -> T) -> T {
    // SAFETY: `SigDfl` is no handler that would run.
    let default = unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) };
    let result = execute();
    if let Ok(previous) = default {
        // SAFETY: `previous` is what `reset` has set: no handler either.
        let _ = unsafe { signal(Signal::SIGPIPE, previous) };
    }
    result
}
