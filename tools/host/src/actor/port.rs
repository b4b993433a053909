// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The connection to the kernel while the actor runs.

use std::{
    fs::File,
    io::{self, ErrorKind, Read, Write},
    mem,
    ops::Range,
    os::fd::AsFd,
    time::Duration,
};

use lunatik_abi::wire::{split, Frame, ToKernel, WireError};
use nix::{
    errno::Errno,
    poll::{ppoll, PollFd, PollFlags},
};

/// Bytes that are read at a time: several of the longest messages.
const BUFFER: usize = 64 << 10;

/// What carries the frames. A read returns whole frames, a write takes one.
pub(super) trait Transport {
    /// Reads what is there; waits if there is nothing. Returns 0 at the end.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize>;

    /// Writes one frame.
    fn write(&mut self, frame: &[u8]) -> io::Result<()>;

    /// Waits until `read` would not wait, at most for so long. Returns whether that is so. May return false early.
    fn wait(&self, timeout: Duration) -> io::Result<bool>;
}

impl Transport for File {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Read::read(self, buffer)
    }

    fn write(&mut self, frame: &[u8]) -> io::Result<()> {
        // The kernel takes a whole frame or none.
        Write::write(self, frame).map(|_| ())
    }

    fn wait(&self, timeout: Duration) -> io::Result<bool> {
        let mut descriptors = [PollFd::new(self.as_fd(), PollFlags::POLLIN)];
        match ppoll(&mut descriptors, Some(timeout.into()), None) {
            Ok(count) => Ok(count > 0),
            Err(Errno::EINTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Repeats a call that a signal has interrupted.
fn retry<R>(mut call: impl FnMut() -> io::Result<R>) -> io::Result<R> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// The error of a frame that makes no sense.
pub(super) fn wrong(error: WireError) -> io::Error {
    io::Error::other(format!("the kernel has sent {error}"))
}

/// The connection to the kernel.
pub(super) struct Port {
    transport: Box<dyn Transport>,
    /// Empty while it is lent.
    buffer: Vec<u8>,
    /// The part of the buffer that was not used yet.
    unread: Range<usize>,
    out: Vec<u8>,
}

impl Port {
    /// A connection over `transport`, from which `unread` was read already: whole frames.
    pub(super) fn new(transport: Box<dyn Transport>, unread: Vec<u8>) -> Self {
        let mut buffer = unread;
        let unread = 0..buffer.len();
        buffer.resize(BUFFER.max(buffer.len()), 0);
        Self {
            transport,
            buffer,
            unread,
            out: Vec::new(),
        }
    }

    /// The next frame that was read, and where in the buffer its body is.
    pub(super) fn frame(&mut self) -> io::Result<Option<(Frame<'_>, Range<usize>)>> {
        let bytes = self.buffer.get(self.unread.clone()).unwrap_or_default();
        if bytes.is_empty() {
            return Ok(None);
        }
        let (frame, rest) = split(bytes)
            .map_err(wrong)?
            .ok_or_else(|| io::Error::other("the kernel has sent half a frame"))?;
        let end = self.unread.end - rest.len();
        self.unread.start = end;
        let body = end - frame.body.len()..end;
        Ok(Some((frame, body)))
    }

    /// Reads frames; waits for some if there are none. To be called when there is no frame that was read. Returns
    /// false at the end.
    pub(super) fn fill(&mut self) -> io::Result<bool> {
        let length = retry(|| self.transport.read(&mut self.buffer))?;
        self.unread = 0..length;
        Ok(length > 0)
    }

    /// Waits until `fill` would not wait, at most for so long. Returns whether that is so. May return false early.
    pub(super) fn wait(&self, timeout: Duration) -> io::Result<bool> {
        self.transport.wait(timeout)
    }

    /// Writes the bytes of one frame.
    pub(super) fn write_bytes(&mut self, frame: &[u8]) -> io::Result<()> {
        retry(|| self.transport.write(frame))
    }

    /// Writes one frame.
    pub(super) fn write(&mut self, frame: &ToKernel<'_>) -> io::Result<()> {
        self.out.clear();
        let Ok(()) = frame.encode(&mut self.out);
        retry(|| self.transport.write(&self.out))
    }

    /// Lends the buffer, so that a body in it can be used while the port is not borrowed. Nothing is read before
    /// [`give_back`](Self::give_back).
    pub(super) fn lend(&mut self) -> Vec<u8> {
        mem::take(&mut self.buffer)
    }

    /// Takes the buffer that was lent.
    pub(super) fn give_back(&mut self, buffer: Vec<u8>) {
        self.buffer = buffer;
    }

    /// Whether the buffer is lent.
    pub(super) fn is_lent(&self) -> bool {
        self.buffer.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A transport whose every second call is interrupted by a signal.
    struct Interrupted(u32);

    impl Interrupted {
        fn call(&mut self) -> io::Result<()> {
            self.0 += 1;
            match self.0 % 2 {
                0 => Ok(()),
                _ => Err(ErrorKind::Interrupted.into()),
            }
        }
    }

    impl Transport for Interrupted {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.call()?;
            let frame = Frame::header(4, 9, 0);
            buffer[..frame.len()].copy_from_slice(&frame);
            Ok(frame.len())
        }

        fn write(&mut self, _: &[u8]) -> io::Result<()> {
            self.call()
        }

        fn wait(&self, _: Duration) -> io::Result<bool> {
            Ok(true)
        }
    }

    #[test]
    fn signals_lose_no_frame() {
        let mut port = Port::new(Box::new(Interrupted(0)), Vec::new());
        for _ in 0..3 {
            assert!(port.frame().unwrap().is_none());
            assert!(port.fill().unwrap());
            assert_eq!(port.frame().unwrap().unwrap().0.number, 9);
            port.write(&ToKernel::Resume).unwrap();
            port.write_bytes(&Frame::header(0x88, 0, 0)).unwrap();
        }
    }

    #[test]
    fn frames_that_were_read_before_come_first() {
        let unread = [Frame::header(4, 1, 0), Frame::header(4, 2, 0)].concat();
        let mut port = Port::new(Box::new(Interrupted(0)), unread);
        for number in [1, 2] {
            assert_eq!(port.frame().unwrap().unwrap().0.number, number);
        }
        assert!(port.frame().unwrap().is_none());
        assert!(port.fill().unwrap());
        assert_eq!(port.frame().unwrap().unwrap().0.number, 9);
    }
}
