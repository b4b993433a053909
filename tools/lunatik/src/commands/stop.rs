// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! `stop` and `shutdown`.

use std::io;

use lunatik_abi::abi::Request;

use crate::{
    cli::StopArgs,
    failure::{Exit, Failure},
    script::check_runtime_name,
    session::{ignore, Session},
    value::Value,
};

/// Stops each script. A failure with one does not keep the others running. The first failure
/// determines the exit status.
pub(super) fn stop(session: &mut Session, args: &StopArgs) -> Result<(), Failure> {
    for name in &args.names {
        check_runtime_name(name.as_bytes())?;
    }
    let mut failed: Option<Failure> = None;
    for name in &args.names {
        let request = Request::Stop {
            name: name.as_bytes(),
            grace_ms: args.grace,
        };
        match session.request(&request, &mut ignore) {
            Ok(_) => {}
            Err(failure) if matches!(failure.exit, Exit::NoDevice | Exit::Interrupted) => {
                return Err(failure);
            }
            Err(failure) => {
                let exit = match failed.take() {
                    Some(earlier) => {
                        earlier.write(&mut io::stderr().lock())?;
                        earlier.exit
                    }
                    None => failure.exit,
                };
                failed = Some(Failure { exit, ..failure });
            }
        }
    }
    failed.map_or(Ok(()), Err)
}

/// Has the processes of user-space actors give the device up. Scripts that have such actors are stopped, and then all
/// scripts.
pub(super) fn release(session: &mut Session) -> Result<(), Failure> {
    let answer = session.request(&Request::Release, &mut ignore)?;
    if answer.into_values() == [Value::Integer(0)] {
        return Ok(());
    }
    shutdown(session)?;
    session.request(&Request::Release, &mut ignore).map(|_| ())
}

pub(super) fn shutdown(session: &mut Session) -> Result<(), Failure> {
    session.request(&Request::Shutdown, &mut ignore).map(|_| ())
}
