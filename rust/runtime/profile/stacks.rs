// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The table of the stacks that a profile has met: how often each was found. It needs no memory
//! beyond what it begins with, so samples can be added where nothing may be allocated.
//!
//! The host tests in `tools/runtime-tests` compile this same file.

use core::ops::DerefMut;

/// A place of the table.
#[derive(Clone, Copy, Default)]
pub(crate) struct Slot {
    /// How often the stack was found; 0 in an empty slot.
    count: u64,
    hash: u32,
    /// Where the bytes of the stack are.
    start: u32,
    length: u32,
}

/// The table, in memory that its maker gives it.
///
/// # Invariants
///
/// At least a quarter of the slots is empty. So each search ends.
pub(crate) struct Stacks<S, T> {
    slots: S,
    text: T,
    stacks: usize,
    /// The bytes of `text` that are in use.
    used: usize,
}

/// What separates the calls of a stack.
const SEPARATOR: u8 = b';';

/// The bytes of a stack: that of the runtime, and its calls, if there are any.
fn bytes<'a>(runtime: &'a [u8], calls: &'a [u8]) -> impl Iterator<Item = u8> + Clone + 'a {
    let separator: &[u8] = match calls {
        [] => b"",
        _ => &[SEPARATOR],
    };
    let parts = [runtime, separator, calls];
    parts.into_iter().flatten().copied()
}

/// FNV-1a.
fn hash(bytes: impl Iterator<Item = u8>) -> u32 {
    bytes.fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

impl<S: DerefMut<Target = [Slot]>, T: DerefMut<Target = [u8]>> Stacks<S, T> {
    /// An empty table in default `slots`, and in `text` for the bytes of the stacks.
    pub(crate) fn new(slots: S, text: T) -> Self {
        // INVARIANT: All slots are empty.
        Self {
            slots,
            text,
            stacks: 0,
            used: 0,
        }
    }

    /// Counts a stack `count` more times: that of `runtime` with these `calls`. Returns whether
    /// there was room.
    pub(crate) fn add(&mut self, runtime: &[u8], calls: &[u8], count: u64) -> bool {
        let stack = bytes(runtime, calls);
        let hash = hash(stack.clone());
        let size = self.slots.len();
        let may_grow = self.stacks < size - size.div_ceil(4);
        // CAST: A hash fits.
        let mut place = (hash as usize).checked_rem(size).unwrap_or(0);
        while let Some(slot) = self.slots.get_mut(place) {
            if slot.count == 0 {
                if !may_grow || count == 0 {
                    return false;
                }
                let Some(length) = append(&mut self.text, self.used, stack) else {
                    return false;
                };
                let (Ok(start), Ok(stack_length)) =
                    (u32::try_from(self.used), u32::try_from(length))
                else {
                    return false;
                };
                // INVARIANT: There are more empty slots than a quarter.
                *slot = Slot {
                    count,
                    hash,
                    start,
                    length: stack_length,
                };
                self.used = self.used.saturating_add(length);
                self.stacks = self.stacks.saturating_add(1);
                return true;
            }
            if slot.hash == hash && stack.clone().eq(slot.bytes(&self.text).iter().copied()) {
                slot.count = slot.count.saturating_add(count);
                return true;
            }
            place = (place + 1).checked_rem(size).unwrap_or(0);
        }
        false
    }

    /// The stacks, each with how often it was found.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], u64)> {
        let found = self.slots.iter().filter(|slot| slot.count > 0);
        found.map(|slot| (slot.bytes(&self.text), slot.count))
    }
}

impl Slot {
    fn bytes<'a>(&self, text: &'a [u8]) -> &'a [u8] {
        // CAST: The address space has more than 32 bits.
        let (start, length) = (self.start as usize, self.length as usize);
        text.get(start..start.saturating_add(length))
            .unwrap_or_default()
    }
}

/// Writes `stack` at `start`, and returns how many bytes that were. `None` if there is no room.
fn append(text: &mut [u8], start: usize, stack: impl Iterator<Item = u8>) -> Option<usize> {
    let mut length: usize = 0;
    for byte in stack {
        *text.get_mut(start.checked_add(length)?)? = byte;
        length = length.checked_add(1)?;
    }
    Some(length)
}
