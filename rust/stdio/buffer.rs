// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The buffer of a stream: input that was read ahead, or output that has yet to be written.

use core::ops::DerefMut;

/// The memory of a buffer.
enum Storage<M> {
    /// Not needed so far.
    Unallocated,
    /// One byte, for reading without reading ahead.
    Byte([u8; 1]),
    /// All there is to it.
    Whole(M),
}

/// What a buffer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Nothing.
    Nothing,
    /// Data that was read.
    Input,
    /// Data to write.
    Output,
}

/// A buffer.
///
/// # Invariants
///
/// `position <= end <=` the length of the storage. Input lies at `position..end`; the bytes before
/// `position` were given out. Output lies at `0..end`, with `position` 0. Without content both are
/// 0.
pub struct Buffer<M> {
    storage: Storage<M>,
    content: Content,
    position: usize,
    end: usize,
}

impl<M: DerefMut<Target = [u8]>> Buffer<M> {
    /// A buffer that holds nothing and has no memory so far.
    pub fn without_memory() -> Self {
        // INVARIANT: There is no content.
        Self {
            storage: Storage::Unallocated,
            content: Content::Nothing,
            position: 0,
            end: 0,
        }
    }

    /// What the buffer holds.
    pub fn content(&self) -> Content {
        self.content
    }

    /// How many bytes the buffer has room for.
    pub fn capacity(&self) -> usize {
        self.bytes().len()
    }

    /// Forgets the content.
    pub fn discard(&mut self) {
        // INVARIANT: There is no content.
        self.content = Content::Nothing;
        self.position = 0;
        self.end = 0;
    }

    /// Whether the buffer must be given memory before it can buffer.
    pub fn needs_memory(&self) -> bool {
        !matches!(self.storage, Storage::Whole(_))
    }

    /// Gives the buffer memory; its former content is forgotten.
    pub fn set_memory(&mut self, memory: M) {
        self.discard();
        self.storage = Storage::Whole(memory);
    }

    /// The input that was not given out.
    pub fn unread(&self) -> &[u8] {
        match self.content {
            Content::Input => self.bytes().get(self.position..self.end),
            _ => None,
        }
        .unwrap_or(&[])
    }

    /// The output.
    pub fn pending(&self) -> &[u8] {
        match self.content {
            Content::Output => self.bytes().get(..self.end),
            _ => None,
        }
        .unwrap_or(&[])
    }

    /// Gives out input, as much as there is and fits. Returns how much.
    pub fn take(&mut self, target: &mut [u8]) -> usize {
        let count = copy(target, self.unread());
        // INVARIANT: `count` is at most `end - position`.
        self.position = self.position.saturating_add(count);
        count
    }

    /// Puts back the byte that was given out last, or another in its place.
    /// `false` if there is no room.
    pub fn put_back(&mut self, byte: u8) -> bool {
        if self.content != Content::Input {
            return false;
        }
        let Some(position) = self.position.checked_sub(1) else {
            return false;
        };
        let Some(place) = self.bytes_mut().get_mut(position) else {
            return false;
        };
        *place = byte;
        // INVARIANT: It is smaller than before.
        self.position = position;
        true
    }

    /// Forgets the content, and fills the buffer by `read`, with at most `limit` bytes. Without
    /// memory the buffer holds one byte.
    pub fn fill<E>(
        &mut self,
        limit: usize,
        read: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<usize, E> {
        self.discard();
        if let Storage::Unallocated = self.storage {
            self.storage = Storage::Byte([0]);
        }
        let limit = limit.min(self.capacity());
        let count = read(self.bytes_mut().get_mut(..limit).unwrap_or(&mut []))?;
        // INVARIANT: `limit` is at most the storage's length.
        self.content = Content::Input;
        self.end = count.min(limit);
        Ok(self.end)
    }

    /// Adds output, as much as fits. Returns how much. There must be no input; without memory
    /// nothing fits.
    pub fn append(&mut self, data: &[u8]) -> usize {
        if self.needs_memory() || self.content == Content::Input {
            return 0;
        }
        let end = self.end;
        let count = match self.bytes_mut().get_mut(end..) {
            Some(room) => copy(room, data),
            None => 0,
        };
        if count > 0 {
            // INVARIANT: `count` is at most the room after `end`.
            self.content = Content::Output;
            self.end = end.saturating_add(count);
        }
        count
    }

    fn bytes(&self) -> &[u8] {
        match &self.storage {
            Storage::Unallocated => &[],
            Storage::Byte(byte) => byte,
            Storage::Whole(memory) => memory,
        }
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        match &mut self.storage {
            Storage::Unallocated => &mut [],
            Storage::Byte(byte) => byte,
            Storage::Whole(memory) => memory,
        }
    }
}

/// Copies as much as fits, and returns how much.
fn copy(target: &mut [u8], source: &[u8]) -> usize {
    let count = target.len().min(source.len());
    if let (Some(target), Some(source)) = (target.get_mut(..count), source.get(..count)) {
        target.copy_from_slice(source);
    }
    count
}
