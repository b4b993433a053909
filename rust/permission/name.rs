// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The names of permissions.

/// What the value of a grant means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// Nothing: a value is accepted and ignored.
    Ignored,
    /// A pattern of paths.
    Paths,
    /// A pattern of names.
    Names,
}

/// The part of a name before the colon: a kind of thing that needs permission.
#[derive(Debug, PartialEq, Eq)]
pub struct Base {
    /// The name.
    pub name: &'static str,
    /// What may follow the colon.
    pub subs: &'static [&'static str],
    /// What values mean.
    pub values: Values,
    /// Whether `all` on the command line includes it.
    pub in_all: bool,
}

const fn base(name: &'static str, subs: &'static [&'static str], values: Values) -> Base {
    Base {
        name,
        subs,
        values,
        in_all: true,
    }
}

/// All bases, in the order in which they are shown.
pub const BASES: &[Base] = &[
    base("load", &[], Values::Ignored),
    base("fs", &["read", "write"], Values::Paths),
    base("exec", &[], Values::Ignored),
    base("device", &[], Values::Names),
    base("thread", &[], Values::Ignored),
    base("runner", &[], Values::Names),
    base("rcu", &[], Values::Ignored),
    Base {
        name: "env",
        subs: &[],
        values: Values::Names,
        in_all: false,
    },
    base("netfilter", &["modify"], Values::Names),
    // These are for future bindings: nothing asks for them yet.
    base("network", &["tcp", "udp", "http"], Values::Names),
    base("probe", &[], Values::Names),
];

/// A permission that a binding asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// To turn text into code.
    Load,
    /// To read a file; the value is its path.
    FsRead,
    /// To make, change or remove a file; the value is its path.
    FsWrite,
    /// To start a program of user space.
    Exec,
    /// To make a device node; the value is its name.
    Device,
    /// To run code in another thread.
    Thread,
    /// To start, resume, interrupt or stop a runtime; the value is its name.
    Runner,
    /// To use tables that are shared with other runtimes.
    Rcu,
    /// To read the environment; the value is a variable's name.
    Env,
    /// To decide about packets; the value is a hook point: `inet/pre_routing`.
    Netfilter,
    /// To change the packets of a hook point; the value is the same.
    NetfilterModify,
}

impl Permission {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Load,
        Self::FsRead,
        Self::FsWrite,
        Self::Exec,
        Self::Device,
        Self::Thread,
        Self::Runner,
        Self::Rcu,
        Self::Env,
        Self::Netfilter,
        Self::NetfilterModify,
    ];

    /// The full name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::FsRead => "fs:read",
            Self::FsWrite => "fs:write",
            Self::Exec => "exec",
            Self::Device => "device",
            Self::Thread => "thread",
            Self::Runner => "runner",
            Self::Rcu => "rcu",
            Self::Env => "env",
            Self::Netfilter => "netfilter",
            Self::NetfilterModify => "netfilter:modify",
        }
    }

    /// The bit of this permission in a mask.
    pub(super) const fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// The part of a full name before the colon, and the part after it.
pub fn split(name: &[u8]) -> (&[u8], Option<&[u8]>) {
    let colon = name.iter().position(|&byte| byte == b':');
    match colon.and_then(|at| Some((name.get(..at)?, name.get(at.checked_add(1)?..)?))) {
        Some((base, sub)) => (base, Some(sub)),
        None => (name, None),
    }
}

/// The base of this name.
pub fn find(name: &[u8]) -> Option<&'static Base> {
    BASES.iter().find(|base| base.name.as_bytes() == name)
}
