// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Finds every recursion in the built module, and the longest path below each check of the stack.
//! `Documentation/stack.md` explains how, and how to read the report.

pub mod flow;
pub mod graph;
pub mod list;
pub mod module;
pub mod value;
