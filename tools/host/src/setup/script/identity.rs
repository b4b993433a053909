// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Calls about who the process is: its session, its group, its users.

use nix::{
    sys::prctl,
    unistd::{self, Gid, Pid, Uid},
};

use super::{calls::Calls, values::Id};

/// Adds them.
pub fn define(calls: &Calls<'_>) -> mlua::Result<()> {
    calls.add("setsid", |()| {
        unistd::setsid().map(|session| i64::from(session.as_raw()))
    })?;
    calls.add("setpgid", |(process, group): (i32, i32)| {
        unistd::setpgid(Pid::from_raw(process), Pid::from_raw(group))
    })?;
    calls.add("setresuid", |(real, effective, saved): (Id, Id, Id)| {
        let [real, effective, saved] = [real, effective, saved].map(|id| Uid::from_raw(id.0));
        unistd::setresuid(real, effective, saved)
    })?;
    calls.add("setresgid", |(real, effective, saved): (Id, Id, Id)| {
        let [real, effective, saved] = [real, effective, saved].map(|id| Gid::from_raw(id.0));
        unistd::setresgid(real, effective, saved)
    })?;
    calls.add("setgroups", |groups: Vec<Id>| {
        let groups: Vec<Gid> = groups.iter().map(|id| Gid::from_raw(id.0)).collect();
        unistd::setgroups(&groups)
    })?;
    calls.add_global("set_no_new_privs", |()| prctl::set_no_new_privs())
}
