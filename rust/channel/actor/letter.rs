// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Messages between actors.
//!
//! A letter lies in the mailbox of its receiver until it is received or taken back. Then it goes to the
//! [`Returns`] of its sender. The same happens when nobody can receive it any more, and when a thread drops
//! it while it has it. So a sender never waits for an actor that is gone.
//!
//! Letters from and to the processes of user-space actors need no way back: their senders go on at once. The process
//! that has sent one is told when it is dropped, see [`Underway`].
//!
//! Lock order: `Letter::content` and the locks of `queue.rs` are leaves.

use core::mem::ManuallyDrop;
use kernel::{
    list::{
        impl_list_arc_safe,
        impl_list_item,
        ListArc,
        ListLinks, //
    },
    new_spinlock,
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Relaxed, Release},
        Arc,
        SpinLock, //
    },
};

use crate::{
    channel::{
        entries::{Queued, Withdrawable},
        family::Room,
        mailbox::Mailbox,
        process::{grants::Underway, link::Link},
        queue::{Limits, NoGate, Queue, Taken}, //
    },
    runtime::{
        instance::Runtime,
        message::Message, //
    },
};

/// Where the letters of one sender come back to.
#[pin_data]
pub(crate) struct Returns {
    #[pin]
    queue: Queue<NoGate, Letter>,
}

impl Returns {
    /// Without letters.
    pub(crate) fn new() -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Self {
                // Each letter was the sender's before.
                queue <- Queue::new(Limits { messages: usize::MAX, bytes: usize::MAX }),
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// Takes the letter that came back first. If there is none, `owner` is woken when that changes.
    pub(crate) fn take(&self, owner: &Arc<Runtime>) -> Result<Option<Returned>> {
        Ok(match self.queue.take(Some(owner))? {
            Taken::Message(letter) => letter.returned(),
            _ => None,
        })
    }

    /// Nobody waits for letters any more.
    pub(crate) fn close(&self) {
        self.queue.close();
    }
}

/// What became of a letter.
pub(crate) struct Returned {
    /// The number by which its sender knows it.
    pub(crate) receipt: i64,
    /// What its sender has given it.
    pub(crate) tag: i64,
    /// Whether it was received. If not, it never will be.
    pub(crate) received: bool,
}

struct Content {
    message: Message,
    /// The bytes that it takes from its sender's family until it is dropped.
    _room: Room,
}

/// Who learns what becomes of a letter.
pub(crate) enum Origin {
    /// An actor that waits.
    Sender {
        /// Where it comes back to.
        returns: Arc<Returns>,
        /// The number by which its sender knows it.
        receipt: i64,
        /// What its sender has given it.
        tag: i64,
    },
    /// A process, which is told when this is dropped.
    #[expect(dead_code)]
    Process(Underway),
    /// Nobody.
    Nobody,
}

/// A message on its way.
#[pin_data]
pub(crate) struct Letter {
    origin: Origin,
    /// Taken out when it is received.
    #[pin]
    content: SpinLock<Option<Content>>,
    bytes: usize,
    received: Atomic<bool>,
    /// The queue that it lies in; see [`Queued::set_place`].
    place: Atomic<usize>,
    #[pin]
    links: ListLinks,
}

impl Letter {
    /// Bytes that a message counts.
    pub(crate) fn size_of(message: &Message) -> usize {
        message.len().saturating_add(size_of::<Self>())
    }

    /// Puts a message into an envelope; `room` covers its [`size_of`](Self::size_of). The caller
    /// decides which cgroup pays for the memory.
    pub(crate) fn new(origin: Origin, message: Message, room: Room) -> Result<ListArc<Self>> {
        let bytes = room.bytes;
        let content = Content {
            message,
            _room: room,
        };
        ListArc::pin_init(
            try_pin_init!(Self {
                origin,
                content <- new_spinlock!(Some(content), "lunatik::Letter"),
                bytes,
                received: Atomic::new(false),
                place: Atomic::new(0),
                links <- ListLinks::new(),
            }? Error),
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// What became of it, for the actor that has sent it.
    fn returned(&self) -> Option<Returned> {
        match self.origin {
            Origin::Sender { receipt, tag, .. } => Some(Returned {
                receipt,
                tag,
                received: self.received.load(Acquire),
            }),
            _ => None,
        }
    }

    /// Sends it back.
    fn give_back(this: ListArc<Self>, received: bool) {
        // What the message refers to is gone before its sender goes on.
        let content = this.content.lock().take();
        drop(content);
        this.received.store(received, Release);
        let Origin::Sender { returns, .. } = &this.origin else {
            return;
        };
        let returns = returns.clone();
        let mut letter = Some(this);
        // If nobody waits for it any more, it is dropped here.
        let _ = returns.queue.put(&mut letter, None);
    }
}

impl Queued for Letter {
    fn size(&self) -> usize {
        self.bytes
    }

    fn abandon(this: ListArc<Self>) {
        // In the sender's own queue, which is closed, it has come back already.
        if this.content.lock().is_some() {
            Self::give_back(this, false);
        }
    }

    fn set_place(&self, place: usize) {
        self.place.store(place, Relaxed);
    }
}

// SAFETY: `place` is what `set_place()` has stored. It is only compared under the lock of a queue, and
// a value that names that queue is stored under the same lock.
unsafe impl Withdrawable for Letter {
    fn place(&self) -> usize {
        self.place.load(Relaxed)
    }
}

impl_list_arc_safe! {
    impl ListArcSafe<0> for Letter { untracked; }
}

impl_list_item! {
    impl ListItem<0> for Letter { using ListLinks { self.links }; }
}

/// A letter that was taken out of a mailbox. Dropping it tells its sender that nobody has received it.
pub(crate) struct Delivery(ManuallyDrop<ListArc<Letter>>);

impl Delivery {
    /// For the code that has just taken it.
    pub(crate) fn new(letter: ListArc<Letter>) -> Self {
        Self(ManuallyDrop::new(letter))
    }

    /// Calls `with` with its values. They stay in the letter.
    pub(crate) fn with_message<T>(&self, with: impl FnOnce(&Message) -> T) -> Option<T> {
        // Nobody else uses the content meanwhile, and `with` may sleep.
        let content = self.0.content.lock().take();
        let result = content.as_ref().map(|content| with(&content.message));
        let former = core::mem::replace(&mut *self.0.content.lock(), content);
        drop(former);
        result
    }

    fn take(self) -> ListArc<Letter> {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: `this` is not used again, nor dropped.
        unsafe { ManuallyDrop::take(&mut this.0) }
    }

    /// Its values were received.
    pub(crate) fn received(self) {
        Letter::give_back(self.take(), true);
    }

    /// Gives back the letter, which nobody has received, to be put back where it was taken from.
    pub(crate) fn into_letter(self) -> ListArc<Letter> {
        self.take()
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        // SAFETY: It is not used again.
        let letter = unsafe { ManuallyDrop::take(&mut self.0) };
        Letter::give_back(letter, false);
    }
}

/// Where a letter lies.
#[derive(Clone)]
pub(crate) enum Place {
    /// In the mailbox of an actor.
    Mailbox(Arc<Mailbox<Letter>>),
    /// Before the process of an actor.
    Process(Arc<Link>),
}

/// A letter that its sender waits for.
#[derive(Clone)]
pub(crate) struct Pending {
    pub(crate) letter: Arc<Letter>,
    pub(crate) place: Place,
}

impl Pending {
    /// Takes the letter back. Returns false if it was received, or nobody will receive it: then it comes
    /// back.
    pub(crate) fn withdraw(&self) -> bool {
        let letter = match &self.place {
            Place::Mailbox(mailbox) => mailbox.withdraw(&self.letter),
            Place::Process(link) => link.outbox().withdraw(&self.letter),
        };
        // Memory is freed with no lock held.
        let content = letter.and_then(|letter| letter.content.lock().take());
        content.is_some()
    }
}
