// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The operations that a stream needs from the file or other device under it.

use core::ops::DerefMut;

use super::errno::Errno;

/// What a stream reads and writes.
pub trait Device {
    /// Memory for a stream's buffer.
    type Buffer: DerefMut<Target = [u8]>;

    /// Reads of this size and more do not go through the buffer.
    const BUFFER_SIZE: usize;

    /// Reads at the current position; 0 is the end of the file.
    fn read(&mut self, data: &mut [u8]) -> Result<usize, Errno>;

    /// Writes at the current position, or at the end if the file was opened to append. May take
    /// fewer bytes than it was given.
    fn write(&mut self, data: &[u8]) -> Result<usize, Errno>;

    /// Moves the current position and returns it.
    fn seek(&mut self, target: Target) -> Result<i64, Errno>;

    /// Allocates a buffer of `BUFFER_SIZE` bytes.
    fn buffer(&mut self) -> Result<Self::Buffer, Errno>;
}

/// Where to seek.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Bytes from the start of the file.
    Start(i64),
    /// Bytes from the current position.
    Current(i64),
    /// Bytes from the end of the file.
    End(i64),
}

/// Writes until all is written or the device fails.
pub fn write_all<D: Device>(device: &mut D, data: &[u8]) -> (usize, Result<(), Errno>) {
    let mut done: usize = 0;
    while let Some(rest) = data.get(done..).filter(|rest| !rest.is_empty()) {
        match device.write(rest) {
            // Otherwise this would loop for ever with a device that takes nothing and returns no
            // error.
            Ok(0) => return (done, Err(Errno::EIO)),
            Ok(count) => done = done.saturating_add(count.min(rest.len())),
            Err(error) => return (done, Err(error)),
        }
    }
    (done, Ok(()))
}
