// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The descriptors that the process keeps, and their numbers.

use std::{
    fs::File,
    os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd},
};

use lunatik_abi::wire::Stream;
use nix::{
    errno::Errno,
    fcntl::{fcntl, FcntlArg},
};

use super::{
    failure::{Failure, OrFailure},
    streams::{open_stream, Direction},
};
use crate::link::Link;

/// The number of the link to the kernel.
pub const LINK: RawFd = 3;

/// The number of the descriptor that the script of the sandbox gets.
const ARGUMENT: RawFd = 4;

/// Numbers from here on are nobody's destination.
const ASIDE: RawFd = ARGUMENT + 1;

/// Puts the streams at 0, 1 and 2, the link at 3 and the argument at 4, and closes all others. Returns the number of the
/// argument.
///
/// # Errors
///
/// Fails if a stream cannot be opened, or if one of the numbers that the kernel names is no descriptor.
pub fn arrange(
    link: &mut Link,
    streams: [Stream; 3],
    argument: Option<u32>,
) -> Result<Option<RawFd>, Failure> {
    let [input, output, errors] = streams;
    // Any of these may have a number that another one is to get. So all of them step aside first.
    let streams = [
        open_stream(input, Direction::In).or_failure("standard input cannot be opened")?,
        open_stream(output, Direction::Out).or_failure("standard output cannot be opened")?,
        open_stream(errors, Direction::Out).or_failure("standard error cannot be opened")?,
    ];
    let aside = duplicate(link.descriptor()).or_failure("the link to the kernel cannot be kept")?;
    let argument = match argument {
        None => None,
        Some(number) => {
            let number = RawFd::try_from(number).map_err(|_| Errno::EBADF);
            let argument = number
                .and_then(borrow)
                .and_then(duplicate)
                .or_failure("the argument of the script cannot be kept")?;
            Some(argument)
        }
    };
    for (number, stream) in (0..).zip(streams) {
        put(stream, number, 0).or_failure("a standard stream cannot be set")?;
    }
    put(aside, LINK, libc::O_CLOEXEC).or_failure("the link to the kernel cannot be kept")?;
    // SAFETY: `put` has just made this descriptor, and nothing else owns it.
    link.move_to(unsafe { File::from_raw_fd(LINK) });
    let first_unused = match argument {
        None => ARGUMENT,
        Some(argument) => {
            put(argument, ARGUMENT, libc::O_CLOEXEC)
                .or_failure("the argument of the script cannot be kept")?;
            ASIDE
        }
    };
    // SAFETY: The link has moved, the streams and the argument have been given away, and at this point the process has
    // opened nothing else.
    unsafe { close_from(first_unused) };
    Ok((first_unused == ASIDE).then_some(ARGUMENT))
}

/// Closes all descriptors from this number on.
///
/// # Safety
///
/// Nothing may use one of these descriptors afterwards.
pub unsafe fn close_from(first: RawFd) {
    // The call fails only in kernels before 5.9, which the module does not run in.
    // SAFETY: The caller guarantees that these descriptors are not used afterwards.
    let _ = unsafe { libc::close_range(first.unsigned_abs(), u32::MAX, 0) };
}

/// The descriptor of this number.
///
/// # Errors
///
/// Fails with `EBADF` if there is none.
pub fn borrow(number: RawFd) -> Result<BorrowedFd<'static>, Errno> {
    // SAFETY: The command only asks for flags. The call refuses what is no descriptor.
    Errno::result(unsafe { libc::fcntl(number, libc::F_GETFD) })?;
    // SAFETY: It is open, as the call above has shown, so it is not -1. The process has one thread, and the callers use
    // the result for a single system call.
    Ok(unsafe { BorrowedFd::borrow_raw(number) })
}

/// A duplicate whose number is nobody's destination.
pub fn duplicate(descriptor: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    let number = fcntl(descriptor, FcntlArg::F_DUPFD_CLOEXEC(ASIDE))?;
    // SAFETY: The call has just made this descriptor, and nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Gives the descriptor this number, whatever had it before.
fn put(descriptor: OwnedFd, number: RawFd, flags: i32) -> Result<(), Errno> {
    debug_assert_ne!(descriptor.as_fd().as_raw_fd(), number);
    // SAFETY: Both are mere numbers to the call. What had `number` before is not used any more: the caller is about to
    // say that the link has moved, and nothing else owns a descriptor.
    Errno::result(unsafe { libc::dup3(descriptor.as_raw_fd(), number, flags) }).map(drop)
}
