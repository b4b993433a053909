// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Permissions: sets that say what a script may do. They are granted, narrowed, rejected and
//! sealed.
//!
//! Nothing here knows Lua or files: the host tests in `tools/permission-tests` compile these same
//! files, and the tool checks its command line with [`spec`]. Checks only read a set. Changes are
//! made to a copy, so a shared set never changes.

// Pure code: the host tests compile these as the public modules of a crate.
#[allow(unreachable_pub)]
mod glob;
#[allow(unreachable_pub)]
mod name;
#[allow(unreachable_pub)]
mod set;
mod show;
// The tool uses items that the kernel does not.
#[allow(dead_code, unreachable_pub)]
mod spec;

pub(crate) use self::{
    name::Permission,
    set::{Decision, PledgeError, Resolve, Set},
    spec::Origin, //
};
