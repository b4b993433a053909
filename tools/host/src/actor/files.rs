// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The descriptors that the script owns: those that it has received or opened. Lua code has their numbers only, so it
//! cannot close any other.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Read, Write},
    os::{
        fd::{AsRawFd, FromRawFd, OwnedFd, RawFd},
        unix::ffi::OsStrExt,
    },
    path::Path,
};

use nix::errno::Errno;

/// The most bytes of one read: what a script asks for is allocated before it is read.
const MAX_READ: usize = 1 << 20;

/// Takes a descriptor that a frame has brought.
pub(super) fn received(descriptor: u32) -> io::Result<OwnedFd> {
    let descriptor = RawFd::try_from(descriptor).map_err(|_| Errno::EBADF)?;
    // SAFETY: The kernel has installed the descriptor with the frame, for its reader alone. Each handle of a frame is
    // taken once: it is decoded or discarded.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

/// The text of the file at `path`; `None` if there is none.
pub(super) fn text(path: &[u8]) -> io::Result<Option<Vec<u8>>> {
    match fs::read(Path::new(OsStr::from_bytes(path))) {
        Ok(text) => Ok(Some(text)),
        Err(error) => match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory => Ok(None),
            _ => Err(error),
        },
    }
}

/// The options for a mode as in `io.open`; `None` if there is no such mode.
fn options(mode: &[u8]) -> Option<OpenOptions> {
    let mode = mode.strip_suffix(b"b").unwrap_or(mode);
    let mut options = OpenOptions::new();
    match mode {
        b"r" => options.read(true),
        b"r+" => options.read(true).write(true),
        b"w" => options.write(true).create(true).truncate(true),
        b"w+" => options.read(true).write(true).create(true).truncate(true),
        b"a" => options.append(true).create(true),
        b"a+" => options.read(true).append(true).create(true),
        _ => return None,
    };
    Some(options)
}

/// The descriptors that the script owns, by number.
#[derive(Default)]
pub(super) struct Files {
    open: BTreeMap<RawFd, File>,
}

impl Files {
    /// Adds one, and returns its number.
    pub(super) fn add(&mut self, file: impl Into<OwnedFd>) -> RawFd {
        let file = File::from(file.into());
        let number = file.as_raw_fd();
        self.open.insert(number, file);
        number
    }

    fn get(&self, number: RawFd) -> io::Result<&File> {
        Ok(self.open.get(&number).ok_or(Errno::EBADF)?)
    }

    /// Opens a file. Fails with `EINVAL` if there is no such mode.
    pub(super) fn open(&mut self, path: &[u8], mode: &[u8]) -> io::Result<RawFd> {
        let options = options(mode).ok_or(Errno::EINVAL)?;
        let path = Path::new(OsStr::from_bytes(path));
        Ok(self.add(options.open(path)?))
    }

    /// Makes a pipe. Returns its reading and its writing end.
    pub(super) fn pipe(&mut self) -> io::Result<(RawFd, RawFd)> {
        let (reader, writer) = io::pipe()?;
        Ok((self.add(reader), self.add(writer)))
    }

    /// Reads at most `length` bytes into `buffer`, and returns how many; 0 at the end of the file.
    pub(super) fn read(
        &self,
        number: RawFd,
        length: usize,
        buffer: &mut Vec<u8>,
    ) -> io::Result<usize> {
        let mut file = self.get(number)?;
        buffer.resize(length.min(MAX_READ), 0);
        loop {
            match file.read(buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => return read,
            }
        }
    }

    /// Writes all bytes.
    pub(super) fn write(&self, number: RawFd, bytes: &[u8]) -> io::Result<()> {
        self.get(number)?.write_all(bytes)
    }

    /// Makes another descriptor of the same open file.
    pub(super) fn duplicate(&mut self, number: RawFd) -> io::Result<RawFd> {
        let copy = self.get(number)?.try_clone()?;
        Ok(self.add(copy))
    }

    /// Closes one.
    pub(super) fn close(&mut self, number: RawFd) {
        self.open.remove(&number);
    }
}
