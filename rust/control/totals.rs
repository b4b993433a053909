// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Counters of the module, for clients that watch it.

use kernel::{
    prelude::*,
    sync::atomic::{Atomic, Relaxed}, //
};

use super::{numbers::Numbers, session::Session};
use crate::{
    lua::Text,
    runtime::{instance::Kind, profile, totals},
};

/// The sessions that are open.
static SESSIONS: Atomic<u64> = Atomic::new(0);

/// Counts a session, until it is dropped.
pub(super) struct Counted(());

impl Counted {
    /// A session is opened.
    pub(super) fn new() -> Self {
        SESSIONS.fetch_add(1, Relaxed);
        Self(())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        SESSIONS.fetch_sub(1, Relaxed);
    }
}

/// Answers with all counters: `sessions`, `profiles`, and `started_run`, `finished_run` and
/// `failed_run` for each kind of runtime.
pub(super) fn totals(session: &Session, id: u32) {
    let mut numbers = Numbers::new();
    numbers.add(b"sessions", SESSIONS.load(Relaxed));
    numbers.add(b"profiles", profile::running());
    for kind in Kind::ALL {
        for (what, count) in totals::of(kind) {
            let name = Text::new(fmt!("{what}_{}", kind.name()));
            numbers.add(name.as_bytes(), count);
        }
    }
    numbers.reply(session, id);
}
