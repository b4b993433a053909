// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Free pages that a heap keeps for its next spans.

use core::ptr;

/// The most pages kept.
const PAGES: usize = 8;

/// Pages that nobody uses.
///
/// # Invariants
///
/// `pages[..count]` were put in and not taken out since.
pub(super) struct Stock {
    pages: [*mut u8; PAGES],
    count: usize,
}

impl Stock {
    /// Makes an empty stock.
    pub(super) const fn new() -> Self {
        // INVARIANT: It is empty.
        Self {
            pages: [ptr::null_mut(); PAGES],
            count: 0,
        }
    }

    /// Removes a page and returns it.
    pub(super) fn take(&mut self) -> Option<*mut u8> {
        // INVARIANT: One less.
        self.count = self.count.checked_sub(1)?;
        self.pages.get(self.count).copied()
    }

    /// Adds a page. Returns false if there is no room.
    pub(super) fn put(&mut self, page: *mut u8) -> bool {
        let Some(place) = self.pages.get_mut(self.count) else {
            return false;
        };
        // INVARIANT: One more.
        *place = page;
        self.count += 1;
        true
    }
}
