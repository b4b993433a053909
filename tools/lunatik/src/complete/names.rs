// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The names of runtimes, from the kernel.

use std::{collections::BTreeMap, ffi::OsStr, time::Duration};

use lunatik_abi::abi::{Reply, Request, StatusRow};

use crate::{channel::Channel, device, failure::Failure, session::Session};

use super::Candidate;

/// The time limit for the kernel's answer. A user who presses Tab does not wait longer.
pub const PATIENCE: Duration = Duration::from_secs(1);

/// Which runtimes to name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// All that the kernel knows.
    All,
    /// Those that have not ended.
    Running,
    /// Those that have a log, whether they have ended or not.
    Logs,
}

impl Which {
    fn includes(self, row: &StatusRow<'_>) -> bool {
        match self {
            Self::All => true,
            Self::Running => !row.state.has_ended(),
            Self::Logs => row.parent == 0,
        }
    }
}

/// The names that begin with `typed`. `None` if the kernel does not answer.
pub fn matching(which: Which, typed: &OsStr) -> Vec<Candidate> {
    let Some(typed) = typed.to_str() else {
        return Vec::new();
    };
    ask(which)
        .unwrap_or_default()
        .into_iter()
        .filter(|(name, _)| name.starts_with(typed))
        .map(|(name, description)| Candidate::new(name, description))
        .collect()
}

/// Asks the kernel for names and the descriptions of their runtimes.
fn ask(which: Which) -> Result<BTreeMap<String, String>, Failure> {
    if !device::is_present() {
        return Ok(BTreeMap::new());
    }
    let channel = Channel::new(device::open()?.into(), None);
    read(channel.within(PATIENCE), which)
}

/// As [`ask`], through `channel`.
pub(super) fn read(channel: Channel, which: Which) -> Result<BTreeMap<String, String>, Failure> {
    let mut names = BTreeMap::new();
    let request = Request::Status {
        name: None,
        clear: false,
    };
    Session::new(channel)?.request(&request, &mut |reply| {
        if let Reply::Status(row) = reply {
            if which.includes(row) {
                names.extend(described(row));
            }
        }
        Ok(())
    })?;
    Ok(names)
}

/// The name and the description of a runtime. `None` if a command line could not contain the name.
fn described(row: &StatusRow<'_>) -> Option<(String, String)> {
    let name = std::str::from_utf8(row.name).ok()?;
    if name.is_empty() || name.starts_with('-') {
        return None;
    }
    let kind = String::from_utf8_lossy(row.kind);
    let kind: String = kind.chars().filter(|c| !c.is_control()).collect();
    Some((name.to_owned(), format!("{kind}, {}", row.state.name())))
}
