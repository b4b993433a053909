// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The log of a runtime: the last lines that it printed.
//!
//! Lock order: the log's mutex is a leaf.

use kernel::{
    new_condvar,
    new_mutex,
    prelude::*,
    sync::{
        Arc,
        CondVar,
        Mutex,
        MutexGuard, //
    }, //
};

use super::sink::Stream;
use crate::linux::{
    account::{Account, Charge},
    clock, //
};

/// The bytes of a runtime's output that its log keeps. Older entries are dropped to make room; gaps
/// in the sequence numbers show how many.
pub(crate) const LOG_BYTES: usize = 64 * 1024;

/// A line longer than this becomes several entries.
const MAX_ENTRY: usize = 4096;

/// The bytes that an entry costs besides its text.
const ENTRY_OVERHEAD: usize = 64;

/// A line of a log.
pub(crate) struct Entry {
    /// The number of this entry in its log, from 0.
    pub(crate) sequence: u64,
    /// The time when the entry was begun, in nanoseconds of the wall clock.
    pub(crate) time_ns: u64,
    pub(crate) stream: Stream,
    /// The text with its newline.
    pub(crate) text: KVVec<u8>,
}

impl Entry {
    fn copy(&self) -> Result<Self> {
        let mut text = KVVec::new();
        text.extend_from_slice(&self.text, GFP_KERNEL | __GFP_NOWARN)?;
        Ok(Self { text, ..*self })
    }

    fn cost(&self) -> usize {
        self.text.len().saturating_add(ENTRY_OVERHEAD)
    }
}

struct Inner {
    entries: KVVec<Entry>,
    cost: usize,
    /// The sequence number of the next entry.
    next: u64,
    /// A line that has not ended yet.
    partial: Option<Entry>,
    /// The bytes that the entries count against the account, if they count.
    charge: Charge,
    counts: bool,
    closed: bool,
    /// The number of readers that wait for more.
    readers: usize,
}

/// A bounded log with one writer and any number of readers.
#[pin_data]
pub(crate) struct Log {
    #[pin]
    inner: Mutex<Inner>,
    #[pin]
    grown: CondVar,
}

impl Log {
    /// Makes an empty log, which counts against `account`.
    pub(crate) fn new(account: &Arc<Account>) -> impl PinInit<Self> {
        let charge = Charge::to(account);
        pin_init!(Self {
            inner <- new_mutex!(Inner {
                entries: KVVec::new(),
                charge,
                counts: true,
                cost: 0,
                next: 0,
                partial: None,
                closed: false,
                readers: 0,
            }, "lunatik::Log"),
            grown <- new_condvar!("lunatik::Log::grown"),
        })
    }

    /// Appends `text`. The oldest entries make room for it. May sleep.
    pub(crate) fn append(&self, stream: Stream, text: &[u8]) {
        let mut inner = self.inner.lock();
        for line in text.split_inclusive(|&byte| byte == b'\n') {
            for piece in line.chunks(MAX_ENTRY) {
                inner.add(stream, piece);
            }
        }
        self.tell(inner);
    }

    /// Closes the log: nothing will be appended any more.
    pub(crate) fn close(&self) {
        let mut inner = self.inner.lock();
        inner.end_partial();
        inner.closed = true;
        self.tell(inner);
    }

    /// Sets whether the entries count against the account from now on.
    pub(super) fn count(&self, counts: bool) {
        let mut inner = self.inner.lock();
        inner.counts = counts;
        let cost = if counts { inner.cost } else { 0 };
        inner.charge.set_anyway(cost);
    }

    /// Wakes waiting readers, so that they check again.
    pub(crate) fn wake_readers(&self) {
        self.tell(self.inner.lock());
    }

    /// Wakes the waiting readers after unlocking.
    fn tell(&self, inner: MutexGuard<'_, Inner>) {
        let is_awaited = inner.readers > 0;
        drop(inner);
        if is_awaited {
            self.grown.notify_all();
        }
    }

    /// Returns the entries from number `from` on; with `partial` also the unfinished last line.
    pub(crate) fn read(&self, from: u64, partial: bool) -> Result<KVVec<Entry>> {
        let inner = self.inner.lock();
        let mut entries = KVVec::new();
        let unfinished = inner.partial.as_ref().filter(|_| partial);
        let whole = inner.entries.iter().filter(|entry| entry.sequence >= from);
        for entry in Iterator::chain(whole, unfinished) {
            entries.push(entry.copy()?, GFP_KERNEL | __GFP_NOWARN)?;
        }
        Ok(entries)
    }

    /// Waits until there is an entry with the number `from`, and returns true. Returns false if the
    /// log is closed, if `give_up` returns true after a wake, or if a signal comes.
    pub(crate) fn wait(&self, from: u64, give_up: impl Fn() -> bool) -> bool {
        let mut inner = self.inner.lock();
        loop {
            if inner.next > from {
                return true;
            }
            if inner.closed || give_up() {
                return false;
            }
            inner.readers += 1;
            let has_signal = self.grown.wait_interruptible(&mut inner);
            inner.readers = inner.readers.saturating_sub(1);
            if has_signal {
                return false;
            }
        }
    }
}

impl Inner {
    /// Appends a piece. A newline may only be at its end. Without memory the piece is lost, and a
    /// gap in the sequence numbers shows that.
    fn add(&mut self, stream: Stream, piece: &[u8]) {
        let fits = |entry: &Entry| {
            entry.stream == stream && entry.text.len().saturating_add(piece.len()) <= MAX_ENTRY
        };
        if self.partial.as_ref().is_some_and(|entry| !fits(entry)) {
            self.end_partial();
        }
        let entry = match &mut self.partial {
            Some(entry) => entry,
            None => {
                let sequence = self.next;
                self.partial.insert(Entry {
                    sequence,
                    time_ns: now_ns(),
                    stream,
                    text: KVVec::new(),
                })
            }
        };
        let cost = entry.cost().saturating_add(piece.len());
        let cost = self.cost.saturating_add(cost);
        // The output of a script that has no memory left matters most, so it is kept beyond the
        // limit.
        self.charge.set_anyway(if self.counts { cost } else { 0 });
        let kept = entry
            .text
            .extend_from_slice(piece, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
        if kept.is_err() || piece.last() == Some(&b'\n') {
            self.end_partial();
        }
    }

    fn end_partial(&mut self) {
        let Some(entry) = self.partial.take() else {
            return;
        };
        self.next = self.next.saturating_add(1);
        let cost = entry.cost();
        if self.cost.saturating_add(cost) > LOG_BYTES {
            self.make_room(cost);
        }
        if self
            .entries
            .push(entry, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)
            .is_ok()
        {
            self.cost = self.cost.saturating_add(cost);
        }
    }

    /// Drops the oldest entries. Drops a quarter of the log more than needed, so that the other
    /// entries are not moved for each new one.
    fn make_room(&mut self, cost: usize) {
        let target = (LOG_BYTES / 4 * 3).saturating_sub(cost);
        let mut left = self.cost;
        self.entries.retain(|entry| {
            let keep = left <= target;
            if !keep {
                left = left.saturating_sub(entry.cost());
            }
            keep
        });
        self.cost = left;
    }
}

fn now_ns() -> u64 {
    u64::try_from(clock::real()).unwrap_or(0)
}
