// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Counters of the module, for clients that watch it.

use kernel::{
    prelude::*,
    sync::atomic::{Atomic, Relaxed}, //
};

use super::{request::reply_numbers, session::Session};
use crate::{
    lua::Text,
    runtime::{profile, totals},
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

/// A name in the answer.
struct Name(Text);

impl AsRef<[u8]> for Name {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Answers with all counters: `sessions`, `profiles`, and `started_run`, `finished_run` and `failed_run` for each
/// kind of runtime.
pub(super) fn totals(session: &Session, id: u32) {
    let own = [
        ("sessions", SESSIONS.load(Relaxed)),
        ("profiles", profile::running()),
    ];
    let own = own.map(|(name, count)| (Name(Text::new(fmt!("{name}"))), count));
    let runtimes = totals::all().map(|(what, kind, count)| {
        let name = Text::new(fmt!("{what}_{}", kind.name()));
        (Name(name), count)
    });
    reply_numbers(session, id, Iterator::chain(own.into_iter(), runtimes));
}
