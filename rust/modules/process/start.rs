// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Starting the process of an actor.

use kernel::prelude::*;

use super::{
    super::{actor::desk::Desk, file_descriptor},
    channel,
    children::Children, //
};
use crate::{
    channel::process::{file::Descriptor, link::Link},
    linux::{context::MaySleep, security},
    lua::{self, Error, State},
    runtime::{handle::Handle, message::Message, vm::Vm},
    wire::{MAX_SCRIPT, MAX_SETTINGS},
};

/// The arguments of `start` that the process gets, and some of their places.
const VALUES: core::ffi::c_int = 11;
const MODULE: core::ffi::c_int = 1;
const SCRIPT: core::ffi::c_int = 8;
const ENVIRONMENT: core::ffi::c_int = 11;

/// Pushes nil and an error number.
fn fail(state: State, error: kernel::error::Error) -> lua::Result {
    state.push_nil();
    state.push_integer(error.to_errno().saturating_neg().into());
    Ok(2)
}

/// `process.start(module, directory, entry, namespaces, stdin, stdout, stderr, script, argument, single, environment)`:
/// starts the process of an actor, which gets these values: see `wire/start.rs`. Returns a channel to it, and the number
/// for `process.wait`. Returns nil and an error number if it could not be started.
pub(super) fn start(state: State, _may: MaySleep<'_>) -> lua::Result {
    if security::check_integrity().is_err() {
        return fail(state, EPERM);
    }
    state.set_top(VALUES);
    let settings = Message::encode(state, ENVIRONMENT, ENVIRONMENT)?.len();
    let module = state.to_bytes(MODULE).unwrap_or_default().len();
    let script = state.to_bytes(SCRIPT).unwrap_or_default().len();
    if settings.saturating_add(module) > MAX_SETTINGS || script > MAX_SCRIPT {
        return fail(state, EMSGSIZE);
    }
    if let Err(error) = Children::reserve(state)? {
        return fail(state, error);
    }
    let runtime = Vm::runtime_of(state);
    let family = Desk::with(state, |desk| desk.group.family().clone())?;
    let link = runtime.memcg().charge(|| {
        let message = Message::encode(state, 1, VALUES)?;
        let only_files = message
            .handles()
            .iter()
            .all(Handle::refers_to::<Descriptor>);
        if !only_files {
            return Err(Error::message(fmt!(
                "a process gets only files when it starts"
            )));
        }
        let message = KBox::new(message, GFP_KERNEL_ACCOUNT)?;
        Ok::<_, Error>(Link::new(&runtime, family, message))
    });
    let link = match link? {
        Ok(link) => link,
        Err(error) => return fail(state, error),
    };
    // What the caller has printed is on its way before the process prints anything.
    runtime.send_output();
    let started = channel::push(state, &link).and_then(|()| Children::add(state, &link));
    let number = started.inspect_err(|_| link.close())?;
    if let Err(error) = link.execute() {
        // It may be that the program was executed, and cannot be watched.
        link.kill();
        link.close();
        return fail(state, error);
    }
    state.push_integer(number);
    Ok(2)
}

/// `process.stream(number)`: standard input, output or error (0, 1, 2) of the client that waits for the script; nil, if
/// there is none.
pub(super) fn stream(state: State) -> lua::Result {
    let number = state
        .to_integer(1)
        .and_then(|number| usize::try_from(number).ok());
    let file = Vm::runtime_of(state).client_stream(number.unwrap_or(usize::MAX));
    match file {
        Some(file) => file_descriptor::push(state, &file)?,
        None => state.push_nil(),
    }
    Ok(1)
}
