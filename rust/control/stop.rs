// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Answers to `stop`.

use core::fmt::Write;
use kernel::{prelude::*, str::BStr, sync::Arc};

use super::{
    abi::{errno, runtime_name, DEFAULT_GRACE_MS},
    request::{fail, not_running, succeed},
    session::Session, //
};
use crate::{
    lua::Text,
    runtime::{
        instance::{self, Runtime},
        parts,
        registry, //
    },
};

// Clients may send the default explicitly.
const _: () = assert!(DEFAULT_GRACE_MS == instance::DEFAULT_GRACE_MS);

/// What a name means to `stop`.
enum Target {
    /// This runtime.
    Runs(Arc<Runtime>),
    /// A script that has ended by itself.
    HasEnded,
    /// Several parts of scripts.
    Several,
    /// Nothing.
    Unknown,
}

impl Target {
    /// A script goes before a part of a script with the same name, and a name before a number.
    fn find(name: &[u8]) -> Self {
        if let Some(runtime) = registry::find(name) {
            return Self::Runs(runtime);
        }
        let mut parts = parts::called(name);
        match (parts.next(), parts.next()) {
            (Some(_), Some(_)) => return Self::Several,
            (Some(part), None) => return Self::Runs(part),
            (None, _) => (),
        }
        if registry::outcome(name).is_some() {
            return Self::HasEnded;
        }
        parts::numbered(name).map_or(Self::Unknown, Self::Runs)
    }
}

/// Stops the script called `given`; or the only worker, service or actor with that name; or the one
/// with that number.
pub(super) fn stop(session: &Session, id: u32, given: &[u8], grace_ms: Option<u32>) {
    let name = runtime_name(given).unwrap_or(given);
    let runtime = match Target::find(name) {
        Target::Runs(runtime) => runtime,
        Target::HasEnded => {
            // It is stopped, as requested.
            session.end(id);
            return succeed(session, id);
        }
        Target::Several => return several(session, id, name),
        Target::Unknown => return not_running(session, id, name),
    };
    let result = runtime
        .as_arc_borrow()
        .stop(None, grace_ms.unwrap_or(DEFAULT_GRACE_MS));
    session.end(id);
    match result {
        Ok(()) => succeed(session, id),
        Err(error) => {
            let name = BStr::from_bytes(name);
            let text = Text::new(fmt!("{name} could not be stopped: {error:?}"));
            fail(session, id, error.to_errno(), text.as_bytes());
        }
    }
}

/// Ends request `id` with an error that says which parts of scripts are called `name`.
fn several(session: &Session, id: u32, name: &[u8]) {
    /// The most numbers in the error.
    const SHOWN: usize = 8;

    // The name may be long, so it comes last. A text that is full takes no more.
    let mut text = Text::new(fmt!("stop one of several by its number:"));
    let mut count: usize = 0;
    for part in parts::called(name) {
        count = count.saturating_add(1);
        if count <= SHOWN {
            let _ = text.write_fmt(fmt!(" {}", part.id()));
        }
    }
    if let more @ 1.. = count.saturating_sub(SHOWN) {
        let _ = text.write_fmt(fmt!(" and {more} more"));
    }
    let _ = text.write_fmt(fmt!(" are called {}", BStr::from_bytes(name)));
    session.end(id);
    fail(session, id, errno::ENOTUNIQ, text.as_bytes());
}
