// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A bounded queue of the frames that a session's client can read.
//!
//! Lock order: `reading`, then `queue`. Under `queue`, only allocations sleep. User memory is
//! accessed only under `reading`, which only the client's own reads take.

use kernel::{
    new_condvar,
    new_mutex,
    prelude::*,
    sync::{
        CondVar,
        Mutex, //
    },
    uaccess::UserSliceWriter, //
};

/// The most bytes of frames that may wait. A single frame larger than that waits alone.
const MAX_WAITING: usize = 1 << 20;

struct Queue {
    bytes: KVVec<u8>,
    closed: bool,
    /// Whether a frame that the client waits for could not be queued.
    lost: bool,
}

struct Reading {
    bytes: KVVec<u8>,
    start: usize,
}

/// Why frames were not queued.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum SendError {
    /// The client is gone, or its session is over because a frame was lost.
    Closed,
    /// The sender stopped waiting for room.
    GaveUp,
    /// There is no memory for the frame.
    NoMemory,
}

/// The queue.
#[pin_data]
pub(super) struct OutputQueue {
    #[pin]
    queue: Mutex<Queue>,
    #[pin]
    reading: Mutex<Reading>,
    /// Notified when there is room, or the queue is closed.
    #[pin]
    room: CondVar,
    /// Notified when there is something to read.
    #[pin]
    readable: CondVar,
}

impl OutputQueue {
    pub(super) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            queue <- new_mutex!(Queue {
                bytes: KVVec::new(),
                closed: false,
                lost: false,
            }, "lunatik::OutputQueue"),
            reading <- new_mutex!(Reading {
                bytes: KVVec::new(),
                start: 0,
            }, "lunatik::OutputQueue::reading"),
            room <- new_condvar!("lunatik::OutputQueue::room"),
            readable <- new_condvar!("lunatik::OutputQueue::readable"),
        })
    }

    /// Queues one frame. Sleeps until there is room, the queue is closed, a signal comes, or
    /// `give_up` returns true.
    pub(super) fn send(&self, frame: &[u8], give_up: impl Fn() -> bool) -> Result<(), SendError> {
        let mut queue = self.queue.lock();
        loop {
            if queue.closed || queue.lost {
                return Err(SendError::Closed);
            }
            let waiting = queue.bytes.len();
            if waiting == 0 || waiting.saturating_add(frame.len()) <= MAX_WAITING {
                break;
            }
            if give_up() || self.room.wait_interruptible(&mut queue) {
                return Err(SendError::GaveUp);
            }
        }
        queue
            .bytes
            .extend_from_slice(frame, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)
            .map_err(|_| SendError::NoMemory)?;
        drop(queue);
        self.readable.notify_all();
        Ok(())
    }

    /// Wakes sleeping senders, so that they check again.
    pub(super) fn wake_senders(&self) {
        drop(self.queue.lock());
        self.room.notify_all();
    }

    /// Stores that there was no memory for a frame that the client waits for. The client reads the
    /// frames that were queued before, then gets `ENOMEM`. Needs no memory itself.
    pub(super) fn lose(&self) {
        self.queue.lock().lost = true;
        self.room.notify_all();
        self.readable.notify_all();
    }

    /// Closes the queue: from now on nothing is queued, and nobody sleeps.
    pub(super) fn close(&self) {
        let mut queue = self.queue.lock();
        queue.closed = true;
        let bytes = core::mem::take(&mut queue.bytes);
        drop(queue);
        drop(bytes);
        self.room.notify_all();
        self.readable.notify_all();
    }

    /// Whether a read would find something.
    pub(super) fn is_readable(&self) -> bool {
        let reading = self.reading.lock();
        let rest = reading.start < reading.bytes.len();
        drop(reading);
        let queue = self.queue.lock();
        rest || queue.lost || !queue.bytes.is_empty()
    }

    /// Copies queued frames to user space. If there are none, waits for one unless `nonblocking`.
    pub(super) fn read(&self, writer: &mut UserSliceWriter, nonblocking: bool) -> Result<usize> {
        if writer.is_empty() {
            return Ok(0);
        }
        let mut reading = self.reading.lock();
        if reading.start >= reading.bytes.len() {
            let mut queue = self.queue.lock();
            while queue.bytes.is_empty() {
                if queue.closed {
                    return Ok(0);
                }
                if queue.lost {
                    return Err(ENOMEM);
                }
                if nonblocking {
                    return Err(EAGAIN);
                }
                if self.readable.wait_interruptible(&mut queue) {
                    return Err(ERESTARTSYS);
                }
            }
            let fresh = core::mem::take(&mut queue.bytes);
            drop(queue);
            reading.bytes = fresh;
            reading.start = 0;
            self.room.notify_all();
        }
        let rest = reading.bytes.get(reading.start..).unwrap_or_default();
        let length = rest.len().min(writer.len());
        writer.write_slice(rest.get(..length).unwrap_or_default())?;
        reading.start = reading.start.saturating_add(length);
        Ok(length)
    }
}
