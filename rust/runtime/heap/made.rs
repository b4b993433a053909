// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Counts the objects of a heap.

use crate::sys::lua::{LUA_TSTRING, LUA_TTHREAD};

/// How many objects of each type from strings to threads were made.
#[derive(Clone, Copy, Default)]
pub(crate) struct Made([u64; Self::TYPES]);

impl Made {
    const FIRST: usize = LUA_TSTRING as usize;
    const TYPES: usize = LUA_TTHREAD as usize + 1 - Self::FIRST;

    /// Counts a new block. Lua passes the type of the object that it is for in place of the size of a
    /// former block.
    pub(super) fn count(&mut self, kind: usize) {
        if let Some(count) = self.0.get_mut(kind.wrapping_sub(Self::FIRST)) {
            *count = count.wrapping_add(1);
        }
    }

    /// How many objects of the type with this number in Lua were made.
    pub(crate) fn of(&self, kind: u32) -> u64 {
        let place = (kind as usize).wrapping_sub(Self::FIRST);
        self.0.get(place).copied().unwrap_or(0)
    }
}
