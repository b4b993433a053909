// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Calls about namespaces, and the names that are kept in one of them.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

use mlua::LuaString;
use nix::{
    errno::Errno,
    sched::{self, CloneFlags},
    unistd,
};

use super::{
    calls::Calls,
    values::{Number, Text},
};

/// Adds them.
pub fn define(calls: &Calls<'_>) -> mlua::Result<()> {
    calls.add("unshare", |flags: i32| {
        sched::unshare(CloneFlags::from_bits_retain(flags))
    })?;
    calls.add("setns", |(number, kind): (Number, i32)| {
        sched::setns(number.descriptor()?, CloneFlags::from_bits_retain(kind))
    })?;
    calls.add("sethostname", |name: Text| {
        unistd::sethostname(OsStr::from_bytes(name.to_bytes()))
    })?;
    calls.add("setdomainname", |name: LuaString| {
        let name = name.as_bytes();
        // SAFETY: `name` has as many bytes as the call is told, and it only reads them.
        let result = unsafe { libc::setdomainname(name.as_ptr().cast(), name.len()) };
        Errno::result(result).map(drop)
    })
}
