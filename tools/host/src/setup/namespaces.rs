// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The namespaces of the process.

use std::{path::Path, process};

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
/// Fails as unshare(2) and clone(2), in the process that still has the link.
pub fn enter(link: &mut Link, kinds: u32) -> Result<Side, Failure> {
    const WHAT: &str = "the namespaces cannot be made";
    if kinds == 0 {
        return Ok(Side::Inside);
    }
    if kinds & namespace::PID == 0 {
        let flags = CloneFlags::from_bits_retain(kinds.cast_signed());
        return unshare(flags)
            .map(|()| Side::Inside)
            .map_err(|errno| explain(errno, kinds))
            .or_failure(WHAT);
    }
    // A process cannot enter a new namespace of process numbers, only be made in it.
    let handover = Handover::new().or_failure(WHAT)?;
    match clone(kinds)
        .map_err(|errno| explain(errno, kinds))
        .or_failure(WHAT)?
    {
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

/// The error of namespaces that cannot be made: `EINVAL` stands for those that the kernel does not know, too.
fn explain(errno: Errno, kinds: u32) -> Errno {
    const FILES: [(u32, &str); 6] = [
        (namespace::MOUNT, "mnt"),
        (namespace::UTS, "uts"),
        (namespace::IPC, "ipc"),
        (namespace::USER, "user"),
        (namespace::PID, "pid"),
        (namespace::NET, "net"),
    ];
    let is_unknown = |(kind, file): &(u32, &str)| {
        kinds & kind != 0 && !Path::new("/proc/self/ns").join(file).exists()
    };
    match errno {
        Errno::EINVAL if FILES.iter().any(is_unknown) => Errno::ENOTSUP,
        errno => errno,
    }
}

/// Makes a process in new namespaces of these kinds. Returns its number, and `None` in the new process.
///
/// It is a child of this process, or the kernel would not let it have the link.
fn clone(kinds: u32) -> Result<Option<Pid>, Errno> {
    let flags = libc::c_long::from(kinds) | libc::c_long::from(libc::SIGCHLD);
    // SAFETY: Without CLONE_VM this is a fork: the new process has copies of the memory and of the stack. The process
    // has one thread, so no lock is held by a thread that the copy lacks. The number of the thread that the C library
    // keeps for itself is that of the old process, until process 1 forks: it locks nothing that asks for the owner.
    let number =
        unsafe { libc::syscall(libc::SYS_clone, flags, 0_usize, 0_usize, 0_usize, 0_usize) };
    let number = Errno::result(number)?;
    Ok((number != 0).then(|| Pid::from_raw(number as libc::pid_t)))
}
