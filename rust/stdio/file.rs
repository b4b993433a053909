// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A `FILE` as C sees it: a stream of one VM.

use kernel::{
    ffi::c_int,
    prelude::*, //
};

use super::{
    device::{Device, Target},
    errno::Errno,
    hooks::Host,
    kernel_file::KernelFile,
    mode::Mode,
    stream::{Buffering, Stream},
    streams::Streams, //
};
use crate::linux::account::Charge;

/// The bytes that an open file takes: its buffer, the `File` itself, and the kernel's data about
/// it.
pub(super) const TAKEN: usize = Source::BUFFER_SIZE + size_of::<File>() + 1024;

/// The most bytes that one call to the kernel moves. Between the calls, the VM can be interrupted.
const LARGEST_TRANSFER: usize = 1 << 20;

/// C's `FILE`.
pub(super) struct File {
    pub(super) owner: *const Streams,
    pub(super) stream: Stream<Source>,
    /// Its charge, if a script has opened it.
    pub(super) charge: Charge,
}

impl File {
    /// A stream on `source`, which was just opened as `mode` says.
    pub(super) fn new(source: Source, mode: Mode) -> Result<Self, Errno> {
        Ok(Self {
            owner: core::ptr::null(),
            stream: Stream::new(source, mode)?,
            charge: Charge::none(),
        })
    }

    /// The standard output or the standard error stream.
    pub(super) fn console(host: Host, number: c_int) -> Result<Self, Errno> {
        let mut file = Self::new(Source::console(host, number), WRITE)?;
        // The VM collects the output itself; a second buffer would only delay it.
        file.stream.set_buffering(Buffering::None)?;
        Ok(file)
    }

    /// The standard input stream: it is at its end.
    pub(super) fn empty(host: Host) -> Result<Self, Errno> {
        Self::new(Source::empty(host), READ)
    }

    /// Closes the file. Data that is left in the buffer is written first, even if the VM is being
    /// ended.
    pub(super) fn close(mut self: KBox<Self>) -> Result<(), Errno> {
        self.stream.device_mut().closing = true;
        let flushed = self.stream.flush();
        let closed = self.stream.device_mut().close();
        flushed.and(closed)
    }
}

const READ: Mode = Mode {
    read: true,
    write: false,
    append: false,
    create: false,
    truncate: false,
    exclusive: false,
};

const WRITE: Mode = Mode {
    read: false,
    write: true,
    ..READ
};

/// What is under a stream.
pub(super) struct Source {
    host: Host,
    kind: Kind,
    /// Whether the file is being closed. Then at most one buffer is left to write, which takes too
    /// little time to check for an interrupt.
    closing: bool,
}

enum Kind {
    /// A file; none once it was closed.
    File(Option<KernelFile>),
    /// The standard output (1) or error (2) of the VM.
    Console(c_int),
    /// Nothing to read.
    Empty,
}

impl Source {
    /// An open file.
    pub(super) fn file(host: Host, file: KernelFile) -> Self {
        Self::new(host, Kind::File(Some(file)))
    }

    fn console(host: Host, number: c_int) -> Self {
        Self::new(host, Kind::Console(number))
    }

    fn empty(host: Host) -> Self {
        Self::new(host, Kind::Empty)
    }

    fn new(host: Host, kind: Kind) -> Self {
        let closing = false;
        Self {
            host,
            kind,
            closing,
        }
    }

    /// Whether this is a file, not a standard stream.
    pub(super) fn is_file(&self) -> bool {
        matches!(self.kind, Kind::File(_))
    }

    /// Sends the output that was written to a standard stream.
    pub(super) fn flush(&self) {
        if let Kind::Console(_) = self.kind {
            self.host.flush();
        }
    }

    /// Sets whether output to a standard stream is to be sent at once.
    pub(super) fn set_immediate(&self, immediate: bool) {
        if let Kind::Console(number) = self.kind {
            self.host.set_immediate(number, immediate);
        }
    }

    fn close(&mut self) -> Result<(), Errno> {
        match &mut self.kind {
            Kind::File(file) => file.take().map_or(Ok(()), KernelFile::close),
            _ => Ok(()),
        }
    }

    /// The file, if the VM may use it now.
    fn usable_file(&mut self) -> Result<&mut KernelFile, Errno> {
        if !self.closing {
            self.host.may_use_files()?;
        }
        match &mut self.kind {
            Kind::File(Some(file)) => Ok(file),
            _ => Err(Errno::EBADF),
        }
    }
}

impl Device for Source {
    type Buffer = KVec<u8>;

    const BUFFER_SIZE: usize = 4096;

    fn read(&mut self, data: &mut [u8]) -> Result<usize, Errno> {
        if let Kind::Empty = self.kind {
            return Ok(0);
        }
        let length = data.len().min(LARGEST_TRANSFER);
        let data = data.get_mut(..length).unwrap_or(&mut []);
        self.usable_file()?.read(data)
    }

    fn write(&mut self, data: &[u8]) -> Result<usize, Errno> {
        if let Kind::Console(number) = self.kind {
            self.host.output(number, data)?;
            return Ok(data.len());
        }
        let length = data.len().min(LARGEST_TRANSFER);
        let data = data.get(..length).unwrap_or(&[]);
        self.usable_file()?.write(data)
    }

    fn seek(&mut self, target: Target) -> Result<i64, Errno> {
        if !self.is_file() {
            return Err(Errno::ESPIPE);
        }
        self.usable_file()?.seek(target)
    }

    fn buffer(&mut self) -> Result<KVec<u8>, Errno> {
        self.host
            .charge(|| KVec::from_elem(0, Self::BUFFER_SIZE, GFP_KERNEL_ACCOUNT | __GFP_NOWARN))
            .map_err(|_| Errno::ENOMEM)
    }
}
