// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The namespaces of the process.

use std::process;

use lunatik_abi::wire::namespace;
use nix::{
    errno::Errno,
    sched::{unshare, CloneFlags},
    unistd::Pid,
};

use super::{
    failure::{Failure, OrFailure},
    handover::Handover,
};
use crate::link::Link;

/// Who returns.
pub enum Side {
    /// The process that is in the namespaces.
    Inside,
    /// The process that has handed the link over to the one in the namespaces. It has nothing left to do.
    Replaced,
}

/// Enters new namespaces of these kinds.
///
/// # Errors
///
/// Fails in the process that still has the link: with `ENOTSUP` if the kernel has no such namespaces, otherwise as
/// unshare(2) and clone(2).
pub fn enter(link: &mut Link, kinds: u32) -> Result<Side, Failure> {
    const WHAT: &str = "the namespaces cannot be made";
    if kinds == 0 {
        return Ok(Side::Inside);
    }
    if kinds & namespace::PID == 0 {
        let flags = CloneFlags::from_bits_retain(kinds.cast_signed());
        return unshare(flags)
            .map(|()| Side::Inside)
            .map_err(unsupported)
            .or_failure(WHAT);
    }
    // A process cannot enter a new namespace of process numbers, only be made in it.
    let handover = Handover::new().or_failure(WHAT)?;
    match clone_sibling(kinds).map_err(unsupported).or_failure(WHAT)? {
        None => match handover.take() {
            Ok(()) => Ok(Side::Inside),
            // The link is not this process's, and the other one has reported what has happened.
            Err(_) => process::exit(1),
        },
        Some(new) => handover
            .give(link, new)
            .map(|()| Side::Replaced)
            .or_failure("the link cannot be handed over to the process in the namespaces"),
    }
}

/// The error of a kernel that was built without one of the kinds: it says that the flag is wrong.
fn unsupported(errno: Errno) -> Errno {
    match errno {
        Errno::EINVAL => Errno::EOPNOTSUPP,
        errno => errno,
    }
}

/// Makes a process in new namespaces of these kinds, as a sibling: the parent of this process reaps it. Returns its
/// number, and `None` in the new process.
fn clone_sibling(kinds: u32) -> Result<Option<Pid>, Errno> {
    let flags = libc::c_long::from(kinds)
        | libc::c_long::from(libc::CLONE_PARENT)
        | libc::c_long::from(libc::SIGCHLD);
    // SAFETY: Without CLONE_VM this is a fork: the new process has copies of the memory and of the stack. The process
    // has one thread, so no lock is held by a thread that the copy lacks. The C library's
    // record of the thread's number stays that of the old process until process 1 forks. Only mutexes that know their
    // owner use it, and this program has none.
    let number =
        unsafe { libc::syscall(libc::SYS_clone, flags, 0_usize, 0_usize, 0_usize, 0_usize) };
    let number = Errno::result(number)?;
    Ok((number != 0).then(|| Pid::from_raw(number as libc::pid_t)))
}
