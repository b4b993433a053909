// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The actor: a Lua of its own, which runs a module.

use std::process::ExitCode;

use crate::{link::Link, setup::Settings};

/// Runs the module, and returns when the actor has ended.
pub fn run(link: Link, settings: &Settings) -> ExitCode {
    let _ = (link, settings);
    todo!()
}
