// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The memory that a stream buffers in.

use core::ops::DerefMut;

/// The memory that a stream buffers in.
pub enum Storage<B> {
    /// Not needed so far.
    Unallocated,
    /// One byte, for reading without buffering.
    Byte([u8; 1]),
    /// A whole buffer.
    Buffer(B),
}

impl<B: DerefMut<Target = [u8]>> Storage<B> {
    /// All of the memory.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Unallocated => &[],
            Self::Byte(byte) => byte,
            Self::Buffer(buffer) => buffer,
        }
    }

    /// All of the memory.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        match self {
            Self::Unallocated => &mut [],
            Self::Byte(byte) => byte,
            Self::Buffer(buffer) => buffer,
        }
    }

    /// How many bytes it holds, or would.
    pub fn capacity(&self) -> usize {
        self.bytes().len()
    }
}
