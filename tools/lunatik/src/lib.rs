// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The parts of the `lunatik` command.

pub mod channel;
pub mod cli;
pub mod commands;
pub mod device;
pub mod failure;
pub mod folded;
pub mod metrics;
pub mod number;
pub mod observing;
pub mod pledge;
pub mod repl;
pub mod report;
pub mod script;
pub mod session;
pub mod size;
pub mod value;
