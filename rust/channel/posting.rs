// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Messages whose senders wait for nothing: those of hooks, which their attendant puts into queues, and
//! those to actors of runtimes that are none.

use kernel::{
    list::ListArc,
    prelude::*,
    sync::Arc, //
};

use super::{
    entries::Entry,
    family::{Family, Room},
    queue::Sent, //
};
use crate::runtime::{
    hooks::{Delivered, Origin},
    instance::Runtime,
    message::Message, //
};

/// The most bytes that one runtime may have sent so, to workers, mailboxes and actors, and nobody has
/// received.
pub(crate) const MAX_POSTED_BYTES: usize = 1 << 20;

/// What one runtime has sent so.
#[derive(Clone)]
pub(crate) struct Posts(Arc<Family>);

impl Posts {
    /// Nothing yet.
    pub(crate) fn new() -> Result<Self> {
        Ok(Self(Family::limited(MAX_POSTED_BYTES)?))
    }

    /// Takes room for this many bytes, if there is enough.
    pub(crate) fn take(&self, bytes: usize) -> Option<Room> {
        self.0.take(bytes)
    }
}

/// Puts `message` into a queue by `put`, which gets an envelope, and the runtime that the queue wakes when
/// there is room.
pub(crate) fn deliver<R>(
    message: Message,
    origin: &mut Origin<'_>,
    put: impl FnOnce(&mut Option<ListArc<Entry>>, &Arc<Runtime>) -> Result<Sent<R>>,
) -> Delivered {
    let Ok(posts) = origin.kept(Posts::new) else {
        return Delivered::Later(message);
    };
    let room = posts.take(Entry::size_of(&message));
    deliver_in(room, message, origin, put)
}

/// As [`deliver`], with the room that the message takes; `None`, if there is none.
pub(super) fn deliver_in<R>(
    room: Option<Room>,
    message: Message,
    origin: &mut Origin<'_>,
    put: impl FnOnce(&mut Option<ListArc<Entry>>, &Arc<Runtime>) -> Result<Sent<R>>,
) -> Delivered {
    let Some(room) = room else {
        return Delivered::Later(message);
    };
    let Ok(entry) = Entry::new(message, room) else {
        return Delivered::Never;
    };
    let mut entry = Some(entry);
    match put(&mut entry, origin.runtime()) {
        Ok(Sent::Yes) => Delivered::Yes,
        Ok(Sent::Closed | Sent::Refused(_)) => Delivered::Never,
        // It is tried again even if too many wait for room there.
        Ok(Sent::Full) | Err(_) => match entry.and_then(Entry::into_message) {
            Some(message) => Delivered::Later(message),
            None => Delivered::Never,
        },
    }
}
