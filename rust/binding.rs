// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What functions of Rust need that Lua calls: their arguments, their permissions, their errors.

pub(crate) mod arguments;
pub(crate) mod errno;
pub(crate) mod limits;
pub(crate) mod needs;
