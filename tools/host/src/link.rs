// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The connection to the kernel: the file of `/dev/lunatik`, which speaks the protocol of [`lunatik_abi::wire`].

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    os::fd::{AsFd, BorrowedFd, IntoRawFd},
};

use lunatik_abi::{
    abi::{split_frame, Outcome, Reply, Request, DEVICE},
    wire::{split, Frame, ToKernel, ToProcess, MAX_FRAME},
};

/// Bytes that are read at a time.
const BUFFER: usize = 64 << 10;

/// What the kernel says if it has refused the token: an answer in the other protocol.
fn refusal(bytes: &[u8]) -> Option<String> {
    let frame = split_frame(bytes).ok()??;
    match Reply::decode(&frame).ok()? {
        Reply::Done(Outcome::Failure(failure)) => {
            Some(String::from_utf8_lossy(failure.message).into_owned())
        }
        _ => None,
    }
}

/// The connection to the kernel.
pub struct Link {
    file: File,
    buffer: Vec<u8>,
    /// The part of the buffer that was not used yet.
    unread: std::ops::Range<usize>,
    out: Vec<u8>,
}

impl Link {
    /// Opens the device and attaches with the token.
    pub fn attach(token: &str) -> io::Result<Self> {
        let mut file = OpenOptions::new().read(true).write(true).open(DEVICE)?;
        let mut out = Vec::new();
        let request = Request::Attach {
            token: token.as_bytes(),
        };
        request
            .encode(1, &mut out)
            .map_err(|error| io::Error::other(format!("the request cannot be sent: {error}")))?;
        file.write_all(&out)?;
        let mut link = Self::new(file);
        link.fill()?;
        match refusal(&link.buffer[link.unread.clone()]) {
            Some(text) => Err(io::Error::other(text)),
            None => Ok(link),
        }
    }

    /// Reads frames into the buffer, which is empty. Waits for one.
    fn fill(&mut self) -> io::Result<()> {
        let length = loop {
            match self.file.read(&mut self.buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => break read?,
            }
        };
        self.unread = 0..length;
        Ok(())
    }

    /// A connection over a file that is attached already.
    pub fn new(file: File) -> Self {
        Self {
            file,
            // The first frame may be the longest.
            buffer: vec![0; MAX_FRAME],
            unread: 0..0,
            out: Vec::new(),
        }
    }

    /// Continues over `file`, another descriptor of the same open file. The descriptor used so far is not closed: its
    /// number is the caller's.
    pub fn move_to(&mut self, file: File) {
        let _ = std::mem::replace(&mut self.file, file).into_raw_fd();
    }

    /// Whether a frame was read and not returned yet.
    pub fn has_frame(&self) -> bool {
        !self.unread.is_empty()
    }

    /// The next frame; waits for one if there is none. Returns `None` when the kernel has closed the connection.
    #[expect(
        clippy::should_implement_trait,
        reason = "it lends its buffer, which an iterator cannot"
    )]
    pub fn next(&mut self) -> io::Result<Option<ToProcess<'_>>> {
        if self.unread.is_empty() {
            self.fill()?;
        }
        let bytes = &self.buffer[self.unread.clone()];
        if bytes.is_empty() {
            return Ok(None);
        }
        let wrong = |error| io::Error::other(format!("the kernel has sent {error}"));
        let (frame, rest): (Frame<'_>, _) = split(bytes)
            .map_err(wrong)?
            .ok_or_else(|| io::Error::other("the kernel has sent half a frame"))?;
        self.unread.start = self.unread.end - rest.len();
        ToProcess::decode(&frame).map(Some).map_err(wrong)
    }

    /// Writes one frame.
    pub fn write(&mut self, frame: &ToKernel<'_>) -> io::Result<()> {
        self.out.clear();
        let _ = frame.encode(&mut self.out);
        self.file.write(&self.out).map(|_| ())
    }

    /// The start was read: from now on frames are short.
    pub fn shrink(&mut self) {
        debug_assert!(self.unread.is_empty());
        // The place where the start ended may be behind the end of the new buffer.
        self.unread = 0..0;
        self.buffer = vec![0; BUFFER];
    }

    /// Gives the file up, and the frames that were read and not returned yet.
    pub fn into_parts(self) -> (File, Vec<u8>) {
        let unread = self.buffer[self.unread].to_vec();
        (self.file, unread)
    }

    /// The descriptor, to wait for frames with.
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}
