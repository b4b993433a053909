// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What waits for a process to read it.

use kernel::{
    list::ListArc,
    new_condvar, new_spinlock,
    prelude::*,
    sync::{poll::PollCondVar, Arc, CondVar, SpinLock},
};

use crate::{
    channel::{
        actor::letter::Letter,
        entries::{Entries, Queued, Withdrawable},
    },
    runtime::message::Message,
};

/// The most messages, and their bytes, whose senders go on at once. Further senders wait.
const MAX_MESSAGES: usize = 64;
const MAX_BYTES: usize = 256 << 10;

/// What the process reads next.
pub(super) enum Next {
    /// What it is to do.
    Start(KBox<Message>),
    /// A message to its actor.
    Letter(ListArc<Letter>),
    /// Nobody has an address of its actor, although the kernel has made this many for it.
    NoSenders(u32),
    /// Some of its grants have room.
    Room,
    /// Nothing now.
    Nothing,
    /// Nothing any more.
    Closed,
}

struct Inner {
    start: Option<KBox<Message>>,
    letters: Entries<Letter>,
    senders: usize,
    /// How many addresses the process has given away, modulo 2^32.
    given: u32,
    tells_no_senders: bool,
    tells_room: bool,
    /// Whether the process wants no messages now.
    is_paused: bool,
    /// Whether nobody receives any more.
    is_shut: bool,
    is_closed: bool,
    /// Wakes those who poll the file.
    poll: Option<Arc<Poll>>,
}

impl Inner {
    fn has_something(&self) -> bool {
        self.is_closed
            || self.start.is_some()
            || self.tells_room
            || self.tells_no_senders && self.letters.is_empty()
            || !self.is_paused && !self.letters.is_empty()
    }
}

/// What those wait for who poll the file.
#[pin_data]
pub(crate) struct Poll {
    #[pin]
    pub(crate) changed: PollCondVar,
}

/// The messages to a process.
#[pin_data]
pub(crate) struct Outbox {
    #[pin]
    inner: SpinLock<Inner>,
    /// Notified when there is something to read.
    #[pin]
    readable: CondVar,
}

impl Outbox {
    /// An outbox in which `start` lies.
    pub(super) fn new(start: KBox<Message>) -> impl PinInit<Self> {
        pin_init!(Self {
            inner <- new_spinlock!(Inner {
                start: Some(start),
                letters: Entries::default(),
                senders: 0,
                given: 0,
                tells_no_senders: false,
                tells_room: false,
                is_paused: false,
                is_shut: false,
                is_closed: false,
                poll: None,
            }, "lunatik::process::Outbox"),
            readable <- new_condvar!("lunatik::process::Outbox::readable"),
        })
    }

    /// What its letters have as their place.
    fn place(&self) -> usize {
        core::ptr::from_ref(self).addr()
    }

    /// Changes something, and wakes the reader if there is something to read then.
    fn change<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        let mut inner = self.inner.lock();
        let result = change(&mut inner);
        let poll = inner.has_something().then(|| inner.poll.clone());
        drop(inner);
        if let Some(poll) = poll {
            self.readable.notify_all();
            if let Some(poll) = poll {
                poll.changed.notify_all();
            }
        }
        result
    }

    /// Whether the sender of a message of `size` bytes may go on at once.
    pub(crate) fn has_room(&self, size: usize) -> bool {
        let inner = self.inner.lock();
        let (count, bytes) = (inner.letters.count(), inner.letters.bytes());
        count == 0 || count < MAX_MESSAGES && bytes.saturating_add(size) <= MAX_BYTES
    }

    /// Adds a letter. Gives it back if nobody will read it.
    pub(crate) fn put(&self, letter: ListArc<Letter>) -> Result<(), ListArc<Letter>> {
        self.change(|inner| {
            if inner.is_shut {
                return Err(letter);
            }
            letter.set_place(self.place());
            inner.letters.push_back(letter);
            Ok(())
        })
    }

    /// Takes a letter back. Returns `None` if it was read, or nobody will read it.
    pub(crate) fn withdraw(&self, letter: &Letter) -> Option<ListArc<Letter>> {
        let mut inner = self.inner.lock();
        if inner.is_shut || letter.place() != self.place() {
            return None;
        }
        // SAFETY: The place is changed under this lock only, to and from this outbox. An outbox that is not shut gives
        // its letters away one by one, and each has its place cleared then. So the letter lies in this list.
        let letter = unsafe { inner.letters.remove(letter) }?;
        letter.set_place(0);
        Some(letter)
    }

    /// There is one more address of the actor.
    pub(super) fn add_sender(&self) {
        let mut inner = self.inner.lock();
        inner.senders = inner.senders.saturating_add(1);
        inner.tells_no_senders = false;
    }

    /// There is one address less.
    pub(super) fn remove_sender(&self) {
        self.change(|inner| {
            inner.senders = inner.senders.saturating_sub(1);
            inner.tells_no_senders = inner.senders == 0;
        });
    }

    /// The process has given so many addresses of its actor away.
    pub(super) fn count_given(&self, count: u32) {
        if count > 0 {
            let mut inner = self.inner.lock();
            inner.given = inner.given.wrapping_add(count);
        }
    }

    /// Some grants have room.
    pub(super) fn tell_room(&self) {
        self.change(|inner| inner.tells_room = true);
    }

    /// Whether the process wants no messages now.
    pub(super) fn pause(&self, paused: bool) {
        self.change(|inner| inner.is_paused = paused);
    }

    /// Those who poll the file wait for `poll`.
    pub(super) fn set_poll(&self, poll: Arc<Poll>) {
        let former = self.change(|inner| inner.poll.replace(poll));
        drop(former);
    }

    /// Takes what comes next. If there is nothing, waits for it unless `at_once`. Fails with `ERESTARTSYS` if a signal
    /// comes.
    pub(super) fn next(&self, at_once: bool) -> Result<Next> {
        let mut inner = self.inner.lock();
        loop {
            if inner.is_closed {
                return Ok(Next::Closed);
            }
            if let Some(start) = inner.start.take() {
                return Ok(Next::Start(start));
            }
            if core::mem::take(&mut inner.tells_room) {
                return Ok(Next::Room);
            }
            if !inner.is_paused {
                if let Some(letter) = inner.letters.pop_front() {
                    letter.set_place(0);
                    return Ok(Next::Letter(letter));
                }
            }
            // What was sent before comes before.
            if inner.letters.is_empty() && core::mem::take(&mut inner.tells_no_senders) {
                return Ok(Next::NoSenders(inner.given));
            }
            if at_once {
                return Ok(Next::Nothing);
            }
            if self.readable.wait_interruptible(&mut inner) {
                return Err(ERESTARTSYS);
            }
        }
    }

    /// Puts back what was taken and could not be read.
    pub(super) fn put_back(&self, next: Next) {
        let dropped = self.change(|inner| {
            match next {
                Next::Start(start) => inner.start = Some(start),
                Next::Letter(letter) if inner.is_shut => return Some(letter),
                Next::Letter(letter) => {
                    letter.set_place(self.place());
                    inner.letters.push_front(letter);
                }
                Next::NoSenders(_) => inner.tells_no_senders = inner.senders == 0,
                Next::Room => inner.tells_room = true,
                Next::Nothing | Next::Closed => {}
            }
            None
        });
        if let Some(letter) = dropped {
            Letter::abandon(letter);
        }
    }

    /// Whether a read would return at once.
    pub(super) fn is_readable(&self) -> bool {
        self.inner.lock().has_something()
    }

    /// Nobody receives messages any more. Their senders are told.
    pub(super) fn shut(&self) {
        let letters = self.change(|inner| {
            inner.is_shut = true;
            core::mem::take(&mut inner.letters)
        });
        drop(letters);
    }

    /// The process reads nothing any more.
    pub(super) fn close(&self) {
        let dropped = self.change(|inner| {
            inner.is_shut = true;
            inner.is_closed = true;
            let letters = core::mem::take(&mut inner.letters);
            (letters, inner.start.take())
        });
        // Those who poll are woken before they lose what they wait for.
        let poll = self.inner.lock().poll.take();
        drop((dropped, poll));
    }
}
