// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Process 1 of a namespace: it serves another process, which hosts the actor.

use std::process;

use nix::{
    sys::signal::{kill, SigSet, Signal},
    unistd::{fork, getpid, ForkResult, Pid},
};

use super::{
    descriptors,
    failure::{Failure, OrFailure},
    handover::Handover,
    signals,
};
use crate::link::Link;

/// The signals that go on to the process that hosts the actor.
const FORWARDED: [Signal; 5] = [
    Signal::SIGTERM,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGHUP,
    Signal::SIGINT,
];

/// The signals that process 1 waits for.
fn awaited() -> SigSet {
    FORWARDED.into_iter().chain([Signal::SIGCHLD]).collect()
}

/// If this is process 1, keeps what is sent to it until it serves the actor.
///
/// The kernel discards a signal to process 1 that is neither blocked nor handled. Whoever waits for the actor may send
/// some as soon as the process is ready.
///
/// # Errors
///
/// Fails as sigprocmask(2).
pub fn keep_signals() -> Result<(), Failure> {
    match getpid().as_raw() {
        1 => signals::set_mask(&awaited()).or_failure("signals cannot be kept"),
        _ => Ok(()),
    }
}

/// If this is process 1, makes the process that hosts the actor and serves it, and does not return. The other process
/// returns.
///
/// # Errors
///
/// Fails if the process cannot be made, or if it does not get the link.
pub fn split(link: &mut Link) -> Result<(), Failure> {
    if getpid().as_raw() != 1 {
        return Ok(());
    }
    const WHAT: &str = "the process that hosts the actor cannot be made";
    let handover = Handover::new().or_failure(WHAT)?;
    let awaited = awaited();
    // The script may have changed that.
    signals::set_mask(&awaited).or_failure(WHAT)?;
    // SAFETY: The process has one thread, so the new process may do all that this one may.
    match unsafe { fork() }.or_failure(WHAT)? {
        ForkResult::Child => {
            signals::set_mask(&SigSet::empty()).or_failure(WHAT)?;
            handover.take().or_failure("process 1 has kept the link")
        }
        ForkResult::Parent { child } => {
            handover
                .give(link, child)
                .or_failure("the link cannot be handed over to the process that hosts the actor")?;
            // SAFETY: Nothing below uses a descriptor, and the link is not dropped: the process exits here. Process 1 must
            // not keep the link and the pipes of the streams open after the actor has closed them.
            unsafe { descriptors::close_from(0) };
            process::exit(serve(child, &awaited))
        }
    }
}

/// Forwards signals and reaps processes until the one that hosts the actor has ended. Returns the status to end with.
fn serve(host: Pid, awaited: &SigSet) -> i32 {
    loop {
        match awaited.wait() {
            Ok(Signal::SIGCHLD) => {
                if let Some(status) = reap(host) {
                    return status;
                }
            }
            Ok(signal) => {
                // If it has ended already, SIGCHLD follows.
                let _ = kill(host, signal);
            }
            // The set is valid, so the call was interrupted.
            Err(_) => {}
        }
    }
}

/// Reaps all processes that have ended. Returns the status of `host`, if it is one of them: as a shell shows it.
fn reap(host: Pid) -> Option<i32> {
    let mut found = None;
    loop {
        let mut status = 0;
        // SAFETY: The call writes `status`, and nothing else.
        let pid = unsafe { libc::waitpid(-1, &mut status, libc::WNOHANG) };
        if pid <= 0 {
            return found;
        }
        if pid == host.as_raw() {
            found = Some(match libc::WIFSIGNALED(status) {
                true => 128 + libc::WTERMSIG(status),
                false => libc::WEXITSTATUS(status),
            });
        }
    }
}
