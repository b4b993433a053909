// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Mailboxes: queues with one receiver and any number of senders, whose addresses travel.
//!
//! The receiving runtime has the [`Inbox`], which cannot leave its VM and is dropped with it.
//! Senders have an [`Address`]. It is a handle like any other: messages and RCU tables can carry
//! it.
//!
//! Nothing here lives for ever. A mailbox refers only to runtimes that wait for it, until they are
//! woken. When its inbox is dropped, the mailbox is closed: senders that wait for room are woken at
//! once, and the messages that nobody can receive any more are dropped, with any addresses in them,
//! also of this mailbox. So a mailbox is empty when its last reference is dropped, and that drop
//! never leads to another mailbox, no matter how long a chain of mailboxes was.
//!
//! Locks: those of `queue.rs`.

use core::{
    convert::Infallible,
    marker::PhantomData, //
};
use kernel::{
    list::ListArc,
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Full, Relaxed},
        Arc, //
    },
};

use super::{
    entries::{Entry, Queued, Withdrawable},
    queue::{Limits, NoGate, Queue, Sent, Taken}, //
};
use crate::{
    linux::account::{kmalloc_size, Charge},
    runtime::{
        handle::Shareable,
        instance::Runtime,
        objects::{Class, Classed}, //
    },
};

/// What the receiver finds.
pub(crate) enum Received<E: Queued = Entry> {
    /// The oldest message.
    Message(ListArc<E>),
    /// There is no message. The receiver is woken when that changes.
    Nothing,
    /// Nothing, and nobody has an address.
    NoSenders,
    /// The mailbox is closed.
    Closed,
}

/// A queue of messages for the code of one runtime.
///
/// # Invariants
///
/// `addresses` is the number of [`Address`] objects. While it is 0, only the owner makes one.
#[pin_data]
pub(crate) struct Mailbox<E: Queued = Entry> {
    /// The number of the runtime that receives.
    owner: u64,
    addresses: Atomic<usize>,
    /// Its charge to the account of its owner, which may be gone.
    _charge: Charge,
    #[pin]
    queue: Queue<NoGate, E>,
}

impl<E: Queued> Mailbox<E> {
    /// Whether `runtime` is the one that receives.
    pub(crate) fn is_owned_by(&self, runtime: &Runtime) -> bool {
        self.owner == runtime.id()
    }

    /// How many messages it holds, and how many addresses of it there are.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.queue.count(), self.addresses.load(Relaxed))
    }

    /// Takes the oldest message, for the code of `owner`. If there is none, `owner` is woken when
    /// that changes.
    pub(crate) fn take(&self, owner: &Arc<Runtime>) -> Result<Received<E>> {
        let taken = self.queue.take(Some(owner))?;
        if !matches!(taken, Taken::Empty) || self.addresses.load(Acquire) > 0 {
            return Ok(taken.into());
        }
        // Nobody can send any more, but a message may have come since the queue was found empty.
        Ok(match self.queue.take(Some(owner))? {
            Taken::Empty => Received::NoSenders,
            taken => taken.into(),
        })
    }

    /// Whether nobody receives any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.queue.is_closed()
    }

    /// Puts a message that was taken and could not be used back in front.
    pub(crate) fn put_back(&self, entry: ListArc<E>) {
        self.queue.put_back(entry);
    }

    /// Nobody receives any more: all messages are dropped, and senders are woken.
    pub(crate) fn close(&self) {
        self.queue.close();
    }
}

impl<E: Withdrawable> Mailbox<E> {
    /// As [`Queue::withdraw`].
    pub(crate) fn withdraw(&self, entry: &E) -> Option<ListArc<E>> {
        self.queue.withdraw(entry)
    }
}

impl<E: Queued> From<Taken<Infallible, E>> for Received<E> {
    fn from(taken: Taken<Infallible, E>) -> Self {
        match taken {
            Taken::Message(entry) => Self::Message(entry),
            Taken::Empty => Self::Nothing,
            Taken::Closed => Self::Closed,
            Taken::Refused(never) => match never {},
        }
    }
}

/// The receiving end of a mailbox. Dropping it closes the mailbox.
///
/// It is not [`Shareable`]: only one runtime receives.
pub(crate) struct Inbox<E: Queued = Entry>(Arc<Mailbox<E>>);

impl<E: Queued> Inbox<E> {
    /// Makes a mailbox whose messages the code of `owner` receives.
    pub(crate) fn new(owner: &Runtime, limits: Limits) -> Result<Self> {
        let charge = Charge::new(owner.account(), kmalloc_size(size_of::<Mailbox<E>>()))?;
        let messages = owner.count_messages()?;
        let mailbox = Arc::pin_init(
            // INVARIANT: There is no address yet.
            pin_init!(Mailbox {
                owner: owner.id(),
                addresses: Atomic::new(0),
                _charge: charge,
                queue <- Queue::counted(limits, messages),
            }),
            GFP_KERNEL_ACCOUNT,
        )?;
        Ok(Self(mailbox))
    }

    /// The mailbox.
    pub(crate) fn mailbox(&self) -> &Arc<Mailbox<E>> {
        &self.0
    }
}

impl<E: Queued> Drop for Inbox<E> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// A system whose runtimes have mailboxes. It decides what Lua code can do with an address.
pub(crate) trait System: Send + Sync + 'static {
    /// What its mailboxes hold.
    type Entry: Queued + Send + Sync;

    /// The class of its addresses.
    const CLASS: &'static Class;
}

/// The sending end of a mailbox: a reference that can travel, and that equals all others of the
/// same mailbox.
///
/// The addresses of a mailbox are counted. All copies of a handle to one address, in any runtimes
/// and messages, count as one until the last copy is dropped.
pub(crate) struct Address<S: System> {
    mailbox: Arc<Mailbox<S::Entry>>,
    _system: PhantomData<S>,
}

impl<S: System> Address<S> {
    /// A new address of `mailbox`.
    pub(crate) fn new(mailbox: &Arc<Mailbox<S::Entry>>) -> Result<Arc<Self>> {
        // INVARIANT: This counts the address that is made below. If there is no memory for it,
        // `drop()` takes the count back.
        mailbox.addresses.fetch_add(1, Relaxed);
        let address = Self {
            mailbox: mailbox.clone(),
            _system: PhantomData,
        };
        Ok(Arc::new(address, GFP_KERNEL_ACCOUNT)?)
    }

    /// Where it leads.
    pub(crate) fn mailbox(&self) -> &Arc<Mailbox<S::Entry>> {
        &self.mailbox
    }

    /// Adds the message in `entry`, and takes it out of `entry` if that succeeds. If there is no
    /// room, and `sender` is named, its code is woken when there is some.
    pub(crate) fn send(
        &self,
        entry: &mut Option<ListArc<S::Entry>>,
        sender: Option<&Arc<Runtime>>,
    ) -> Result<Sent> {
        self.mailbox.queue.put(entry, sender)
    }
}

impl<S: System> Drop for Address<S> {
    fn drop(&mut self) {
        // INVARIANT: This one counts no more.
        if self.mailbox.addresses.fetch_sub(1, Full) == 1 {
            // A receiver that has found an address is on the list of waiters already, and checks
            // again.
            self.mailbox.queue.wake();
        }
    }
}

impl<S: System> Classed for Address<S> {
    const CLASS: &'static Class = S::CLASS;
}

impl<S: System> Shareable for Address<S> {
    fn identity(&self) -> *const () {
        Arc::as_ptr(&self.mailbox).cast()
    }
}
