// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Bounded queues of messages, the basis of mailboxes, workers and buffers.
//!
//! Nothing here waits. A sender that finds no room is added to a list of waiters (see
//! `runtime/waiters.rs`), and so is a receiver that finds no message. A thread that changes the
//! condition wakes all runtimes on the list.
//!
//! Lock order: `Queue::inner` is a leaf, held for a few instructions. Memory is allocated before
//! the lock is taken and freed after it is released. In particular no message is dropped under the
//! lock: a message may refer to objects that lead back to the queue.

use core::{
    convert::Infallible,
    mem, //
};
use kernel::{
    list::ListArc,
    new_spinlock,
    prelude::*,
    sync::{
        Arc,
        SpinLock, //
    },
};

use super::entries::{Entries, Entry, Queued, Withdrawable};
use crate::runtime::{
    instance::Runtime,
    mail::Count,
    waiters::{Noted, Spare, Waiters}, //
};

/// What a queue may hold.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// Messages.
    pub(crate) messages: usize,
    /// The most bytes of messages. An empty queue also takes a larger message.
    pub(crate) bytes: usize,
}

impl Limits {
    /// The default limits.
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

/// Decides whether a queue that is not closed may be used.
///
/// The queue asks under its lock. A thread that changes the answer makes the change first, and
/// calls [`Queue::wake`] after it.
pub(crate) trait Gate {
    /// Why the queue may not be used.
    type Refusal;

    /// Why the queue may not be used now; `None` if it may. Must take no lock.
    fn refusal(&self) -> Option<Self::Refusal>;
}

/// The gate of a queue that may always be used.
pub(crate) struct NoGate;

impl Gate for NoGate {
    type Refusal = Infallible;

    fn refusal(&self) -> Option<Infallible> {
        None
    }
}

/// What became of a message.
pub(crate) enum Sent<R = Infallible> {
    /// It is in the queue.
    Yes,
    /// There is no room. If a sender was named, it is woken when that changes.
    Full,
    /// Nobody will ever receive it.
    Closed,
    /// The gate refuses it.
    Refused(R),
}

/// What a receiver finds.
pub(crate) enum Taken<R = Infallible, E: Queued = Entry> {
    /// The oldest message.
    Message(ListArc<E>),
    /// There is no message. If a receiver was named, it is woken when that changes.
    Empty,
    /// Nothing, and nothing will come.
    Closed,
    /// The gate refuses it.
    Refused(R),
}

struct Inner<E: Queued> {
    entries: Entries<E>,
    /// Nobody receives any more: the queue stays empty for ever.
    closed: bool,
    /// Nobody sends any more. The messages in the queue can still be received.
    senders_gone: bool,
    /// Who has found no message.
    receivers: Waiters,
    /// Who has found no room.
    senders: Waiters,
}

impl<E: Queued> Inner<E> {
    /// Whether nobody can send.
    fn is_shut(&self) -> bool {
        self.closed || self.senders_gone
    }

    /// Whether the queue has room for a message of `size` bytes.
    fn has_room(&self, size: usize, limits: &Limits) -> bool {
        let bytes = self.entries.bytes().saturating_add(size);
        let count = self.entries.count();
        count == 0 || count < limits.messages && bytes <= limits.bytes
    }

    /// Takes all waiters out, to be woken when the lock is released.
    fn take_waiting(&mut self) -> (Waiters, Waiters) {
        (self.receivers.take(), self.senders.take())
    }
}

/// Notes in `list` that the code of `runtime` waits. If there is no memory for that, the result is
/// the size to which `spare` must grow, with the lock released.
fn note(list: &mut Waiters, runtime: &Arc<Runtime>, spare: &mut Spare) -> Result<Option<usize>> {
    match list.note(runtime, spare) {
        Noted::Yes => Ok(None),
        Noted::NeedsRoom(count) => Ok(Some(count)),
        Noted::TooMany => Err(ENOBUFS),
    }
}

/// A bounded queue of messages.
#[pin_data]
pub(crate) struct Queue<G: Gate = NoGate, E: Queued = Entry> {
    limits: Limits,
    gate: G,
    /// The counters of its messages, if it has a single receiving runtime.
    messages: Option<Count>,
    #[pin]
    inner: SpinLock<Inner<E>>,
}

impl<E: Queued> Queue<NoGate, E> {
    /// An empty queue that may always be used.
    pub(crate) fn new(limits: Limits) -> impl PinInit<Self> {
        Self::make(limits, NoGate, None)
    }

    /// As [`new`](Self::new), for a queue with a single receiving runtime. `messages` counts its
    /// messages.
    pub(crate) fn counted(limits: Limits, messages: Count) -> impl PinInit<Self> {
        Self::make(limits, NoGate, Some(messages))
    }
}

impl<G: Gate> Queue<G> {
    /// As [`put`](Self::put), in place of all messages in the queue.
    pub(crate) fn replace(&self, entry: &mut Option<ListArc<Entry>>) -> Sent<G::Refusal> {
        let mut inner = self.inner.lock();
        if inner.is_shut() {
            return Sent::Closed;
        }
        if let Some(refusal) = self.gate.refusal() {
            return Sent::Refused(refusal);
        }
        let former = mem::take(&mut inner.entries);
        if let Some(entry) = entry.take() {
            inner.entries.push_back(entry);
        }
        self.note_length(&inner);
        let (receivers, senders) = inner.take_waiting();
        drop(inner);
        drop(former);
        receivers.wake();
        senders.wake();
        Sent::Yes
    }

    /// Drops all messages.
    pub(crate) fn clear(&self) {
        let mut inner = self.inner.lock();
        let former = mem::take(&mut inner.entries);
        self.note_length(&inner);
        let senders = inner.senders.take();
        drop(inner);
        drop(former);
        senders.wake();
    }
}

impl<E: Withdrawable> Queue<NoGate, E> {
    /// Takes a message back that was put here. Returns `None` if it was received, or if nobody receives
    /// any more.
    pub(crate) fn withdraw(&self, entry: &E) -> Option<ListArc<E>> {
        let mut inner = self.inner.lock();
        if inner.closed || entry.place() != self.place() {
            return None;
        }
        // SAFETY: The place is changed under this lock only, to and from this queue. A queue that is not
        // closed gives its messages away one by one, and each has its place cleared then. So the
        // message lies in this list.
        let entry = unsafe { inner.entries.remove(entry) }?;
        self.note_length(&inner);
        entry.set_place(0);
        Some(entry)
    }
}

impl<G: Gate, E: Queued> Queue<G, E> {
    /// An empty queue that may be used when `gate` says so.
    pub(crate) fn with_gate(limits: Limits, gate: G) -> impl PinInit<Self> {
        Self::make(limits, gate, None)
    }

    fn make(limits: Limits, gate: G, messages: Option<Count>) -> impl PinInit<Self> {
        pin_init!(Self {
            limits,
            gate,
            messages,
            inner <- new_spinlock!(Inner {
                entries: Entries::default(),
                closed: false,
                senders_gone: false,
                receivers: Waiters::default(),
                senders: Waiters::default(),
            }, "lunatik::Queue"),
        })
    }

    /// Updates the count of waiting messages. Call it with the lock held, after each change of
    /// their number.
    #[inline]
    fn note_length(&self, inner: &Inner<E>) {
        if let Some(messages) = &self.messages {
            messages.set_waiting(inner.entries.length());
        }
    }

    /// What its messages have as their place.
    fn place(&self) -> usize {
        core::ptr::from_ref(self).addr()
    }

    /// What says whether it may be used.
    pub(crate) fn gate(&self) -> &G {
        &self.gate
    }

    /// Adds the message in `entry`, and takes it out of `entry` if that succeeds. If there is no
    /// room, notes that the code of `sender` waits.
    ///
    /// Messages of one sender keep their order. Of several senders that wait for room, any may be
    /// the next. Fails with `ENOBUFS` if too many runtimes wait, or with `ENOMEM`.
    pub(crate) fn put(
        &self,
        entry: &mut Option<ListArc<E>>,
        sender: Option<&Arc<Runtime>>,
    ) -> Result<Sent<G::Refusal>> {
        let Some((size, counts)) = entry.as_ref().map(|entry| (entry.size(), entry.counts()))
        else {
            return Ok(Sent::Closed);
        };
        let mut spare = Spare::default();
        loop {
            let mut inner = self.inner.lock();
            if inner.is_shut() {
                return Ok(Sent::Closed);
            }
            if let Some(refusal) = self.gate.refusal() {
                return Ok(Sent::Refused(refusal));
            }
            if !counts || inner.has_room(size, &self.limits) {
                if let Some(entry) = entry.take() {
                    entry.set_place(self.place());
                    inner.entries.push_back(entry);
                    self.note_length(&inner);
                }
                let receivers = inner.receivers.take();
                drop(inner);
                receivers.wake();
                return Ok(Sent::Yes);
            }
            let Some(sender) = sender else {
                return Ok(Sent::Full);
            };
            let needed = note(&mut inner.senders, sender, &mut spare)?;
            drop(inner);
            match needed {
                None => return Ok(Sent::Full),
                Some(count) => spare.grow(count)?,
            }
        }
    }

    /// Takes the oldest message. If there is none, notes that the code of `receiver` waits.
    ///
    /// Fails with `ENOBUFS` if too many runtimes wait, or with `ENOMEM`; a single receiver gets
    /// neither error.
    pub(crate) fn take(&self, receiver: Option<&Arc<Runtime>>) -> Result<Taken<G::Refusal, E>> {
        let mut spare = Spare::default();
        loop {
            let mut inner = self.inner.lock();
            if inner.closed {
                return Ok(Taken::Closed);
            }
            if let Some(refusal) = self.gate.refusal() {
                return Ok(Taken::Refused(refusal));
            }
            if let Some(entry) = inner.entries.pop_front() {
                entry.set_place(0);
                self.note_length(&inner);
                if let Some(messages) = &self.messages {
                    messages.add_received();
                }
                let senders = inner.senders.take();
                drop(inner);
                senders.wake();
                return Ok(Taken::Message(entry));
            }
            if inner.senders_gone {
                return Ok(Taken::Closed);
            }
            let Some(receiver) = receiver else {
                return Ok(Taken::Empty);
            };
            let needed = note(&mut inner.receivers, receiver, &mut spare)?;
            drop(inner);
            match needed {
                None => return Ok(Taken::Empty),
                Some(count) => spare.grow(count)?,
            }
        }
    }

    /// Whether [`take`](Self::take) would return something else than [`Taken::Empty`]. If not, notes
    /// that the code of `receiver` waits.
    pub(crate) fn is_ready(&self, receiver: &Arc<Runtime>) -> Result<bool> {
        let mut spare = Spare::default();
        loop {
            let mut inner = self.inner.lock();
            if inner.is_shut() || !inner.entries.is_empty() || self.gate.refusal().is_some() {
                return Ok(true);
            }
            let needed = note(&mut inner.receivers, receiver, &mut spare)?;
            drop(inner);
            match needed {
                None => return Ok(false),
                Some(count) => spare.grow(count)?,
            }
        }
    }

    /// Puts a message that was taken and could not be used back in front.
    pub(crate) fn put_back(&self, entry: ListArc<E>) {
        let mut inner = self.inner.lock();
        if inner.closed {
            drop(inner);
            return E::abandon(entry);
        }
        entry.set_place(self.place());
        inner.entries.push_front(entry);
        self.note_length(&inner);
        if let Some(messages) = &self.messages {
            messages.take_received_back();
        }
        let receivers = inner.receivers.take();
        drop(inner);
        receivers.wake();
    }

    /// Nobody receives any more: all messages are abandoned, and all waiters are woken.
    pub(crate) fn close(&self) {
        drop(self.close_and_take());
    }

    /// As [`close`](Self::close), but returns the messages.
    pub(crate) fn close_and_take(&self) -> Entries<E> {
        let mut inner = self.inner.lock();
        inner.closed = true;
        let unread = mem::take(&mut inner.entries);
        if let Some(messages) = &self.messages {
            messages.close();
        }
        let (receivers, senders) = inner.take_waiting();
        drop(inner);
        // Senders are woken first, so that they do not wait while many messages are dropped.
        senders.wake();
        receivers.wake();
        unread
    }

    /// Nobody sends any more. The messages in the queue can still be received.
    pub(crate) fn close_senders(&self) {
        let mut inner = self.inner.lock();
        inner.senders_gone = true;
        let (receivers, senders) = inner.take_waiting();
        drop(inner);
        receivers.wake();
        senders.wake();
    }

    /// Has all that wait check again.
    pub(crate) fn wake(&self) {
        let (receivers, senders) = self.inner.lock().take_waiting();
        receivers.wake();
        senders.wake();
    }

    /// How many messages it holds.
    pub(crate) fn count(&self) -> usize {
        self.inner.lock().entries.count()
    }

    /// Whether [`close`](Self::close) was called.
    pub(crate) fn is_closed(&self) -> bool {
        self.inner.lock().closed
    }

    /// Whether there is no message, and none will come.
    pub(crate) fn is_drained(&self) -> bool {
        let inner = self.inner.lock();
        inner.senders_gone && inner.entries.count() == 0
    }

    /// Whether [`close_senders`](Self::close_senders) was called.
    pub(crate) fn senders_are_gone(&self) -> bool {
        self.inner.lock().senders_gone
    }
}
