// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Who executes a runtime.

pub(crate) mod program;
pub(crate) mod reaper;
pub(crate) mod thread;
