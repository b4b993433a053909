// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Calls about files and folders.

use std::os::fd::IntoRawFd;

use mlua::LuaString;
use nix::{
    errno::Errno,
    fcntl::{self, AtFlags, OFlag, AT_FDCWD},
    sys::stat::{self, FchmodatFlags, Mode},
    unistd::{self, Gid, Uid},
};

use super::{
    calls::Calls,
    values::{Id, Number, Text},
    BUDGET,
};

/// Adds them.
pub fn define(calls: &Calls<'_>) -> mlua::Result<()> {
    calls.add("read", |(number, size): (Number, i64)| read(&number, size))?;
    calls.add("write", |(number, bytes): (Number, LuaString)| {
        // CAST: A Lua string is shorter than 2^63 bytes.
        unistd::write(number.descriptor()?, &bytes.as_bytes()).map(|count| count as i64)
    })?;
    calls.add("open", |(path, flags, mode): (Text, i32, Option<u32>)| {
        let flags = OFlag::from_bits_retain(flags);
        fcntl::open(&*path, flags, bits(mode.unwrap_or(0)))
            .map(|descriptor| i64::from(descriptor.into_raw_fd()))
    })?;
    calls.add("mkdir", |(path, mode): (Text, u32)| {
        unistd::mkdir(&*path, bits(mode))
    })?;
    calls.add("chdir", |path: Text| unistd::chdir(&*path))?;
    calls.add("link", |(target, path): (Text, Text)| {
        unistd::linkat(AT_FDCWD, &*target, AT_FDCWD, &*path, AtFlags::empty())
    })?;
    calls.add("symlink", |(target, path): (Text, Text)| {
        unistd::symlinkat(&*target, AT_FDCWD, &*path)
    })?;
    calls.add("chown", |(path, user, group): (Text, Id, Id)| {
        let (user, group) = (Uid::from_raw(user.0), Gid::from_raw(group.0));
        unistd::chown(&*path, Some(user), Some(group))
    })?;
    calls.add("chmod", |(path, mode): (Text, u32)| {
        stat::fchmodat(AT_FDCWD, &*path, bits(mode), FchmodatFlags::FollowSymlink)
    })?;
    calls.add("umask", |mask: u32| {
        Ok::<_, Errno>(i64::from(stat::umask(bits(mask)).bits()))
    })
}

/// All bits go to the system, which knows which of them are wrong.
fn bits(mode: u32) -> Mode {
    Mode::from_bits_retain(mode)
}

/// Reads up to `size` bytes. No more than the script may have are asked for.
fn read(number: &Number, size: i64) -> Result<Vec<u8>, Errno> {
    let size = usize::try_from(size).map_err(|_| Errno::EINVAL)?;
    let mut buffer = vec![0; size.min(BUDGET)];
    let count = unistd::read(number.descriptor()?, &mut buffer)?;
    buffer.truncate(count);
    Ok(buffer)
}
