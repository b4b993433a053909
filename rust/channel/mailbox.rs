// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Mailboxes: bounded queues of messages with many senders and one receiver, both runtimes.
//!
//! Nothing here waits: a sender that finds no room is noted (see `runtime/waiters.rs`), and so is a receiver that finds no
//! message.
//!
//! Lock order: `Mailbox::inner` is a leaf, held for a few instructions. Memory is allocated before
//! and freed after.

use core::mem;
use kernel::{
    list::ListArc,
    new_spinlock,
    prelude::*,
    sync::{
        Arc,
        SpinLock, //
    },
};

use crate::runtime::{
    entries::{Entries, Entry},
    instance::Runtime,
    waiters::{Noted, Spare, Waiters}, //
};

/// What a mailbox may hold.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// Messages.
    pub(crate) messages: usize,
    /// Their bytes. A message that is larger is taken where there is no other.
    pub(crate) bytes: usize,
}

impl Limits {
    /// What holds where nothing else is asked for.
    pub(crate) const DEFAULT: Self = Self {
        messages: 1024,
        bytes: 1 << 20,
    };
    /// The most that can be asked for.
    pub(crate) const MAX: Self = Self {
        messages: 65_536,
        bytes: 16 << 20,
    };
}

struct Inner {
    queue: Entries,
    /// The receiver has found it empty, and is to be woken by what comes next.
    receiver_looks: bool,
    receiver_gone: bool,
    senders_gone: bool,
    /// Who has found no room.
    waiting: Waiters,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Sent {
    /// It is in the mailbox.
    Yes,
    /// There is no room. The sender is woken when there is some.
    Full,
    /// Nobody will ever receive it.
    Closed,
}

/// What the receiver finds.
pub(crate) enum Taken {
    /// The oldest message.
    Message(ListArc<Entry>),
    /// Nothing. The receiver is woken when that changes.
    Empty,
    /// Nothing, and nothing will come.
    Closed,
}

/// A queue of messages for one runtime.
#[pin_data]
pub(crate) struct Mailbox {
    receiver: Arc<Runtime>,
    limits: Limits,
    #[pin]
    inner: SpinLock<Inner>,
}

impl Mailbox {
    /// A mailbox that only the code of `receiver` takes messages from.
    pub(crate) fn new(receiver: Arc<Runtime>, limits: Limits) -> impl PinInit<Self> {
        pin_init!(Self {
            receiver,
            limits,
            inner <- new_spinlock!(Inner {
                queue: Entries::default(),
                receiver_looks: false,
                receiver_gone: false,
                senders_gone: false,
                waiting: Waiters::default(),
            }, "lunatik::Mailbox"),
        })
    }

    /// Adds the message in `entry`, which is taken out if that succeeds, for the code of `sender`.
    ///
    /// Messages of one sender keep their order. Of several that wait for room, any may be the next.
    /// Fails with `ENOBUFS` if too many wait, or with `ENOMEM`.
    pub(crate) fn send(
        &self,
        entry: &mut Option<ListArc<Entry>>,
        sender: &Arc<Runtime>,
    ) -> Result<Sent> {
        let Some(size) = entry.as_ref().map(|entry| entry.size()) else {
            return Ok(Sent::Closed);
        };
        let mut spare = Spare::default();
        loop {
            let mut inner = self.inner.lock();
            if inner.receiver_gone || inner.senders_gone {
                return Ok(Sent::Closed);
            }
            let (count, bytes) = (inner.queue.count(), inner.queue.bytes());
            let fits =
                count < self.limits.messages && bytes.saturating_add(size) <= self.limits.bytes;
            if fits || count == 0 {
                if let Some(entry) = entry.take() {
                    inner.queue.push_back(entry);
                }
                let wake = mem::take(&mut inner.receiver_looks);
                drop(inner);
                if wake {
                    self.receiver.wake();
                }
                return Ok(Sent::Yes);
            }
            let noted = inner.waiting.note(sender, &mut spare);
            drop(inner);
            match noted {
                Noted::Yes => return Ok(Sent::Full),
                Noted::NeedsRoom(count) => spare.grow(count)?,
                Noted::TooMany => return Err(ENOBUFS),
            }
        }
    }

    /// Takes the oldest message. For the code of the receiver.
    pub(crate) fn take(&self) -> Taken {
        let mut inner = self.inner.lock();
        let Some(entry) = inner.queue.pop_front() else {
            if inner.senders_gone {
                return Taken::Closed;
            }
            inner.receiver_looks = true;
            return Taken::Empty;
        };
        let waiting = inner.waiting.take();
        drop(inner);
        waiting.wake();
        Taken::Message(entry)
    }

    /// Puts a message back in front that was taken and could not be used.
    pub(crate) fn put_back(&self, entry: ListArc<Entry>) {
        let mut inner = self.inner.lock();
        if inner.receiver_gone {
            drop(inner);
            return drop(entry);
        }
        inner.queue.push_front(entry);
    }

    /// Nobody receives any more: what is there is dropped, and senders are told.
    pub(crate) fn close_receiver(&self) {
        let mut inner = self.inner.lock();
        inner.receiver_gone = true;
        let unread = mem::take(&mut inner.queue);
        let waiting = inner.waiting.take();
        // Freeing memory is nothing to do under the lock.
        drop(inner);
        drop(unread);
        waiting.wake();
    }

    /// Nobody sends any more: what is there can still be received.
    pub(crate) fn close_senders(&self) {
        let mut inner = self.inner.lock();
        inner.senders_gone = true;
        let looks = mem::take(&mut inner.receiver_looks);
        let waiting = inner.waiting.take();
        drop(inner);
        if looks {
            self.receiver.wake();
        }
        waiting.wake();
    }

    /// Whether nothing is there, and nothing will come. For the code of the receiver.
    pub(crate) fn is_drained(&self) -> bool {
        let inner = self.inner.lock();
        inner.senders_gone && inner.queue.count() == 0
    }

    /// Whether [`close_senders`](Self::close_senders) was called.
    pub(crate) fn senders_are_gone(&self) -> bool {
        self.inner.lock().senders_gone
    }
}
