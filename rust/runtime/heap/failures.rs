// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Allocations that are made to fail, for tests.

/// Which allocation fails.
pub(super) struct Failures {
    /// Allocations to go until one fails; 0 is never.
    after: u64,
    /// Fail all allocations after the first failed one, too.
    on: bool,
    /// Whether the first of the two attempts that Lua makes has failed.
    failed_once: bool,
}

impl Failures {
    /// None.
    pub(super) const fn new() -> Self {
        Self::after(0, false)
    }

    /// The `count`th from now, and with `on` all later ones, too.
    pub(super) const fn after(count: u64, on: bool) -> Self {
        Self {
            after: count,
            on,
            failed_once: false,
        }
    }

    /// Whether the next one is to fail.
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
            // Lua collects its garbage and tries once more; that fails, too.
            if self.failed_once {
                self.after = 0;
            }
            self.failed_once = !self.failed_once;
        }
        true
    }
}
