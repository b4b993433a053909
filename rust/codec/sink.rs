// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Destinations of encoded bytes.

/// Bytes of a block of [`Sink::put_short`].
pub const MAX_SHORT: usize = 16;

/// Takes encoded bytes. A sink may have to grow, which may fail, so every step may fail.
pub trait Sink {
    /// Why bytes were not taken.
    type Error;

    /// Appends all of `bytes`, or none of them and returns the reason.
    fn put(&mut self, bytes: &[u8]) -> Result<(), Self::Error>;

    /// Appends the first `length` bytes of a block, or all of them if it has fewer.
    ///
    /// A sink that has room for the whole block may copy all of it. That takes two instructions,
    /// while copying a variable number of bytes takes a call.
    fn put_short(&mut self, block: &[u8; MAX_SHORT], length: usize) -> Result<(), Self::Error> {
        self.put(block.get(..length).unwrap_or(block))
    }
}

impl<S: Sink + ?Sized> Sink for &mut S {
    type Error = S::Error;

    fn put(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
        (**self).put(bytes)
    }

    fn put_short(&mut self, block: &[u8; MAX_SHORT], length: usize) -> Result<(), Self::Error> {
        (**self).put_short(block, length)
    }
}

/// Counts bytes without keeping them, to measure a message before memory is allocated for it.
#[derive(Debug, Default)]
pub struct CountingSink {
    length: usize,
}

impl CountingSink {
    /// Nothing counted yet.
    pub const fn new() -> Self {
        Self { length: 0 }
    }

    /// The number of bytes so far.
    pub const fn length(&self) -> usize {
        self.length
    }
}

impl Sink for CountingSink {
    type Error = core::convert::Infallible;

    fn put(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
        self.length = self.length.saturating_add(bytes.len());
        Ok(())
    }
}

/// A [`SliceSink`] had no room for all bytes of one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SliceFull;

impl core::fmt::Display for SliceFull {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("no room left in the buffer")
    }
}

/// Writes into a buffer of fixed size.
#[derive(Debug)]
pub struct SliceSink<'b> {
    buffer: &'b mut [u8],
    used: usize,
}

impl<'b> SliceSink<'b> {
    /// Writes from the start of `buffer`.
    pub fn new(buffer: &'b mut [u8]) -> Self {
        Self { buffer, used: 0 }
    }

    /// What was written.
    pub fn written(&self) -> &[u8] {
        self.buffer.get(..self.used).unwrap_or_default()
    }
}

impl Sink for SliceSink<'_> {
    type Error = SliceFull;

    fn put(&mut self, bytes: &[u8]) -> Result<(), SliceFull> {
        let end = self.used.checked_add(bytes.len()).ok_or(SliceFull)?;
        self.buffer
            .get_mut(self.used..end)
            .ok_or(SliceFull)?
            .copy_from_slice(bytes);
        self.used = end;
        Ok(())
    }
}
