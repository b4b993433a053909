// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Calls about the capabilities of the process.

mod text;

use std::str::FromStr;

use caps::Capability;
use libc::{c_int, c_ulong};
use nix::errno::Errno;

use self::text::Sets;
use super::calls::Calls;

/// The layout of [`Header`] and [`Data`]: 64 capabilities.
const VERSION: u32 = 0x2008_0522;

/// `struct __user_cap_header_struct`.
#[repr(C)]
struct Header {
    version: u32,
    pid: c_int,
}

/// `struct __user_cap_data_struct`: 32 capabilities.
#[repr(C)]
struct Data {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// Adds them.
pub fn define(calls: &Calls<'_>) -> mlua::Result<()> {
    calls.add("cap_set_proc", |text: String| {
        set(&Sets::parse(&text).ok_or(Errno::EINVAL)?)
    })?;
    calls.add("cap_drop_bound", |name: String| {
        control(libc::PR_CAPBSET_DROP, number(&name)?, 0)
    })?;
    calls.add("cap_set_ambient", |(name, raised): (String, bool)| {
        let action = match raised {
            true => libc::PR_CAP_AMBIENT_RAISE,
            false => libc::PR_CAP_AMBIENT_LOWER,
        };
        control(libc::PR_CAP_AMBIENT, ambient(action), number(&name)?)
    })?;
    calls.add("cap_reset_ambient", |()| {
        control(
            libc::PR_CAP_AMBIENT,
            ambient(libc::PR_CAP_AMBIENT_CLEAR_ALL),
            0,
        )
    })?;
    calls.add("cap_set_secbits", |bits: u32| {
        control(libc::PR_SET_SECUREBITS, c_ulong::from(bits), 0)
    })
}

/// The capability of this name, in letters of either case.
fn capability(name: &str) -> Option<Capability> {
    Capability::from_str(&name.to_ascii_uppercase()).ok()
}

/// Its number.
fn number(name: &str) -> Result<c_ulong, Errno> {
    let capability = capability(name).ok_or(Errno::EINVAL)?;
    Ok(c_ulong::from(capability.index()))
}

/// The number of an action on the ambient set. They are all positive.
fn ambient(action: c_int) -> c_ulong {
    c_ulong::from(action.unsigned_abs())
}

/// prctl(2), for what takes numbers alone.
fn control(operation: c_int, first: c_ulong, second: c_ulong) -> Result<(), Errno> {
    const NOTHING: c_ulong = 0;
    // SAFETY: None of the operations above takes an address.
    let result = unsafe { libc::prctl(operation, first, second, NOTHING, NOTHING) };
    Errno::result(result).map(drop)
}

/// Makes these the sets of the process.
fn set(sets: &Sets) -> Result<(), Errno> {
    let header = Header {
        version: VERSION,
        pid: 0,
    };
    // CAST: Each half has 32 bits.
    let data = [0, 32].map(|half| Data {
        effective: (sets.effective >> half) as u32,
        permitted: (sets.permitted >> half) as u32,
        inheritable: (sets.inheritable >> half) as u32,
    });
    // SAFETY: Of this version, the call reads a header and two structures of data. The version is one that it knows, so
    // it does not write the header.
    let result = unsafe { libc::syscall(libc::SYS_capset, &raw const header, data.as_ptr()) };
    Errno::result(result).map(drop)
}
