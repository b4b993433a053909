// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! `stop` and `shutdown`.

use std::io;

use lunatik_abi::abi::Request;

use crate::{
    cli::StopArgs,
    failure::{Exit, Failure},
    script::check_runtime_name,
    session::{ignore, Session},
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

pub(super) fn shutdown(session: &mut Session) -> Result<(), Failure> {
    session.request(&Request::Shutdown, &mut ignore).map(|_| ())
}
