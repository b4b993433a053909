// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Finds every recursion in the module as it was built, and the longest path below each check of
//! the stack. `Documentation/stack.md` says how, and how to read what it reports.

pub mod flow;
pub mod graph;
pub mod list;
pub mod module;
pub mod value;
