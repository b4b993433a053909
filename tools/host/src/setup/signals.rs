// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What signals do to the process.

use std::ptr;

use nix::{
    errno::Errno,
    sys::signal::{signal, SigHandler, SigSet, SigmaskHow, Signal},
};

use super::failure::{Failure, OrFailure};

/// The kernel's `struct sigaction`, all of whose fields are zero: the default.
const DEFAULT: [u64; 8] = [0; 8];

/// Bytes of a set of signals in the kernel.
const SET: usize = 8;

/// Resets all signals except SIGPIPE to their default action, and unblocks all of them.
///
/// SIGPIPE is ignored, so that writing to a closed stream fails and does not end the process.
pub fn reset() -> Result<(), Failure> {
    const WHAT: &str = "the signals cannot be reset";
    for number in 1..=libc::SIGRTMAX() {
        // The kernel is asked, because the C library refuses the two signals that it keeps for itself.
        // SAFETY: The call reads a structure that is no larger than `DEFAULT`, and writes nothing. No handler is set.
        let result = unsafe {
            libc::syscall(
                libc::SYS_rt_sigaction,
                number,
                DEFAULT.as_ptr(),
                ptr::null::<u64>(),
                SET,
            )
        };
        match Errno::result(result) {
            // SIGKILL and SIGSTOP cannot be changed, and never were.
            Ok(_) | Err(Errno::EINVAL) => {}
            Err(errno) => return Err(errno).or_failure(WHAT),
        }
    }
    // SAFETY: `SigIgn` is no handler that would run.
    unsafe { signal(Signal::SIGPIPE, SigHandler::SigIgn) }.or_failure(WHAT)?;
    set_mask(&SigSet::empty()).or_failure(WHAT)
}

/// Blocks these signals and no others.
pub fn set_mask(blocked: &SigSet) -> Result<(), Errno> {
    nix::sys::signal::sigprocmask(SigmaskHow::SIG_SETMASK, Some(blocked), None)
}

/// Runs `execute` while no signal is blocked and SIGPIPE has its default action, which programs expect.
pub fn with_defaults<T>(execute: impl FnOnce() -> T) -> T {
    let mask = SigSet::empty().thread_swap_mask(SigmaskHow::SIG_SETMASK);
    // SAFETY: `SigDfl` is no handler that would run.
    let default = unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) };
    let result = execute();
    if let Ok(previous) = default {
        // SAFETY: `previous` is what `reset` has set: no handler either.
        let _ = unsafe { signal(Signal::SIGPIPE, previous) };
    }
    if let Ok(mask) = mask {
        let _ = set_mask(&mask);
    }
    result
}
