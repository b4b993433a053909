// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! From the start that the kernel sends to a process that is as the script has asked.

mod descriptors;
mod environment;
mod failure;
mod first;
mod handover;
mod namespaces;
mod orders;
mod script;
mod signals;
mod streams;

use std::{ffi::CString, io, process::ExitCode};

use lunatik_abi::wire::{Stream, ToKernel};
use nix::{sys::prctl, unistd::chdir};

use self::{
    failure::{Failure, OrFailure},
    namespaces::Side,
    orders::Orders,
};
use crate::{
    link::Link,
    report::report,
    wipe::{wipe_stack, Wiping},
};

/// What the actor needs to know.
pub struct Settings {
    /// The module that it runs.
    pub module: Vec<u8>,
    /// The folder of the script that has made it; empty, if there is none.
    pub directory: Vec<u8>,
    /// The path of that script's file; empty, if there is none.
    pub entry: Vec<u8>,
    /// Whether the actor's context never has a second thread.
    pub single: bool,
}

/// What the process is to do after it is set up.
pub enum Role {
    /// To host the actor.
    Actor(Settings),
    /// To end with this status.
    Ended(ExitCode),
}

/// Sets the process up as the kernel orders, and tells the kernel.
///
/// The process must have one thread. The processes that are made on the way return too, or end by themselves; one of
/// them gets the role of the actor.
///
/// # Errors
///
/// Fails if the kernel sends something else than a start. What goes wrong later is reported here.
pub fn set_up(link: &mut Link) -> io::Result<Role> {
    let _wiping = Wiping::begin();
    let Some(orders) = Orders::read(link)? else {
        // The kernel has given this actor up before it began.
        return Ok(Role::Ended(ExitCode::FAILURE));
    };
    let Orders {
        settings,
        script,
        environment,
        namespaces,
        streams,
        argument,
    } = orders;
    show_name(&settings.module);
    let argument = match prepare(link, streams, argument, &environment, namespaces) {
        Ok(Some(argument)) => argument,
        Ok(None) => return Ok(Role::Ended(ExitCode::SUCCESS)),
        Err(failure) => {
            report(&format!("lunatik: {failure}"));
            // If the kernel does not take it, it notices when this process is gone.
            let _ = link.write(&ToKernel::Failed {
                errno: failure.errno as u32,
            });
            return Ok(Role::Ended(ExitCode::FAILURE));
        }
    };
    link.write(&ToKernel::Ready)?;
    if let Some(text) = script {
        if let Err(error) = script::run(&text, argument) {
            report(&format!("lunatik: {error}"));
            return Ok(Role::Ended(ExitCode::FAILURE));
        }
        drop(text);
        wipe_stack();
    }
    // SAFETY: The script is over, and it alone has opened descriptors since the streams and the link got their numbers.
    unsafe { descriptors::close_from(descriptors::LINK + 1) };
    match first::split(link) {
        Ok(()) => Ok(Role::Actor(settings)),
        Err(failure) => {
            report(&format!("lunatik: {failure}"));
            Ok(Role::Ended(ExitCode::FAILURE))
        }
    }
}

/// Has `ps` and the like show the process under the name of its module.
fn show_name(module: &[u8]) {
    let file = module.rsplit(|&byte| byte == b'/').next();
    let name = file.and_then(|file| CString::new(file.strip_suffix(b".lua").unwrap_or(file)).ok());
    if let Some(name) = name.filter(|name| !name.is_empty()) {
        // Nothing depends on it. The kernel takes the first 15 bytes.
        let _ = prctl::set_name(&name);
    }
}

/// Does all that `spawn_vm` waits for. Returns the descriptor that is the script's argument, or nothing in a process
/// that another one replaces.
fn prepare(
    link: &mut Link,
    streams: [Stream; 3],
    argument: Option<u32>,
    environment: &[(Vec<u8>, Vec<u8>)],
    namespaces: u32,
) -> Result<Option<Option<i32>>, Failure> {
    let argument = descriptors::arrange(link, streams, argument)?;
    streams::write_lines().or_failure("standard output cannot be set up")?;
    // It is that of the first process otherwise.
    chdir("/").or_failure("the folder / cannot be entered")?;
    signals::reset()?;
    environment::replace(environment)?;
    if matches!(namespaces::enter(link, namespaces)?, Side::Replaced) {
        return Ok(None);
    }
    first::keep_signals()?;
    Ok(Some(argument))
}
