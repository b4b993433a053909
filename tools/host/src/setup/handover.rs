// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! How a process hands the link over to one that it has made.
//!
//! The kernel lets only one process use the link. The old process names the new one to the kernel, and then tells the
//! new one through a pipe, which does not touch the link before.

use std::{io, os::fd::OwnedFd};

use lunatik_abi::wire::ToKernel;
use nix::{
    errno::Errno,
    fcntl::OFlag,
    unistd::{pipe2, read, write, Pid},
};

use crate::link::Link;

/// The pipe between the two. Both processes have it, and each uses its end.
pub struct Handover {
    read: OwnedFd,
    write: OwnedFd,
}

impl Handover {
    /// Makes the pipe, before the new process is made.
    pub fn new() -> Result<Self, Errno> {
        let (read, write) = pipe2(OFlag::O_CLOEXEC)?;
        Ok(Self { read, write })
    }

    /// In the old process: hands the link over to the new one. If this fails, the new process will end.
    pub fn give(self, link: &mut Link, to: Pid) -> io::Result<()> {
        drop(self.read);
        link.write(&ToKernel::Adopt {
            pid: to.as_raw().unsigned_abs(),
        })?;
        write(&self.write, b"!")?;
        Ok(())
    }

    /// In the new process: waits until the link is its own.
    ///
    /// # Errors
    ///
    /// Fails with `EPIPE` if the old process has not handed it over.
    pub fn take(self) -> Result<(), Errno> {
        drop(self.write);
        loop {
            match read(&self.read, &mut [0]) {
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno),
                Ok(0) => return Err(Errno::EPIPE),
                Ok(_) => return Ok(()),
            }
        }
    }
}
