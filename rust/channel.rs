// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! How runtimes talk to each other.

pub(crate) mod mailbox;
pub(crate) mod worker;
