// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The parts of the `lunatik` command.

pub mod channel;
pub mod check;
pub mod cli;
pub mod commands;
pub mod complete;
pub mod device;
pub mod duration;
pub mod excerpt;
pub mod explain;
pub mod failure;
pub mod folded;
pub mod json;
pub mod log;
pub mod manual;
pub mod metrics;
pub mod moment;
pub mod number;
pub mod observing;
pub mod pledge;
pub mod repl;
pub mod report;
pub mod script;
pub mod session;
pub mod shebang;
pub mod signals;
pub mod size;
pub mod syntax;
pub mod table_text;
pub mod top;
pub mod value;
