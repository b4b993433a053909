// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Buffers of messages that several VMs share, for the module `mtmsg`: queues that are found by
//! number or name, and whose use can be refused for a while.
//!
//! Lock order: the lock of [`Buffers`] is a leaf, and so is that of a queue.

use core::mem;
use kernel::{
    list::ListArc,
    new_spinlock,
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Release},
        Arc,
        SpinLock, //
    }, //
};

use super::{
    entries::Entry,
    family::Family,
    posting,
    queue::{Gate, Limits, Queue, Sent, Taken}, //
};
use crate::{
    linux::{
        account::Charge,
        global::{Global, Installed}, //
    },
    runtime::{
        directory::{Directory, Listed, Listing},
        hooks::{Delivered, Destination, Origin},
        instance::Runtime,
        message::Message, //
    },
};

/// The most bytes of messages that a buffer may hold.
pub(crate) const MAX_BYTES: usize = 16 << 20;

/// Messages that a buffer may hold.
pub(crate) const MAX_MESSAGES: usize = 65_536;

/// The most buffers at one time, in all.
pub(crate) const MAX_BUFFERS: usize = 65_536;

/// The longest name of a buffer, in bytes.
pub(crate) const MAX_NAME: usize = 255;

/// The bytes that a buffer takes beside itself: its names, and its place in the directory.
const OBJECTS: usize = 512;

/// What an operation finds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Refused {
    /// The buffer was closed.
    Closed,
    /// The buffer, or its family, was aborted.
    Aborted,
}

/// What became of a message.
pub(crate) enum Added {
    /// It is in the buffer.
    Yes,
    /// There is no room for it now.
    Full,
    /// The message has more bytes (the first number) than the buffer ever holds (the second).
    TooBig(usize, usize),
}

/// Refuses all operations on a buffer while it, or its family, is aborted.
struct Abort {
    own: Atomic<bool>,
    family: Arc<Family>,
}

/// The buffer, or its family, was aborted.
struct Aborted;

impl Gate for Abort {
    type Refusal = Aborted;

    fn refusal(&self) -> Option<Aborted> {
        (self.own.load(Acquire) || self.family.is_aborted()).then_some(Aborted)
    }
}

/// A buffer of messages.
#[pin_data]
pub(crate) struct Buffer {
    id: u64,
    name: Option<KVec<u8>>,
    /// The name of the runtime that made it.
    maker: KVec<u8>,
    limit: usize,
    _charge: Charge,
    #[pin]
    queue: Queue<Abort>,
}

/// All buffers, by number.
#[pin_data]
struct All {
    #[pin]
    directory: SpinLock<Directory<Buffer>>,
}

static ALL: Global<All> = Global::new();

/// The existence of the directory of buffers. The module must keep it while there may be VMs.
pub(crate) struct Buffers {
    _all: Installed<All>,
}

impl Buffers {
    /// Prepares the directory. There is one at a time.
    pub(crate) fn new() -> Result<Self> {
        let mut directory = Directory::new();
        directory.init();
        let all = Arc::pin_init(
            pin_init!(All {
                directory <- new_spinlock!(directory, "lunatik::Buffers"),
            }),
            GFP_KERNEL,
        )?;
        Ok(Self {
            _all: ALL.set(all)?,
        })
    }
}

impl Listed for Buffer {
    const LIMIT: usize = MAX_BUFFERS;

    fn id(&self) -> u64 {
        self.id
    }

    fn with_directory<R>(with: impl FnOnce(&mut Directory<Self>) -> R) -> Option<R> {
        ALL.with(|all| with(&mut all.directory.lock()))
    }
}

fn copy(bytes: &[u8]) -> Result<KVec<u8>> {
    let mut copy = KVec::with_capacity(bytes.len(), GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
    copy.extend_from_slice(bytes, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
    Ok(copy)
}

impl Buffer {
    /// Makes a buffer of `family` that holds `limit` bytes of messages at most. It counts against
    /// `maker`.
    pub(crate) fn make(
        name: Option<&[u8]>,
        family: Arc<Family>,
        maker: &Runtime,
        limit: usize,
    ) -> Result<Listing<Self>> {
        let mut charge = Charge::new(maker.account(), size_of::<Self>() + OBJECTS)?;
        let name = name.map(copy).transpose()?;
        let maker = copy(maker.name())?;
        let limit = limit.min(MAX_BYTES);
        let limits = Limits {
            messages: MAX_MESSAGES,
            bytes: limit,
        };
        let gate = Abort {
            own: Atomic::new(false),
            family,
        };
        Listing::new(|id| {
            Arc::pin_init(
                pin_init!(Self {
                    _charge: mem::replace(&mut charge, Charge::none()),
                    id,
                    name,
                    maker,
                    limit,
                    queue <- Queue::with_gate(limits, gate),
                }),
                GFP_KERNEL_ACCOUNT,
            )
        })
    }

    /// The first buffer with a number above `id`.
    pub(super) fn after(id: u64) -> Option<Arc<Self>> {
        Self::with_directory(|directory| directory.after(id)).flatten()
    }

    /// The number of the one buffer with this name, in `family` or, with none, anywhere; an error
    /// if there are several.
    pub(crate) fn named(name: &[u8], family: Option<&Arc<Family>>) -> Result<Option<u64>, ()> {
        let mut found = None;
        let mut id = 0;
        while let Some(buffer) = Self::after(id) {
            id = buffer.id;
            if buffer.name() != Some(name) || family.is_some_and(|family| !buffer.is_in(family)) {
                continue;
            }
            if found.is_some() {
                return Err(());
            }
            found = Some(id);
        }
        Ok(found)
    }

    /// Its name, if it has one.
    pub(crate) fn name(&self) -> Option<&[u8]> {
        self.name.as_deref()
    }

    /// The name of the runtime that made it.
    pub(crate) fn maker(&self) -> &[u8] {
        &self.maker
    }

    /// Whether it belongs to `family`.
    pub(crate) fn is_in(&self, family: &Arc<Family>) -> bool {
        Arc::ptr_eq(&self.queue.gate().family, family)
    }

    /// Whether an operation may be done now.
    fn check(&self) -> Result<(), Refused> {
        if self.queue.is_closed() {
            Err(Refused::Closed)
        } else if self.is_aborted() {
            Err(Refused::Aborted)
        } else {
            Ok(())
        }
    }

    /// Adds a message. With `alone`, the messages in the buffer are dropped.
    pub(crate) fn add(&self, message: Message, alone: bool) -> Result<Result<Added, Refused>> {
        let size = Entry::size_of(&message);
        if size > self.limit {
            return Ok(self.check().map(|()| Added::TooBig(size, self.limit)));
        }
        let Some(room) = self.queue.gate().family.take(size) else {
            return Ok(self.check().map(|()| Added::Full));
        };
        let mut entry = Some(Entry::new(message, room)?);
        let sent = if alone {
            self.queue.replace(&mut entry)
        } else {
            self.queue.put(&mut entry, None)?
        };
        Ok(match sent {
            Sent::Yes => Ok(Added::Yes),
            Sent::Full => Ok(Added::Full),
            Sent::Closed => Err(Refused::Closed),
            Sent::Refused(Aborted) => Err(Refused::Aborted),
        })
    }

    /// The most bytes of values that a message may have.
    pub(crate) fn most(&self) -> usize {
        self.limit.saturating_sub(Entry::OVERHEAD)
    }

    /// Takes the oldest message, if there is one. If there is none, and `receiver` is named, its
    /// code is noted as waiting, and is woken when that changes.
    ///
    /// Fails with `ENOBUFS` if too many runtimes wait, or with `ENOMEM`.
    pub(crate) fn take(
        &self,
        receiver: Option<&Arc<Runtime>>,
    ) -> Result<Result<Option<ListArc<Entry>>, Refused>> {
        Ok(match self.queue.take(receiver)? {
            Taken::Message(entry) => Ok(Some(entry)),
            Taken::Empty => Ok(None),
            Taken::Closed => Err(Refused::Closed),
            Taken::Refused(Aborted) => Err(Refused::Aborted),
        })
    }

    /// Wakes the runtimes that wait for a message, so that they check again.
    pub(super) fn wake(&self) {
        self.queue.wake();
    }

    /// Puts a message that was taken and could not be used back.
    pub(crate) fn put_back(&self, entry: ListArc<Entry>) {
        self.queue.put_back(entry);
    }

    /// How many messages it holds.
    pub(crate) fn count(&self) -> Result<usize, Refused> {
        self.check()?;
        Ok(self.queue.count())
    }

    /// Drops all messages.
    pub(crate) fn clear(&self) -> Result<(), Refused> {
        self.check()?;
        self.queue.clear();
        Ok(())
    }

    /// Makes all operations fail for ever, and drops all messages.
    pub(crate) fn close(&self) {
        self.queue.close();
    }

    /// Has all operations fail, or no longer.
    pub(crate) fn abort(&self, on: bool) -> Result<(), Refused> {
        if self.queue.is_closed() {
            return Err(Refused::Closed);
        }
        self.queue.gate().own.store(on, Release);
        self.queue.wake();
        Ok(())
    }

    /// Whether all operations fail.
    pub(crate) fn is_aborted(&self) -> bool {
        self.queue.gate().refusal().is_some()
    }
}

impl Destination for Buffer {
    fn deliver(&self, message: Message, origin: &mut Origin<'_>) -> Delivered {
        let size = Entry::size_of(&message);
        if size > self.limit {
            return Delivered::Never;
        }
        let room = self.queue.gate().family.take(size);
        posting::deliver_in(room, message, origin, |entry, sender| {
            self.queue.put(entry, Some(sender))
        })
    }
}
