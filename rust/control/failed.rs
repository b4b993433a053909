// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Answers to failed requests to execute Lua.

use kernel::{prelude::*, str::BStr};

use super::{
    abi::{self, errno, Origin, Outcome},
    request::{done, fail},
    session::Session, //
};
use crate::{
    lua::Text,
    runtime::{instance::Failure, program},
    sched::start::{self, StartError}, //
};

/// Answers request `id` with the error of a script.
pub(super) fn script_failed(session: &Session, id: u32, failure: &Failure) {
    done(
        session,
        id,
        Outcome::Failure(abi::Failure {
            origin: Origin::Script,
            errno: failure.errno.saturating_abs(),
            message: &failure.message,
            traceback: &failure.traceback,
        }),
    );
}

/// Answers request `id` with the error of the start of `name`.
pub(super) fn start_failed(session: &Session, id: u32, name: &[u8], error: &StartError) {
    let name = BStr::from_bytes(name);
    match error {
        StartError::Failed(failure) => script_failed(session, id, failure),
        StartError::Stopped => {
            let text = Text::new(fmt!("{name} was stopped before its chunk had ended"));
            fail(session, id, errno::EINTR, text.as_bytes());
        }
        StartError::AlreadyRunning => {
            let text = Text::new(fmt!("{name} is already running"));
            fail(session, id, errno::EEXIST, text.as_bytes());
        }
        StartError::NotReplaced(error) => {
            let text = Text::new(fmt!(
                "{name} was not replaced: the running script could not be stopped: {error:?}"
            ));
            fail(session, id, error.to_errno(), text.as_bytes());
        }
        StartError::Overtaken => {
            let text = Text::new(fmt!(
                "{name} was not started: another start took the name first"
            ));
            fail(session, id, EBUSY.to_errno(), text.as_bytes());
        }
        StartError::NotFound => {
            let text = Text::new(fmt!(
                "no script {name}: there is no file {}/{name}.lua",
                program::DIRECTORY
            ));
            fail(session, id, errno::ENOENT, text.as_bytes());
        }
        StartError::Context(why) => fail(session, id, errno::EOPNOTSUPP, why.as_bytes()),
        StartError::Mismatch(mismatch) => {
            let text = Text::new(format_args!("{mismatch}"));
            fail(session, id, errno::EINVAL, text.as_bytes());
        }
        StartError::Permissions(text) => fail(session, id, errno::EINVAL, text.as_bytes()),
        StartError::LockedDown => {
            let text = Text::new(fmt!("{name} was not started: {}", start::LOCKDOWN));
            fail(session, id, EPERM.to_errno(), text.as_bytes());
        }
        StartError::NoStack => {
            fail(session, id, errno::ENOMEM, b"C stack overflow");
        }
        StartError::Errno(error) if *error == EINTR => {
            let text = Text::new(fmt!("{name} was told to stop before it had started"));
            fail(session, id, error.to_errno(), text.as_bytes());
        }
        StartError::Errno(error) if *error == ENOMEM => {
            let text = Text::new(fmt!("there is not enough memory to start {name}"));
            fail(session, id, error.to_errno(), text.as_bytes());
        }
        StartError::Errno(error) => {
            let text = Text::new(fmt!("{name} could not be started: {error:?}"));
            fail(session, id, error.to_errno(), text.as_bytes());
        }
    }
}
