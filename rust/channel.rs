// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! How runtimes talk to each other.

pub(crate) mod actor;
pub(crate) mod buffer;
pub(crate) mod entries;
pub(crate) mod family;
pub(crate) mod mailbox;
pub(crate) mod posting;
pub(crate) mod process;
pub(crate) mod queue;
pub(crate) mod receipts;
pub(crate) mod service;
pub(crate) mod worker;
