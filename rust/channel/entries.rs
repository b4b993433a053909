// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Messages that wait to be received, in a list of known length and size. The users of the list
//! decide who may add and take, and do the locking.

use core::mem;
use kernel::{
    list::{
        impl_list_arc_safe,
        impl_list_item,
        List,
        ListArc,
        ListItem,
        ListLinks, //
    },
    prelude::*,
    sync::Arc, //
};

use super::family::Room;
use crate::runtime::message::Message;

/// What a queue holds: a message, with what its system adds to it.
pub(crate) trait Queued: ListItem<0> {
    /// The bytes that it counts.
    fn size(&self) -> usize;

    /// Whether it counts against the limits of a queue, and so may have to wait for room.
    fn counts(&self) -> bool {
        true
    }

    /// Nobody will ever receive it. To be called with no lock held.
    fn abandon(this: ListArc<Self>) {
        drop(this);
    }

    /// It lies in the queue at this address from now on; in none, if that is 0. Called under the lock
    /// of that queue.
    fn set_place(&self, _place: usize) {}
}

/// A message that its sender can take back.
///
/// # Safety
///
/// [`place`](Self::place) returns the last value of [`Queued::set_place`], 0 before the first.
pub(crate) unsafe trait Withdrawable: Queued {
    /// The queue that it lies in.
    fn place(&self) -> usize;
}

/// A message on its way.
#[pin_data]
pub(crate) struct Entry {
    message: Message,
    /// The bytes that it takes from its sender's family until it is dropped.
    room: Room,
    #[pin]
    links: ListLinks,
}

impl Entry {
    /// The bytes that a message counts beside its values.
    pub(crate) const OVERHEAD: usize = 16;

    /// Bytes that a message counts.
    pub(crate) fn size_of(message: &Message) -> usize {
        message.len().saturating_add(Self::OVERHEAD)
    }

    /// Puts a message into an envelope; `room` covers its [`size_of`](Self::size_of). The caller
    /// decides which cgroup pays for the memory, see
    /// [`charge`](crate::linux::memcg::MemoryCgroup::charge).
    pub(crate) fn new(message: Message, room: Room) -> Result<ListArc<Self>> {
        ListArc::pin_init(
            try_pin_init!(Self {
                message,
                room,
                links <- ListLinks::new(),
            }? Error),
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// The values.
    pub(crate) fn message(&self) -> &Message {
        &self.message
    }

    /// The values of a message that was not sent. `None` if others have it, too.
    pub(super) fn into_message(this: ListArc<Self>) -> Option<Message> {
        let mut entry = Arc::into_unique_or_drop(this.into_arc())?;
        Some(mem::take(entry.as_mut().project().message))
    }
}

impl Queued for Entry {
    fn size(&self) -> usize {
        self.room.bytes
    }
}

impl_list_arc_safe! {
    impl ListArcSafe<0> for Entry { untracked; }
}

impl_list_item! {
    impl ListItem<0> for Entry { using ListLinks { self.links }; }
}

/// Messages in the order in which they are received. Dropping it abandons them and frees memory, so
/// it is taken out of data that a lock guards first.
pub(crate) struct Entries<E: Queued = Entry> {
    list: List<E>,
    /// All of them.
    length: usize,
    count: usize,
    bytes: usize,
}

impl<E: Queued> Drop for Entries<E> {
    fn drop(&mut self) {
        while let Some(entry) = self.pop_front() {
            E::abandon(entry);
        }
    }
}

impl<E: Queued> Default for Entries<E> {
    fn default() -> Self {
        Self {
            list: List::new(),
            length: 0,
            count: 0,
            bytes: 0,
        }
    }
}

impl<E: Queued> Entries<E> {
    /// Whether there is none, counted or not.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many there are, counted or not.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// How many of them count.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The bytes of those.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds the last one.
    pub(crate) fn push_back(&mut self, entry: ListArc<E>) {
        self.add(&entry);
        self.list.push_back(entry);
    }

    /// Adds one that comes before all others.
    pub(crate) fn push_front(&mut self, entry: ListArc<E>) {
        self.add(&entry);
        self.list.push_front(entry);
    }

    fn add(&mut self, entry: &E) {
        self.length = self.length.saturating_add(1);
        if !entry.counts() {
            return;
        }
        self.count = self.count.saturating_add(1);
        self.bytes = self.bytes.saturating_add(entry.size());
    }

    /// Takes out one that lies somewhere in the list.
    ///
    /// # Safety
    ///
    /// `entry` must be in no other list.
    pub(super) unsafe fn remove(&mut self, entry: &E) -> Option<ListArc<E>> {
        // SAFETY: As the caller promises.
        let entry = unsafe { self.list.remove(entry) }?;
        self.subtract(&entry);
        Some(entry)
    }

    fn subtract(&mut self, entry: &E) {
        self.length = self.length.saturating_sub(1);
        if !entry.counts() {
            return;
        }
        self.count = self.count.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(entry.size());
    }

    /// Takes the first one.
    pub(crate) fn pop_front(&mut self) -> Option<ListArc<E>> {
        let entry = self.list.pop_front()?;
        self.subtract(&entry);
        Some(entry)
    }
}
