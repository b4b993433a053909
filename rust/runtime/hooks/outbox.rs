// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A ring of encoded messages, each with its destination, in memory that was allocated before.
//!
//! Nothing here allocates, waits or locks: the users take turns. A message is written as a [`Draft`], token
//! by token, and counts only when its end is known to fit.
//!
//! The host tests in `tools/runtime-tests` compile this same file.

use kernel::prelude::*;

use crate::codec::Sink;

/// A message in the ring. Its bytes follow those of the message before it.
pub(super) struct Entry<D> {
    to: D,
    length: usize,
}

/// The ring.
///
/// # Invariants
///
/// The `count` entries from `first` on are there, and their lengths add up to `used`, which is at most the
/// number of bytes.
pub(super) struct Outbox<D> {
    bytes: KVec<u8>,
    entries: KVec<Option<Entry<D>>>,
    /// The places of the oldest entry, and of its first byte.
    first: usize,
    start: usize,
    count: usize,
    used: usize,
}

/// A draft is too long: a message to its destination has these bytes at most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TooLong(pub(super) usize);

/// The place that is `offset` behind `place` in a ring of `size`. Both are less than `size`, or equal.
fn behind(place: usize, offset: usize, size: usize) -> usize {
    // OVERFLOW: No memory is so large that the sum of two places in it overflows.
    let place = place.wrapping_add(offset);
    place.checked_sub(size).unwrap_or(place)
}

impl<D> Outbox<D> {
    /// A ring of these bytes, and as many entries as `entries` has places. All of them are lost.
    pub(super) fn new(bytes: KVec<u8>, entries: KVec<Option<Entry<D>>>) -> Self {
        // INVARIANT: There is no entry.
        Self {
            bytes,
            entries,
            first: 0,
            start: 0,
            count: 0,
            used: 0,
        }
    }

    /// Whether there is no message.
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Begins a message of `most` bytes at most, in place of one that was begun and not finished.
    pub(super) fn draft(&mut self, most: usize) -> Draft<'_, D> {
        let most = most.min(self.bytes.len());
        Draft {
            outbox: self,
            most,
            length: 0,
        }
    }

    /// The bytes of the oldest message.
    pub(super) fn first_length(&self) -> Option<usize> {
        let entry = self.entries.get(self.first)?.as_ref()?;
        Some(entry.length)
    }

    /// Takes out the oldest message: copies its bytes to `into`, which has [as
    /// many](Self::first_length), or none if they are not wanted. Returns its destination.
    pub(super) fn take(&mut self, into: &mut [u8]) -> Option<D> {
        let entry = self.entries.get_mut(self.first)?.take()?;
        let (first, rest) = self.pieces(self.start, entry.length);
        if let Some((into_first, into_rest)) = into.split_at_mut_checked(first.len()) {
            into_first.copy_from_slice(first);
            if into_rest.len() == rest.len() {
                into_rest.copy_from_slice(rest);
            }
        }
        // INVARIANT: The entry is gone, and so are its bytes.
        self.first = behind(self.first, 1, self.entries.len());
        self.start = behind(self.start, entry.length, self.bytes.len());
        self.count = self.count.saturating_sub(1);
        self.used = self.used.saturating_sub(entry.length);
        Some(entry.to)
    }

    /// The `length` bytes from `place` on: those up to the end of the memory, and those from its begin on.
    fn pieces(&self, place: usize, length: usize) -> (&[u8], &[u8]) {
        let (front, back) = self.bytes.split_at_checked(place).unwrap_or_default();
        match back.get(..length) {
            Some(all) => (all, &[]),
            None => {
                let rest = length.saturating_sub(back.len());
                (back, front.get(..rest).unwrap_or_default())
            }
        }
    }

    /// Copies `from` to the bytes from `place` on.
    fn write(&mut self, place: usize, from: &[u8]) {
        let Some((front, back)) = self.bytes.split_at_mut_checked(place) else {
            return;
        };
        let (first, rest) = from.split_at_checked(back.len()).unwrap_or((from, &[]));
        for (place, piece) in [(back, first), (front, rest)] {
            if let Some(place) = place.get_mut(..piece.len()) {
                place.copy_from_slice(piece);
            }
        }
    }
}

/// A message that is being written behind the others. Dropping it leaves the ring as it was.
pub(super) struct Draft<'a, D> {
    outbox: &'a mut Outbox<D>,
    most: usize,
    /// The bytes so far, whether they fit or not.
    length: usize,
}

impl<D> Sink for Draft<'_, D> {
    type Error = TooLong;

    /// Takes the bytes even if there is no room for them now, and fails only if there never will be: so what
    /// is too long is refused for this reason at any time.
    fn put(&mut self, bytes: &[u8]) -> Result<(), TooLong> {
        let at = self.length;
        self.length = at.saturating_add(bytes.len());
        if self.length > self.most {
            return Err(TooLong(self.most));
        }
        let outbox = &mut *self.outbox;
        let end = outbox.used.saturating_add(self.length);
        if end <= outbox.bytes.len() {
            let free = behind(outbox.start, outbox.used, outbox.bytes.len());
            let place = behind(free, at, outbox.bytes.len());
            outbox.write(place, bytes);
        }
        Ok(())
    }
}

impl<D> Draft<'_, D> {
    /// Sends the message to `to`. Returns false if there is no room; then `to` is dropped.
    pub(super) fn finish(self, to: D) -> bool {
        let outbox = self.outbox;
        let used = outbox.used.saturating_add(self.length);
        let is_full = used > outbox.bytes.len() || outbox.count >= outbox.entries.len();
        if is_full || self.length > self.most {
            return false;
        }
        let place = behind(outbox.first, outbox.count, outbox.entries.len());
        let Some(entry) = outbox.entries.get_mut(place) else {
            return false;
        };
        // INVARIANT: The entry and its bytes, which `put()` has copied, are behind the others.
        *entry = Some(Entry {
            to,
            length: self.length,
        });
        outbox.count = outbox.count.saturating_add(1);
        outbox.used = used;
        true
    }
}
