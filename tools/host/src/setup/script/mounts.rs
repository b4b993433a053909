// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Calls about what is mounted, and where the root is.

use nix::{
    mount::{self, MntFlags, MsFlags},
    unistd,
};

use super::{calls::Calls, values::Text};

/// Source, target, type, flags and data of mount(2).
type Mount = (Option<Text>, Text, Option<Text>, u64, Option<Text>);

/// Adds them.
pub fn define(calls: &Calls<'_>) -> mlua::Result<()> {
    calls.add("mount", |(source, target, kind, flags, data): Mount| {
        mount::mount(
            source.as_deref(),
            &*target,
            kind.as_deref(),
            MsFlags::from_bits_retain(flags),
            data.as_deref(),
        )
    })?;
    calls.add("umount", |target: Text| mount::umount(&*target))?;
    calls.add("umount2", |(target, flags): (Text, i32)| {
        mount::umount2(&*target, MntFlags::from_bits_retain(flags))
    })?;
    calls.add("pivot_root", |(new, old): (Text, Text)| {
        unistd::pivot_root(&*new, &*old)
    })?;
    calls.add("chroot", |path: Text| unistd::chroot(&*path))
}
