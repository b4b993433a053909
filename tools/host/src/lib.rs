// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The process that hosts a user-space actor: it attaches to the kernel, sets itself up as the kernel script has asked,
//! and runs the actor's module in a Lua of its own.

// The tests play the kernel, and so need these two.
#[doc(hidden)]
pub mod link;
#[doc(hidden)]
pub mod setup;

mod actor;
mod report;
mod wipe;

use std::process::ExitCode;

/// Hosts the actor that `token` stands for. The kernel starts this.
pub fn run(token: &str) -> ExitCode {
    let mut link = match link::Link::attach(token) {
        Ok(link) => link,
        Err(error) => {
            report::report(&format!(
                "lunatik: this process cannot host an actor: {error}"
            ));
            return ExitCode::FAILURE;
        }
    };
    match setup::set_up(&mut link) {
        Ok(setup::Role::Actor(settings)) => actor::run(link, &settings),
        Ok(setup::Role::Ended(code)) => code,
        Err(error) => {
            report::report(&format!("lunatik: {error}"));
            ExitCode::FAILURE
        }
    }
}
