// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Which tables a message has so far.

use core::{ffi::c_void, ptr};
use kernel::prelude::*;

/// Different tables that a message may have.
pub(super) const MAX_TABLES: u32 = 1 << 20;

/// Why a table is not noted.
pub(super) enum SeenError {
    NoMemory,
    /// There are [`MAX_TABLES`] already.
    TooMany,
}

/// Tables that are found by looking at each.
const NEAR: usize = 8;

/// The tables that a message has so far, by address, and numbered in the order in which they came.
///
/// A few lie in an array; more also in an open-addressing hash table.
pub(super) struct Seen {
    near: [*const c_void; NEAR],
    slots: KVVec<(*const c_void, u32)>,
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

    fn place(slots: &[(*const c_void, u32)], table: *const c_void) -> Option<usize> {
        // The length is a power of two, and less than half of the slots are taken.
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

    fn grow(&mut self) -> Result<(), SeenError> {
        let size = self.slots.len().saturating_mul(2).max(NEAR * 4);
        let mut slots: KVVec<(*const c_void, u32)> =
            KVVec::from_elem((ptr::null(), 0), size, GFP_KERNEL_ACCOUNT)
                .map_err(|_| SeenError::NoMemory)?;
        let mut move_in = |table, number| {
            let place = Self::place(&slots, table);
            if let Some(slot) = place.and_then(|place| slots.as_mut_slice().get_mut(place)) {
                *slot = (table, number);
            }
        };
        if self.slots.is_empty() {
            for (&table, number) in self.near.iter().zip(0..) {
                move_in(table, number);
            }
        }
        for &(table, number) in self.slots.iter().filter(|slot| !slot.0.is_null()) {
            move_in(table, number);
        }
        self.slots = slots;
        Ok(())
    }

    /// The number of a table that has come before; else notes it, under the next number.
    pub(super) fn find_or_add(&mut self, table: *const c_void) -> Result<Option<u32>, SeenError> {
        // CAST: a usize has at least 32 bits.
        let count = self.count as usize;
        if count < NEAR {
            let so_far = self.near.iter().take(count);
            if let Some((_, number)) = so_far.zip(0..).find(|(seen, _)| ptr::eq(**seen, table)) {
                return Ok(Some(number));
            }
            if let Some(slot) = self.near.get_mut(count) {
                *slot = table;
            }
        } else {
            if self.count >= MAX_TABLES {
                return Err(SeenError::TooMany);
            }
            if count.saturating_mul(2) >= self.slots.len() {
                self.grow()?;
            }
            let place = Self::place(&self.slots, table);
            if let Some(slot) = place.and_then(|place| self.slots.as_mut_slice().get_mut(place)) {
                if !slot.0.is_null() {
                    return Ok(Some(slot.1));
                }
                *slot = (table, self.count);
            }
        }
        self.count = self.count.saturating_add(1);
        Ok(None)
    }
}
