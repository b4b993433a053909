// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What Rust functions need that Lua calls: arguments, permissions, errors.

pub(crate) mod arguments;
pub(crate) mod binary32;
pub(crate) mod errno;
pub(crate) mod limits;
pub(crate) mod mismatch;
pub(crate) mod needs;
pub(crate) mod room;
pub(crate) mod sending;
