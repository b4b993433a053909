// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A buffered stream, as C's `FILE`, over any device.
//!
//! Pure code, so that the host tests can drive it against a C library. What a program can see
//! (positions, errors, what is lost when the device fails) follows glibc, which Lua's users know.

use super::buffer::{Buffer, Content};
use super::device::{write_all, Device, Target};
use super::errno::Errno;
use super::mode::Mode;

/// When written data goes to the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Buffering {
    /// When the buffer is full.
    Full,
    /// At the end of each line, too.
    Line,
    /// At once.
    None,
}

/// A buffered stream.
pub struct Stream<D: Device> {
    device: D,
    mode: Mode,
    buffer: Buffer<D::Buffer>,
    buffering: Buffering,
    at_end: bool,
    failed: bool,
}

impl<D: Device> Stream<D> {
    /// A stream on `device`, which was just opened as `mode` says.
    pub fn new(mut device: D, mode: Mode) -> Result<Self, Errno> {
        // A stream that can only append begins at the end.
        if mode.append && !mode.read {
            match device.seek(Target::End(0)) {
                Ok(_) | Err(Errno::ESPIPE) => (),
                Err(error) => return Err(error),
            }
        }
        Ok(Self {
            device,
            mode,
            buffer: Buffer::without_memory(),
            buffering: Buffering::Full,
            at_end: false,
            failed: false,
        })
    }

    /// What the stream reads and writes.
    pub fn device(&self) -> &D {
        &self.device
    }

    /// What the stream reads and writes.
    pub fn device_mut(&mut self) -> &mut D {
        &mut self.device
    }

    /// A read met the end of the file.
    pub fn at_end(&self) -> bool {
        self.at_end
    }

    /// An operation failed.
    pub fn failed(&self) -> bool {
        self.failed
    }

    /// Forgets the end of the file and earlier errors.
    pub fn clear(&mut self) {
        self.at_end = false;
        self.failed = false;
    }

    /// Sets when written data goes to the device.
    pub fn set_buffering(&mut self, buffering: Buffering) -> Result<(), Errno> {
        if buffering == Buffering::None {
            self.flush()?;
        }
        self.buffering = buffering;
        Ok(())
    }

    /// Reads one byte; `None` at the end of the file.
    pub fn get(&mut self) -> Result<Option<u8>, Errno> {
        if self.buffer.unread().is_empty() && !self.fill()? {
            return Ok(None);
        }
        let mut byte = [0];
        self.buffer.take(&mut byte);
        let [byte] = byte;
        Ok(Some(byte))
    }

    /// Puts back the byte that was read last, or another in its place.
    /// `false` if there is no room.
    pub fn put_back(&mut self, byte: u8) -> bool {
        let done = self.buffer.put_back(byte);
        if done {
            self.at_end = false;
        }
        done
    }

    /// Reads until `data` is full, the file ends, or an error. Returns how
    /// much was read, and the error.
    pub fn read(&mut self, data: &mut [u8]) -> (usize, Result<(), Errno>) {
        let mut done: usize = 0;
        let direct = match self.buffering {
            Buffering::None => 1,
            _ => D::BUFFER_SIZE,
        };
        while let Some(rest) = data.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let count = if !self.buffer.unread().is_empty() {
                self.buffer.take(rest)
            } else if rest.len() >= direct {
                match self.read_past(rest) {
                    Ok(0) => break,
                    Ok(count) => count.min(rest.len()),
                    Err(error) => return (done, Err(error)),
                }
            } else {
                match self.fill() {
                    Ok(true) => continue,
                    Ok(false) => break,
                    Err(error) => return (done, Err(error)),
                }
            };
            done = done.saturating_add(count);
        }
        (done, Ok(()))
    }

    /// Writes all of `data`, or until an error. Returns how much was taken,
    /// and the error.
    pub fn write(&mut self, data: &[u8]) -> (usize, Result<(), Errno>) {
        if data.is_empty() {
            return (0, Ok(()));
        }
        if let Err(error) = self.prepare_output() {
            return (0, Err(error));
        }
        let direct = match self.buffering {
            Buffering::None => data.len(),
            Buffering::Line => match data.iter().rposition(|byte| *byte == b'\n') {
                Some(newline) => newline.saturating_add(1),
                None => 0,
            },
            Buffering::Full => 0,
        };
        let (lines, rest) = data.split_at_checked(direct).unwrap_or((data, &[]));
        let (mut done, mut result) = self.store(lines);
        if result.is_ok() && !lines.is_empty() {
            result = self.drain();
        }
        if result.is_ok() {
            let (more, outcome) = self.store(rest);
            done = done.saturating_add(more);
            result = outcome;
        }
        (done, result)
    }

    /// Passes written data to the device. Gives input that was read ahead back, if the device can
    /// seek.
    pub fn flush(&mut self) -> Result<(), Errno> {
        match self.buffer.content() {
            Content::Nothing => Ok(()),
            Content::Output => self.drain(),
            Content::Input => match self.give_back() {
                Err(Errno::ESPIPE) => Ok(()),
                result => result,
            },
        }
    }

    /// Moves the position for the next read or write.
    pub fn seek(&mut self, target: Target) -> Result<(), Errno> {
        if self.buffer.content() == Content::Output {
            self.drain()?;
        }
        let target = match target {
            // A query of the position keeps the input that was read ahead.
            Target::Current(0) => {
                self.device.seek(target)?;
                self.at_end = false;
                return Ok(());
            }
            // The device is ahead of the program by the input that was read ahead.
            Target::Current(offset) => {
                Target::Current(offset.checked_sub(self.unread()).ok_or(Errno::EINVAL)?)
            }
            other => other,
        };
        self.device.seek(target)?;
        self.buffer.discard();
        self.at_end = false;
        Ok(())
    }

    /// The position for the next read or write.
    pub fn tell(&mut self) -> Result<i64, Errno> {
        let device = self.device.seek(Target::Current(0))?;
        let pending = i64::try_from(self.buffer.pending().len()).unwrap_or(0);
        Ok(device.saturating_sub(self.unread()).saturating_add(pending))
    }

    /// How much was read ahead.
    fn unread(&self) -> i64 {
        i64::try_from(self.buffer.unread().len()).unwrap_or(0)
    }

    /// Moves the device back by the length of the input that was read ahead, and forgets that
    /// input.
    fn give_back(&mut self) -> Result<(), Errno> {
        let unread = self.unread();
        if unread > 0 {
            self.device.seek(Target::Current(unread.saturating_neg()))?;
        }
        self.buffer.discard();
        Ok(())
    }

    /// Notes an error before it is returned.
    fn fail<T>(&mut self, error: Errno) -> Result<T, Errno> {
        self.failed = true;
        Err(error)
    }

    /// Makes the stream ready for reading from the device: `false` at the end
    /// of the file, which stays until it is cleared.
    fn prepare_input(&mut self) -> Result<bool, Errno> {
        if !self.mode.read {
            return self.fail(Errno::EBADF);
        }
        if self.buffer.content() == Content::Output {
            self.drain()?;
        }
        Ok(!self.at_end)
    }

    /// Makes the stream ready for writing.
    fn prepare_output(&mut self) -> Result<(), Errno> {
        if !self.mode.write {
            return self.fail(Errno::EBADF);
        }
        if self.buffer.content() != Content::Input {
            return Ok(());
        }
        if self.mode.append {
            self.buffer.discard();
            return Ok(());
        }
        match self.give_back() {
            Ok(()) => Ok(()),
            Err(error) => self.fail(error),
        }
    }

    /// Reads from the device, not through the buffer, which is empty.
    fn read_past(&mut self, data: &mut [u8]) -> Result<usize, Errno> {
        if !self.prepare_input()? {
            return Ok(0);
        }
        self.buffer.discard();
        match self.device.read(data) {
            Ok(count) => {
                self.at_end = count == 0;
                Ok(count)
            }
            Err(error) => self.fail(error),
        }
    }

    /// Reads from the device into the empty buffer: `false` at the end of the
    /// file.
    fn fill(&mut self) -> Result<bool, Errno> {
        if !self.prepare_input()? {
            return Ok(false);
        }
        if let Err(error) = self.allocate() {
            return self.fail(error);
        }
        let limit = match self.buffering {
            Buffering::None => 1,
            _ => D::BUFFER_SIZE,
        };
        match self.buffer.fill(limit, |bytes| self.device.read(bytes)) {
            Ok(count) => {
                self.at_end = count == 0;
                Ok(count > 0)
            }
            Err(error) => self.fail(error),
        }
    }

    /// Gives the buffer the memory that the kind of buffering needs. A buffer without memory holds
    /// nothing.
    fn allocate(&mut self) -> Result<(), Errno> {
        if self.buffering != Buffering::None && self.buffer.needs_memory() {
            self.buffer.set_memory(self.device.buffer()?);
        }
        Ok(())
    }

    /// Takes `data` for the device, through the buffer if that helps.
    fn store(&mut self, data: &[u8]) -> (usize, Result<(), Errno>) {
        if data.is_empty() {
            return (0, Ok(()));
        }
        if let Err(error) = self.allocate() {
            return (0, self.fail(error));
        }
        let mut done = self.append(data);
        if done == data.len() {
            return (done, Ok(()));
        }
        // The buffer is full, or has no room at all.
        if let Err(error) = self.drain() {
            return (done, Err(error));
        }
        let rest = data.get(done..).unwrap_or(&[]);
        let capacity = self.buffer.capacity();
        let whole = match self.buffering {
            Buffering::None => rest.len(),
            _ => rest
                .len()
                .saturating_sub(rest.len().checked_rem(capacity).unwrap_or(0)),
        };
        let (written, result) = self.write_past(rest.get(..whole).unwrap_or(rest));
        done = done.saturating_add(written);
        if result.is_ok() {
            done = done.saturating_add(self.append(rest.get(whole..).unwrap_or(&[])));
        }
        (done, result)
    }

    /// Adds to the buffer what fits.
    fn append(&mut self, data: &[u8]) -> usize {
        match self.buffering {
            Buffering::None => 0,
            _ => self.buffer.append(data),
        }
    }

    /// Writes the content of the buffer. Data that the device refuses is lost, as in glibc:
    /// otherwise closing could not end.
    fn drain(&mut self) -> Result<(), Errno> {
        if self.buffer.content() != Content::Output {
            return Ok(());
        }
        let (_, result) = write_all(&mut self.device, self.buffer.pending());
        self.buffer.discard();
        match result {
            Ok(()) => Ok(()),
            Err(error) => self.fail(error),
        }
    }

    /// Writes to the device, not through the buffer, which is empty.
    fn write_past(&mut self, data: &[u8]) -> (usize, Result<(), Errno>) {
        let (done, result) = write_all(&mut self.device, data);
        match result {
            Ok(()) => (done, Ok(())),
            Err(error) => (done, self.fail(error)),
        }
    }
}
