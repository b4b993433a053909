// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Bytes to and from the device, and the user's Ctrl-C in between.

use std::{
    io,
    os::{
        fd::{AsFd, OwnedFd},
        unix::net::UnixStream,
    },
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    poll::{poll, PollFd, PollFlags, PollTimeout},
    unistd,
};

use crate::{device, failure::Failure};

/// The most bytes of one read.
const CHUNK: usize = 64 << 10;

/// What happened while waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Bytes were received or sent.
    Progress,
    /// The other side is gone.
    Closed,
    /// The user pressed Ctrl-C.
    Interrupt,
}

/// A connection that waits only by `poll`.
#[derive(Debug)]
pub struct Channel {
    device: OwnedFd,
    interrupts: Option<OwnedFd>,
    /// The moment at which waiting ends with an error.
    deadline: Option<Instant>,
    outgoing: Vec<u8>,
    /// Bytes that were received and not consumed.
    pub incoming: Vec<u8>,
}

impl Channel {
    /// A channel through `device`, which must not block. Each byte from `interrupts` is a Ctrl-C.
    pub fn new(device: OwnedFd, interrupts: Option<OwnedFd>) -> Self {
        Self {
            device,
            interrupts,
            deadline: None,
            outgoing: Vec::new(),
            incoming: Vec::new(),
        }
    }

    /// The same channel; waiting fails once `time` has passed.
    pub fn within(mut self, time: Duration) -> Self {
        self.deadline = Instant::now().checked_add(time);
        self
    }

    /// Opens the device, and handles Ctrl-C from now on.
    pub fn open() -> Result<Self, Failure> {
        let device = device::open()?;
        let (read, write) = UnixStream::pair()?;
        read.set_nonblocking(true)?;
        signal_hook::low_level::pipe::register(signal_hook::consts::SIGINT, write)?;
        Ok(Self::new(device.into(), Some(read.into())))
    }

    /// Queues `bytes`, which [`Channel::wait`] sends when there is room for them.
    pub fn send(&mut self, bytes: &[u8]) {
        self.outgoing.extend_from_slice(bytes);
    }

    /// Drops a Ctrl-C that was pressed while there was no request.
    pub fn forget_interrupts(&self) -> io::Result<()> {
        while self.take_interrupt()? {}
        Ok(())
    }

    /// Waits until something happens, and sends and receives as much as possible.
    pub fn wait(&mut self) -> io::Result<Event> {
        let mut wanted = PollFlags::POLLIN;
        wanted.set(PollFlags::POLLOUT, !self.outgoing.is_empty());
        let mut polled = vec![PollFd::new(self.device.as_fd(), wanted)];
        if let Some(interrupts) = &self.interrupts {
            polled.push(PollFd::new(interrupts.as_fd(), PollFlags::POLLIN));
        }
        let timeout = self.timeout()?;
        match poll(&mut polled, timeout) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
        let ready = polled
            .first()
            .and_then(PollFd::revents)
            .unwrap_or(PollFlags::empty());
        if self.take_interrupt()? {
            return Ok(Event::Interrupt);
        }
        if ready.contains(PollFlags::POLLOUT) {
            self.write()?;
        }
        if ready.intersects(PollFlags::POLLIN | PollFlags::POLLHUP | PollFlags::POLLERR) {
            return self.read();
        }
        Ok(Event::Progress)
    }

    /// The time left to wait. Fails if the deadline has passed.
    fn timeout(&self) -> io::Result<PollTimeout> {
        let Some(deadline) = self.deadline else {
            return Ok(PollTimeout::NONE);
        };
        match deadline.saturating_duration_since(Instant::now()) {
            Duration::ZERO => Err(io::ErrorKind::TimedOut.into()),
            // Rounded up: less than a millisecond would become 0, which does not wait.
            left => Ok(PollTimeout::try_from(left.as_millis() + 1).unwrap_or(PollTimeout::MAX)),
        }
    }

    /// Sends what is queued, as far as there is room now.
    pub fn write(&mut self) -> io::Result<()> {
        match unistd::write(&self.device, &self.outgoing) {
            Ok(sent) => {
                self.outgoing.drain(..sent);
                Ok(())
            }
            Err(Errno::EAGAIN | Errno::EINTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn read(&mut self) -> io::Result<Event> {
        let length = self.incoming.len();
        self.incoming.resize(length + CHUNK, 0);
        let result = unistd::read(&self.device, &mut self.incoming[length..]);
        self.incoming.truncate(length + result.unwrap_or(0));
        match result {
            Ok(0) => Ok(Event::Closed),
            Ok(_) | Err(Errno::EAGAIN | Errno::EINTR) => Ok(Event::Progress),
            Err(error) => Err(error.into()),
        }
    }

    fn take_interrupt(&self) -> io::Result<bool> {
        let Some(interrupts) = &self.interrupts else {
            return Ok(false);
        };
        match unistd::read(interrupts, &mut [0]) {
            Ok(read) => Ok(read > 0),
            Err(Errno::EAGAIN | Errno::EINTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
