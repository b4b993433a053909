// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! From the start that the kernel sends to a process that is as the script has asked.

use std::{io, process::ExitCode};

use crate::link::Link;

/// What the actor needs to know.
pub struct Settings {
    /// The module that it runs.
    pub module: Vec<u8>,
    /// The folder of the script that has made it; empty, if there is none.
    pub directory: Vec<u8>,
    /// The path of that script's file; empty, if there is none.
    pub entry: Vec<u8>,
}

/// What the process is to do after it is set up.
pub enum Role {
    /// To host the actor.
    Actor(Settings),
    /// To end with this status.
    Ended(ExitCode),
}

/// Sets the process up. Tells the kernel.
pub fn set_up(link: &mut Link) -> io::Result<Role> {
    let _ = link;
    todo!()
}
