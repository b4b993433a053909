// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Injects failures of allocations, for tests.

/// Says which allocations fail.
pub(super) struct Failures {
    /// Allocations until one fails, including that one; 0 means never.
    after: u64,
    /// Fail all allocations after the first failed one, too.
    on: bool,
    /// Whether the first of the two attempts that Lua makes has failed.
    failed_once: bool,
}

impl Failures {
    /// No allocation fails.
    pub(super) const fn new() -> Self {
        Self::after(0, false)
    }

    /// The `count`th allocation from now fails, and with `on` all later ones, too.
    pub(super) const fn after(count: u64, on: bool) -> Self {
        Self {
            after: count,
            on,
            failed_once: false,
        }
    }

    /// Whether the next allocation must fail.
    #[inline]
    pub(super) fn next(&mut self) -> bool {
        if self.after == 0 {
            return false;
        }
        if self.after > 1 {
            self.after -= 1;
            return false;
        }
        if !self.on {
            // Lua collects its garbage and tries once more; the second attempt fails, too.
            if self.failed_once {
                self.after = 0;
            }
            self.failed_once = !self.failed_once;
        }
        true
    }
}
