// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The connection to the kernel, without the care that the true host takes of it.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd},
    sync::Arc,
};

use lunatik_abi::abi::{split_frame, Outcome, Reply, Request, DEVICE};
use nix::{
    errno::Errno,
    fcntl::{fcntl, FcntlArg, OFlag},
    poll::{poll, PollFd, PollFlags, PollTimeout},
};

/// An open file of the device. A clone has the same descriptor.
#[derive(Clone)]
pub struct Link(Arc<File>);

impl Link {
    /// Opens the device.
    pub fn open() -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(DEVICE)?;
        Ok(Self(Arc::new(file)))
    }

    /// Takes a file for the device's.
    #[cfg(test)]
    pub fn over(file: impl Into<std::os::fd::OwnedFd>) -> Self {
        Self(Arc::new(File::from(file.into())))
    }

    /// Asks to be the process that this token is for.
    pub fn attach(&self, token: &[u8]) -> io::Result<()> {
        (&*self.0).write_all(&attach_request(token))
    }

    /// Attaches a file that must not be attached. Returns whether it is nevertheless.
    ///
    /// The device takes any request and answers it when it is refused. An attached file has no answer.
    pub fn attaches(&self, token: &[u8]) -> bool {
        self.set_blocking(false);
        if self.attach(token).is_err() {
            return false;
        }
        let mut buffer = [0; 4096];
        match self.read(&mut buffer) {
            Ok(length) => !matches!(
                split_frame(&buffer[..length]),
                Ok(Some(frame)) if matches!(Reply::decode(&frame), Ok(Reply::Done(Outcome::Failure(_))))
            ),
            Err(_) => true,
        }
    }

    /// From now on no call waits, or each may again.
    pub fn set_blocking(&self, is_blocking: bool) {
        let flags = if is_blocking {
            OFlag::empty()
        } else {
            OFlag::O_NONBLOCK
        };
        fcntl(&*self.0, FcntlArg::F_SETFL(flags)).expect("the flags of a file can be set");
    }

    /// Writes these bytes with one call.
    pub fn write(&self, bytes: &[u8]) -> nix::Result<usize> {
        nix::unistd::write(&*self.0, bytes)
    }

    /// Reads with one call.
    pub fn read(&self, buffer: &mut [u8]) -> nix::Result<usize> {
        nix::unistd::read(&*self.0, buffer)
    }

    /// Waits until something can be read, but not for long.
    pub fn wait(&self, milliseconds: u8) -> nix::Result<bool> {
        let mut events = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
        poll(&mut events, PollTimeout::from(milliseconds)).map(|ready| ready > 0)
    }
}

impl AsFd for Link {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl AsRawFd for Link {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// The bytes of a request to attach.
pub fn attach_request(token: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    Request::Attach { token }
        .encode(1, &mut bytes)
        .expect("a request to attach can be encoded");
    bytes
}

/// Whether the link is given up for this reason, or belongs to another process.
pub fn is_lost(error: Errno) -> bool {
    matches!(error, Errno::EPIPE | Errno::EPERM | Errno::ENODEV)
}
