// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The tables that are being written into a message.

use kernel::{alloc::Flags, prelude::*};

use super::{failure::Failure, seen::Seen};
use crate::lua::Table;

/// Open tables that need no memory.
const NEAR: usize = 8;

/// The tables that are being written, the innermost last.
pub(super) struct Open<'a> {
    near: [Option<Table<'a>>; NEAR],
    far: KVec<Table<'a>>,
    depth: usize,
}

impl<'a> Open<'a> {
    /// Whether none is open.
    pub(super) fn is_empty(&self) -> bool {
        self.depth == 0
    }

    /// A table begins inside the innermost one.
    pub(super) fn push(
        &mut self,
        table: Table<'a>,
        flags: Flags,
    ) -> core::result::Result<(), Failure> {
        match self.near.get_mut(self.depth) {
            Some(slot) => *slot = Some(table),
            None => self.far.push(table, flags)?,
        }
        self.depth = self.depth.saturating_add(1);
        Ok(())
    }

    /// The innermost table ends.
    pub(super) fn pop(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        // Nothing, if the last one was near.
        self.far.pop();
    }

    /// The innermost one.
    pub(super) fn last(&mut self) -> Option<&mut Table<'a>> {
        match self.far.last_mut() {
            Some(table) => Some(table),
            None => self.near.get_mut(self.depth.checked_sub(1)?)?.as_mut(),
        }
    }

    /// From the outermost on.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Table<'a>> {
        let near = self.near.iter().take(self.depth).flatten();
        Iterator::chain(near, self.far.iter())
    }
}

/// What it takes to write tables.
pub(super) struct Tables<'a> {
    pub(super) seen: Seen,
    pub(super) open: Open<'a>,
}

impl Tables<'_> {
    /// Before the first table.
    pub(super) fn new() -> Self {
        Self {
            seen: Seen::new(),
            open: Open {
                near: [None; NEAR],
                far: KVec::new(),
                depth: 0,
            },
        }
    }
}
