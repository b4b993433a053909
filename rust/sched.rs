// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Who executes a runtime.

pub(crate) mod claim;
pub(crate) mod crew;
pub(crate) mod pool;
pub(crate) mod resume;
pub(crate) mod start;
pub(crate) mod thread;
