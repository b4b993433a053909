// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Answers to `profile`.

use kernel::{prelude::*, str::BStr, sync::Arc};

use super::{
    abi::{self, errno, runtime_name, Reply},
    numbers::Numbers,
    request::{fail, not_running},
    session::{OnCancel, Session}, //
};
use crate::{
    lua::Text,
    runtime::{
        instance::Runtime,
        parts,
        profile::{Found, Refused, Running, MOST_TARGETS},
        registry, //
    },
};

/// Profiles the script called `asked.name`; or the workers, services or actors with that name; or
/// the one with that number. Cancelling the request ends the profile early, and it is answered with
/// what there is.
pub(super) fn profile(session: &Session, id: u32, asked: &abi::Profile<'_>) {
    let name = runtime_name(asked.name).unwrap_or(asked.name);
    let named = match find(name) {
        Ok(named) if named.is_empty() => return not_running(session, id, name),
        Ok(named) => named,
        Err(_) => return refuse(session, id, name, Refused::NoMemory),
    };
    let running = session
        .memcg()
        .charge(|| Running::begin(&named, asked.hz, asked.with_parts));
    let running = match running {
        Ok(running) => running,
        Err(refused) => return refuse(session, id, name, refused),
    };
    drop(named);
    session.on_cancel(id, Some(OnCancel::Wake(running.profile().clone())));
    running.wait(asked.duration_ms, || session.is_cancelled(id));
    let found = running.end();
    let sent = send(session, id, &found);
    session.end(id);
    // If the client is gone, there is nothing to do.
    if sent.is_ok() {
        let figures = &found.figures;
        let mut numbers = Numbers::new();
        numbers.add(b"ticks", figures.ticks);
        numbers.add(b"runtimes", figures.runtimes);
        numbers.add(b"lost", figures.lost);
        numbers.add(b"cut", figures.cut);
        numbers.add(b"left_out", figures.left_out);
        numbers.reply(session, id);
    }
}

/// A script goes before parts of scripts with the same name, and a name before a number.
fn find(name: &[u8]) -> Result<KVec<Arc<Runtime>>> {
    let mut found = KVec::new();
    let mut add = |runtime| found.push(runtime, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
    if let Some(runtime) = registry::find(name) {
        add(runtime)?;
        return Ok(found);
    }
    for part in parts::shown(name) {
        add(part)?;
    }
    if let Some(part) = parts::numbered(name).filter(|_| found.is_empty()) {
        found.push(part, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
    }
    Ok(found)
}

fn send(session: &Session, id: u32, found: &Found) -> Result<(), ()> {
    for (stack, count) in found.stacks() {
        let reply = Reply::Stack { stack, count };
        session.reply(id, &reply).map_err(|_| ())?;
    }
    Ok(())
}

fn refuse(session: &Session, id: u32, name: &[u8], refused: Refused) {
    let name = BStr::from_bytes(name);
    let (errno, text) = match refused {
        Refused::Gone => (errno::ESRCH, Text::new(fmt!("{name} is not running"))),
        Refused::Hooks => (
            errno::EOPNOTSUPP,
            Text::new(fmt!(
                "hooks cannot be profiled yet, and the code of {name} runs in hooks; 'lunatik status \
                 {name}' shows their times"
            )),
        ),
        Refused::ProfiledOften => (
            EBUSY.to_errno(),
            Text::new(fmt!(
                "{name} is profiled by 4 others already; wait until one of them ends"
            )),
        ),
        Refused::TooMany => (
            EBUSY.to_errno(),
            Text::new(fmt!(
                "more than {MOST_TARGETS} runtimes are called {name}; profile one of them by its number"
            )),
        ),
        Refused::NoMemory => (
            errno::ENOMEM,
            Text::new(fmt!(
                "the kernel has no memory for a profile of {name}, which takes 1 MiB"
            )),
        ),
    };
    session.end(id);
    fail(session, id, errno, text.as_bytes());
}
