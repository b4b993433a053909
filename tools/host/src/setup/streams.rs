// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Standard input, output and error.

use std::{
    os::fd::{AsFd, OwnedFd, RawFd},
    ptr,
};

use lunatik_abi::wire::Stream;
use nix::{
    errno::Errno,
    fcntl::{open, OFlag},
    sys::stat::Mode,
    unistd::pipe2,
};

use super::descriptors;

/// What a stream is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The process reads it.
    In,
    /// The process writes it.
    Out,
}

/// Opens what the stream is to be. The number of the descriptor is no standard one.
pub fn open_stream(stream: Stream, direction: Direction) -> Result<OwnedFd, Errno> {
    match stream {
        Stream::File(number) => {
            let number = RawFd::try_from(number).map_err(|_| Errno::EBADF)?;
            descriptors::duplicate(descriptors::borrow(number)?)
        }
        Stream::Closed => {
            // The other end is closed at once: reading finds the end, writing fails with EPIPE.
            let (read, write) = pipe2(OFlag::O_CLOEXEC)?;
            descriptors::duplicate(match direction {
                Direction::In => read.as_fd(),
                Direction::Out => write.as_fd(),
            })
        }
        Stream::Log => {
            let (path, access) = match direction {
                Direction::In => (c"/dev/null", OFlag::O_RDONLY),
                Direction::Out => (c"/dev/kmsg", OFlag::O_WRONLY),
            };
            let flags = access | OFlag::O_CLOEXEC | OFlag::O_NOCTTY;
            descriptors::duplicate(open(path, flags, Mode::empty())?.as_fd())
        }
    }
}

extern "C" {
    /// Standard output of the C library, which Lua's `print` and `io` write.
    static stdout: *mut libc::FILE;
}

/// Makes the C library write standard output line by line.
///
/// A reader then sees each line when it is complete. The kernel's log refuses a write of more than a few lines.
pub fn write_lines() -> Result<(), Errno> {
    // SAFETY: Nobody has used the stream yet, and the C library makes its own buffer for it.
    match unsafe { libc::setvbuf(stdout, ptr::null_mut(), libc::_IOLBF, 0) } {
        0 => Ok(()),
        _ => Err(Errno::EINVAL),
    }
}
