// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! `stop` and `shutdown`.

use lunatik_abi::{
    abi::{Reply, Request},
    codec::Message,
};

use crate::{
    cli::StopArgs,
    failure::{Exit, Failure},
    script::check_runtime_name,
    session::{ignore, Session},
    value::{Results, Value},
};

/// Stops each script, all at the same time. A failure with one does not keep the others running. The first failure
/// determines the exit status.
pub(super) fn stop(session: &mut Session, args: &StopArgs) -> Result<(), Failure> {
    for name in &args.names {
        check_runtime_name(name.as_bytes())?;
    }
    let running;
    let names: Vec<&[u8]> = if args.all {
        running = running_scripts(session)?;
        running.iter().map(Vec::as_slice).collect()
    } else {
        args.names.iter().map(String::as_bytes).collect()
    };
    let requests: Vec<_> = names
        .iter()
        .map(|&name| Request::Stop {
            name,
            grace_ms: args.grace,
        })
        .collect();
    let mut failed: Option<Failure> = None;
    for answer in session.requests(&requests)? {
        match answer {
            Ok(_) => {}
            // With `--all`, a script may have ended by itself meanwhile.
            Err(failure) if args.all && failure.exit == Exit::NoSuchScript => {}
            Err(failure) => {
                let exit = match failed.take() {
                    Some(earlier) => {
                        earlier.tell();
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

/// The names of the scripts that run.
pub(super) fn running_scripts(session: &mut Session) -> Result<Vec<Vec<u8>>, Failure> {
    let mut names = Vec::new();
    session.request(&Request::List, &mut |reply| {
        if let Reply::Names { names: message } = reply {
            let found = Results::new(message, &Message::EMPTY)
                .map_err(|error| Failure::new(Exit::NoDevice, error.to_string()))?;
            names.extend(found.values.iter().map(Value::text));
        }
        Ok(())
    })?;
    Ok(names)
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
