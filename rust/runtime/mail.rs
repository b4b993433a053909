// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Counters of the messages that wait for a runtime and of those that it has received.
//!
//! Each queue with a single receiving runtime has a [`Count`], which it updates under its own lock,
//! with plain stores. The runtime has a [`Mail`], the list of these counts, which adds them up on
//! request. So sending and receiving need no additional atomic operations, and a request takes no
//! lock that senders or receivers take.
//!
//! Lock order: `Mail::inner` is a leaf. It is not held while memory is allocated or freed.

use core::mem;
use kernel::{
    new_mutex,
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Relaxed, Release},
        Arc,
        Mutex, //
    },
};

use crate::linux::account::{kmalloc_size, Account, Charge};

/// The counters of one queue.
struct Counters {
    waiting: Atomic<usize>,
    received: Atomic<u64>,
    /// Whether the queue is gone or closed: the numbers no longer change.
    closed: Atomic<bool>,
    _charge: Charge,
}

/// Counts the messages of a queue. Only the queue owns it, and calls all functions under its lock.
/// Dropping it closes it.
pub(crate) struct Count(Arc<Counters>);

impl Count {
    /// Records the number of messages in the queue.
    #[inline]
    pub(crate) fn set_waiting(&self, count: usize) {
        self.0.waiting.store(count, Relaxed);
    }

    /// Records that a message was received.
    #[inline]
    pub(crate) fn add_received(&self) {
        // Nobody else stores, so this needs no atomic addition.
        let received = self.0.received.load(Relaxed);
        self.0.received.store(received.saturating_add(1), Relaxed);
    }

    /// Records that the message received last could not be used and was put back.
    pub(crate) fn take_received_back(&self) {
        let received = self.0.received.load(Relaxed);
        self.0.received.store(received.saturating_sub(1), Relaxed);
    }

    /// Records that the queue is closed: no message waits, and nobody receives.
    pub(crate) fn close(&self) {
        self.0.waiting.store(0, Relaxed);
        // Release: a reader that sees this also sees the final number of received messages.
        self.0.closed.store(true, Release);
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        self.close();
    }
}

/// The messages of a runtime.
#[derive(Clone, Copy, Default)]
pub(crate) struct Figures {
    /// The number that waits in its queues.
    pub(crate) waiting: u64,
    /// The number that it has received so far.
    pub(crate) received: u64,
}

struct Inner {
    /// The counters of all open queues, and of some closed ones.
    queues: KVVec<Arc<Counters>>,
    /// The messages received from queues that are no longer in the list.
    received: u64,
}

impl Inner {
    /// The number of open queues.
    fn open(&self) -> usize {
        let is_open = |queue: &&Arc<Counters>| !queue.closed.load(Acquire);
        self.queues.iter().filter(is_open).count()
    }

    /// Moves the open queues to `list`, which has room for them, and returns the old list.
    fn renew(&mut self, list: KVVec<Arc<Counters>>) -> KVVec<Arc<Counters>> {
        let former = mem::replace(&mut self.queues, list);
        for queue in &former {
            let is_kept = !queue.closed.load(Acquire)
                && self.queues.push_within_capacity(queue.clone()).is_ok();
            if !is_kept {
                let received = queue.received.load(Relaxed);
                self.received = self.received.saturating_add(received);
            }
        }
        former
    }
}

/// The queues from which one runtime receives.
#[pin_data]
pub(crate) struct Mail {
    #[pin]
    inner: Mutex<Inner>,
}

impl Mail {
    /// No queue.
    pub(super) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            inner <- new_mutex!(Inner {
                queues: KVVec::new(),
                received: 0,
            }, "lunatik::Mail"),
        })
    }

    /// Creates the count of a new queue. Its memory counts against `account`. Sleeps. Fails with
    /// `ENOMEM`.
    pub(super) fn count(&self, account: &Arc<Account>) -> Result<Count> {
        // The reference count of an `Arc` takes a word. The list has room for up to four times as many queues as are
        // open.
        let counters = size_of::<Counters>().saturating_add(size_of::<usize>());
        let bytes = kmalloc_size(counters).saturating_add(4 * size_of::<usize>());
        let queue = Counters {
            waiting: Atomic::new(0),
            received: Atomic::new(0),
            closed: Atomic::new(false),
            _charge: Charge::new(account, bytes)?,
        };
        let queue = Arc::new(queue, GFP_KERNEL_ACCOUNT)?;
        self.add(&queue)?;
        Ok(Count(queue))
    }

    fn add(&self, queue: &Arc<Counters>) -> Result {
        let mut spare = KVVec::new();
        loop {
            let mut inner = self.inner.lock();
            if inner.queues.len() < inner.queues.capacity() {
                // There is room.
                let _ = inner.queues.push_within_capacity(queue.clone());
                return Ok(());
            }
            let open = inner.open();
            if open < spare.capacity() {
                let former = inner.renew(spare);
                let _ = inner.queues.push_within_capacity(queue.clone());
                drop(inner);
                // Frees memory, so the lock is released first.
                drop(former);
                return Ok(());
            }
            drop(inner);
            // Twice as much as is needed now, so that few calls renew the list.
            let room = open.saturating_add(1).saturating_mul(2);
            spare = KVVec::with_capacity(room, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        }
    }

    /// The numbers of waiting and received messages. Sleeps.
    pub(super) fn figures(&self) -> Figures {
        let inner = self.inner.lock();
        let mut figures = Figures {
            waiting: 0,
            received: inner.received,
        };
        for queue in &inner.queues {
            // CAST: No platform has more than 64 bits.
            let waiting = queue.waiting.load(Relaxed) as u64;
            figures.waiting = figures.waiting.saturating_add(waiting);
            let received = queue.received.load(Relaxed);
            figures.received = figures.received.saturating_add(received);
        }
        figures
    }
}
