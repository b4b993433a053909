// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The set of tables that a message contains so far.

use core::{ffi::c_void, mem, ptr};
use kernel::prelude::*;

use super::block::{self, BlockError};
use crate::lua::State;

/// The most different tables in a message.
pub(super) const MAX_TABLES: u32 = 1 << 20;

/// Why a table was not added.
pub(super) enum SeenError {
    NoMemory,
    /// The sending code must end.
    Ended,
    /// The set has [`MAX_TABLES`] tables already.
    TooMany,
    /// The set has [`NEAR`] tables already, and must not grow.
    NearIsFull,
}

impl From<BlockError> for SeenError {
    fn from(error: BlockError) -> Self {
        match error {
            BlockError::NoMemory => Self::NoMemory,
            BlockError::Ended => Self::Ended,
        }
    }
}

/// The number of tables that are found by linear search.
pub(super) const NEAR: usize = 8;

/// Slots that are visited between two polls.
const PIECE: usize = 4096;

/// A table and its number; a null table if the slot is free.
type Slot = (*const c_void, u32);

/// The tables that a message contains so far, found by address, and numbered in the order of their
/// arrival.
///
/// A few tables are in an array. If there are more, all are also in an open-addressing hash table.
pub(super) struct Seen {
    near: [*const c_void; NEAR],
    slots: KVVec<Slot>,
    count: u32,
}

impl Seen {
    pub(super) fn new() -> Self {
        Self {
            near: [ptr::null(); NEAR],
            slots: KVVec::new(),
            count: 0,
        }
    }

    fn place(slots: &[Slot], table: *const c_void) -> Option<usize> {
        // The length is a power of two, and less than half of the slots are in use.
        let mask = slots.len().checked_sub(1)?;
        let mut place = (table.addr() >> 4).wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as usize) >> 7;
        loop {
            place &= mask;
            let (found, _) = slots.get(place)?;
            if found.is_null() || ptr::eq(*found, table) {
                return Some(place);
            }
            place = place.wrapping_add(1);
        }
    }

    fn grow(&mut self, state: State) -> Result<(), SeenError> {
        let size = self.slots.len().saturating_mul(2).max(NEAR * 4);
        let mut larger = block::take(state, size)?;
        let grown = self.move_to(state, &mut larger, size);
        if grown.is_ok() {
            mem::swap(&mut self.slots, &mut larger);
        }
        block::give_back(larger);
        grown
    }

    /// Copies all tables to `slots`, an empty block with room for `size` slots.
    fn move_to(&self, state: State, slots: &mut KVVec<Slot>, size: usize) -> Result<(), SeenError> {
        while slots.len() < size {
            let free = [(ptr::null(), 0); 32];
            slots
                .extend_from_slice(&free, state.context().allocation())
                .map_err(|_| SeenError::NoMemory)?;
            if slots.len() % PIECE == 0 && state.look_up() {
                return Err(SeenError::Ended);
            }
        }
        let mut move_in = |table, number| {
            let place = Self::place(slots, table);
            if let Some(slot) = place.and_then(|place| slots.as_mut_slice().get_mut(place)) {
                *slot = (table, number);
            }
        };
        if self.slots.is_empty() {
            for (&table, number) in self.near.iter().zip(0..) {
                move_in(table, number);
            }
        }
        for piece in self.slots.chunks(PIECE) {
            if piece.len() == PIECE && state.look_up() {
                return Err(SeenError::Ended);
            }
            for &(table, number) in piece.iter().filter(|slot| !slot.0.is_null()) {
                move_in(table, number);
            }
        }
        Ok(())
    }

    /// The number of `table`, if it is one of the first [`NEAR`].
    fn find_near(&self, table: *const c_void) -> Option<u32> {
        // CAST: a usize has at least 32 bits.
        let so_far = self.near.iter().take(self.count as usize);
        let found = so_far.zip(0..).find(|(seen, _)| ptr::eq(**seen, table));
        found.map(|(_, number)| number)
    }

    /// As [`find_or_add`](Self::find_or_add), but needs no memory.
    pub(super) fn find_or_add_near(
        &mut self,
        table: *const c_void,
    ) -> Result<Option<u32>, SeenError> {
        if let Some(number) = self.find_near(table) {
            return Ok(Some(number));
        }
        // CAST: As above.
        match self.near.get_mut(self.count as usize) {
            Some(slot) => *slot = table,
            None => return Err(SeenError::NearIsFull),
        }
        self.count = self.count.saturating_add(1);
        Ok(None)
    }

    /// Returns the number of a table that has come before; otherwise adds it with the next number.
    /// `state` is the state that the table belongs to. For functions that Lua has called.
    pub(super) fn find_or_add(
        &mut self,
        state: State,
        table: *const c_void,
    ) -> Result<Option<u32>, SeenError> {
        // CAST: a usize has at least 32 bits.
        let count = self.count as usize;
        if count < NEAR {
            return self.find_or_add_near(table);
        }
        if self.count >= MAX_TABLES {
            return Err(SeenError::TooMany);
        }
        if count.saturating_mul(2) >= self.slots.len() {
            self.grow(state)?;
        }
        let place = Self::place(&self.slots, table);
        if let Some(slot) = place.and_then(|place| self.slots.as_mut_slice().get_mut(place)) {
            if !slot.0.is_null() {
                return Ok(Some(slot.1));
            }
            *slot = (table, self.count);
        }
        self.count = self.count.saturating_add(1);
        Ok(None)
    }
}

impl Drop for Seen {
    fn drop(&mut self) {
        block::give_back(mem::take(&mut self.slots));
    }
}
