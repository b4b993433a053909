// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Calls of Landlock, by which a process restricts itself.

use std::{
    mem,
    os::fd::{AsRawFd, RawFd},
    ptr,
};

use libc::c_long;
use mlua::{Error, Table, Value};
use nix::errno::Errno;

use super::{
    calls::{Calls, Fault},
    values::{wrong, Number},
};

/// The rights on files; the index of a name is its bit.
pub const FILES: [&str; 16] = [
    "execute",
    "write_file",
    "read_file",
    "read_dir",
    "remove_dir",
    "remove_file",
    "make_char",
    "make_dir",
    "make_reg",
    "make_sock",
    "make_fifo",
    "make_block",
    "make_sym",
    "refer",
    "truncate",
    "ioctl_dev",
];

/// The rights on ports; the index of a name is its bit.
pub const NET: [&str; 2] = ["bind_tcp", "connect_tcp"];

/// The kinds of objects that a process can be kept from reaching outside; the index of a name is its bit.
pub const SCOPES: [&str; 2] = ["abstract_unix_socket", "signal"];

/// Asks for the version instead of a set of rules.
pub const CREATE_RULESET_VERSION: u32 = 1;

/// The kind of a rule about the files below a folder.
pub const RULE_PATH_BENEATH: u32 = 1;

/// The kind of a rule about a port.
pub const RULE_NET_PORT: u32 = 2;

/// `struct landlock_ruleset_attr`. Kernels that know less of it take it while the rest is zero.
#[repr(C)]
struct Ruleset {
    handled_access_fs: u64,
    handled_access_net: u64,
    scoped: u64,
}

/// `struct landlock_path_beneath_attr`.
#[repr(C, packed)]
struct PathBeneath {
    allowed_access: u64,
    parent_fd: RawFd,
}

/// `struct landlock_net_port_attr`.
#[repr(C)]
struct NetPort {
    allowed_access: u64,
    port: u64,
}

/// Adds them.
pub fn define(calls: &Calls<'_>) -> mlua::Result<()> {
    calls.add(
        "landlock_create_ruleset",
        |(attributes, flags): (Option<Table>, Value)| create(attributes.as_ref(), &flags),
    )?;
    calls.add(
        "landlock_add_rule",
        |(ruleset, kind, attributes): (Number, Value, Table)| add(&ruleset, &kind, &attributes),
    )?;
    calls.add("landlock_restrict_self", |ruleset: Number| {
        let ruleset = ruleset.descriptor()?;
        // SAFETY: The call takes numbers alone.
        let result =
            unsafe { libc::syscall(libc::SYS_landlock_restrict_self, ruleset.as_raw_fd(), 0) };
        Errno::result(result).map(drop)
    })
}

/// Makes a set of rules and returns its descriptor, or returns the version if the flags ask for it.
fn create(attributes: Option<&Table>, flags: &Value) -> Result<i64, Fault> {
    let flags = mask(flags, &["version"], "flags")? as u32;
    let attributes = match attributes {
        None => None,
        Some(table) => Some(Ruleset {
            handled_access_fs: mask(
                &table.get("handled_access_fs")?,
                &FILES,
                "handled_access_fs",
            )?,
            handled_access_net: mask(
                &table.get("handled_access_net")?,
                &NET,
                "handled_access_net",
            )?,
            scoped: mask(&table.get("scoped")?, &SCOPES, "scoped")?,
        }),
    };
    let (address, size) = match &attributes {
        None => (ptr::null(), 0),
        Some(attributes) => (ptr::from_ref(attributes), mem::size_of::<Ruleset>()),
    };
    // SAFETY: `address` is null with no bytes, or that of a structure of `size` bytes, which the call only reads.
    let result = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, address, size, flags) };
    Ok(Errno::result(result)?)
}

/// Adds a rule to a set.
fn add(ruleset: &Number, kind: &Value, attributes: &Table) -> Result<(), Fault> {
    let access: Value = attributes.get("allowed_access")?;
    match kind_of(kind)? {
        RULE_PATH_BENEATH => {
            let parent: Number = attributes.get("parent_fd")?;
            let rule = PathBeneath {
                allowed_access: mask(&access, &FILES, "allowed_access")?,
                parent_fd: parent.descriptor()?.as_raw_fd(),
            };
            add_rule(ruleset, RULE_PATH_BENEATH, &rule)
        }
        _ => {
            let rule = NetPort {
                allowed_access: mask(&access, &NET, "allowed_access")?,
                port: attributes.get("port")?,
            };
            add_rule(ruleset, RULE_NET_PORT, &rule)
        }
    }
}

/// Calls the system. `rule` is the structure of its kind.
fn add_rule<T>(ruleset: &Number, kind: u32, rule: &T) -> Result<(), Fault> {
    let ruleset = ruleset.descriptor()?.as_raw_fd();
    let rule = ptr::from_ref(rule);
    // SAFETY: The callers pass the structure that belongs to `kind`, and the call only reads it.
    let result: c_long =
        unsafe { libc::syscall(libc::SYS_landlock_add_rule, ruleset, kind, rule, 0) };
    Ok(Errno::result(result).map(drop)?)
}

/// The kind of a rule: its name, or its number.
fn kind_of(kind: &Value) -> Result<u32, Error> {
    match kind {
        Value::Integer(1) => Ok(RULE_PATH_BENEATH),
        Value::Integer(2) => Ok(RULE_NET_PORT),
        Value::String(name) if name.as_bytes() == b"path_beneath" => Ok(RULE_PATH_BENEATH),
        Value::String(name) if name.as_bytes() == b"net_port" => Ok(RULE_NET_PORT),
        _ => Err(wrong(
            kind,
            "rule_type",
            "it is neither path_beneath nor net_port",
        )),
    }
}

/// The bits of a list of names, of an integer, or of nothing.
fn mask(value: &Value, names: &[&str], what: &str) -> Result<u64, Error> {
    match value {
        Value::Nil => Ok(0),
        Value::Integer(bits) => Ok(bits.cast_unsigned()),
        Value::Table(list) => {
            let mut bits = 0;
            for name in list.sequence_values::<String>() {
                let name = name?;
                let Some(place) = names.iter().position(|known| *known == name) else {
                    return Err(wrong(value, what, &format!("it has no {name:?}")));
                };
                bits |= 1 << place;
            }
            Ok(bits)
        }
        _ => Err(wrong(
            value,
            what,
            "it is neither a list of names nor an integer",
        )),
    }
}
