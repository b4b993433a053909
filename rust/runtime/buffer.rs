// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Buffers of messages that several VMs have in common, as `mtmsg` has them.
//!
//! Lock order: the directory, and then `Buffer::inner`, which is a leaf.

use core::mem;
use kernel::{
    list::ListArc,
    new_spinlock,
    prelude::*,
    sync::{
        Arc,
        SpinLock, //
    }, //
};

mod family;

pub(crate) use self::family::{Family, Room, MAX_FAMILY_BYTES};
use super::{
    directory::{Directory, Listed, Listing},
    entries::{Entries, Entry},
    instance::Runtime,
    message::Message,
    waiters::{Noted, Spare, Waiters}, //
};
use crate::linux::account::Charge;

/// Bytes of messages that a buffer may hold.
pub(crate) const MAX_BYTES: usize = 16 << 20;

/// Messages that a buffer may hold.
pub(crate) const MAX_MESSAGES: usize = 65_536;

/// Buffers that there may be at one time, in all.
pub(crate) const MAX_BUFFERS: usize = 65_536;

/// The longest name of a buffer, in bytes.
pub(crate) const MAX_NAME: usize = 255;

/// Bytes that a buffer takes beside itself: its names, and its place in the directory.
const OBJECTS: usize = 512;

struct Inner {
    queue: Entries,
    closed: bool,
    aborted: bool,
    /// Who has found it empty.
    waiting: Waiters,
}

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
    /// There never is room for so many bytes where there are so many at most.
    TooBig(usize, usize),
}

/// A buffer of messages.
#[pin_data]
pub(crate) struct Buffer {
    id: u64,
    name: Option<KVec<u8>>,
    family: Arc<Family>,
    /// The name of the runtime that made it.
    maker: KVec<u8>,
    limit: usize,
    _charge: Charge,
    #[pin]
    inner: SpinLock<Inner>,
}

kernel::sync::global_lock! {
    // SAFETY: `init()` below is called by the module's `init()` before any runtime exists.
    unsafe(uninit) static DIRECTORY: SpinLock<Directory<Buffer>> = Directory::new();
}

/// Prepares the directory of buffers.
///
/// # Safety
///
/// To be called once, before any runtime exists.
pub(super) unsafe fn init() {
    // SAFETY: As the caller promises.
    unsafe { DIRECTORY.init() };
    DIRECTORY.lock().init();
}

impl Listed for Buffer {
    const LIMIT: usize = MAX_BUFFERS;

    fn id(&self) -> u64 {
        self.id
    }

    fn with_directory<R>(with: impl FnOnce(&mut Directory<Self>) -> R) -> R {
        with(&mut DIRECTORY.lock())
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
        Listing::new(|id| {
            Arc::pin_init(
                pin_init!(Self {
                    _charge: mem::replace(&mut charge, Charge::none()),
                    id,
                    name,
                    family,
                    maker,
                    limit: limit.min(MAX_BYTES),
                    inner <- new_spinlock!(Inner {
                        queue: Entries::default(),
                        closed: false,
                        aborted: false,
                        waiting: Waiters::default(),
                    }, "lunatik::Buffer"),
                }),
                GFP_KERNEL_ACCOUNT,
            )
        })
    }

    fn after(id: u64) -> Option<Arc<Self>> {
        Self::with_directory(|directory| directory.after(id))
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
        Arc::ptr_eq(&self.family, family)
    }

    fn check(&self, inner: &Inner) -> Result<(), Refused> {
        if inner.closed {
            Err(Refused::Closed)
        } else if inner.aborted || self.family.is_aborted() {
            Err(Refused::Aborted)
        } else {
            Ok(())
        }
    }

    /// Adds a message. With `alone`, those that are there are dropped.
    pub(crate) fn add(&self, message: Message, alone: bool) -> Result<Result<Added, Refused>> {
        let size = Entry::size_of(&message);
        if size > self.limit {
            return Ok(self
                .check(&self.inner.lock())
                .map(|()| Added::TooBig(size, self.limit)));
        }
        let Some(room) = self.family.take(size) else {
            return Ok(self.check(&self.inner.lock()).map(|()| Added::Full));
        };
        let entry = Entry::new(message, room)?;
        let mut dropped = Entries::default();
        let mut inner = self.inner.lock();
        if let Err(refused) = self.check(&inner) {
            drop(inner);
            return Ok(Err(refused));
        }
        if alone {
            dropped = mem::take(&mut inner.queue);
        }
        let bytes = inner.queue.bytes().saturating_add(size);
        if bytes > self.limit || inner.queue.count() >= MAX_MESSAGES {
            drop(inner);
            return Ok(Ok(Added::Full));
        }
        inner.queue.push_back(entry);
        let waiting = inner.waiting.take();
        drop(inner);
        drop(dropped);
        waiting.wake();
        Ok(Ok(Added::Yes))
    }

    /// Takes the oldest message, if there is one.
    pub(crate) fn take(&self) -> Result<Option<ListArc<Entry>>, Refused> {
        let mut inner = self.inner.lock();
        self.check(&inner)?;
        Ok(inner.queue.pop_front())
    }

    /// As [`take`](Self::take). Where there is none, the code of `runtime` waits, and is woken by what changes that.
    ///
    /// Fails with `ENOBUFS` if too many wait, or with `ENOMEM`.
    pub(crate) fn take_or_wait(
        &self,
        runtime: &Arc<Runtime>,
    ) -> Result<Result<Option<ListArc<Entry>>, Refused>> {
        let mut spare = Spare::default();
        loop {
            let mut inner = self.inner.lock();
            if let Err(refused) = self.check(&inner) {
                return Ok(Err(refused));
            }
            if let Some(entry) = inner.queue.pop_front() {
                return Ok(Ok(Some(entry)));
            }
            let noted = inner.waiting.note(runtime, &mut spare);
            drop(inner);
            match noted {
                Noted::Yes => return Ok(Ok(None)),
                Noted::NeedsRoom(count) => spare.grow(count)?,
                Noted::TooMany => return Err(ENOBUFS),
            }
        }
    }

    /// Wakes the runtimes that wait for a message, so that they check again.
    pub(super) fn wake(&self) {
        let waiting = self.inner.lock().waiting.take();
        waiting.wake();
    }

    /// Puts a message back that was taken and could not be used.
    pub(crate) fn put_back(&self, entry: ListArc<Entry>) {
        let mut inner = self.inner.lock();
        inner.queue.push_front(entry);
        let waiting = inner.waiting.take();
        drop(inner);
        waiting.wake();
    }

    /// How many messages it holds.
    pub(crate) fn count(&self) -> Result<usize, Refused> {
        let inner = self.inner.lock();
        self.check(&inner)?;
        Ok(inner.queue.count())
    }

    /// Drops all messages.
    pub(crate) fn clear(&self) -> Result<(), Refused> {
        let mut inner = self.inner.lock();
        self.check(&inner)?;
        let dropped = mem::take(&mut inner.queue);
        drop(inner);
        drop(dropped);
        Ok(())
    }

    /// Has all operations fail, for ever, and drops all messages.
    pub(crate) fn close(&self) {
        let mut inner = self.inner.lock();
        inner.closed = true;
        let dropped = mem::take(&mut inner.queue);
        let waiting = inner.waiting.take();
        drop(inner);
        drop(dropped);
        waiting.wake();
    }

    /// Has all operations fail, or no longer.
    pub(crate) fn abort(&self, on: bool) -> Result<(), Refused> {
        let mut inner = self.inner.lock();
        if inner.closed {
            return Err(Refused::Closed);
        }
        inner.aborted = on;
        let waiting = inner.waiting.take();
        drop(inner);
        waiting.wake();
        Ok(())
    }

    /// Whether all operations fail.
    pub(crate) fn is_aborted(&self) -> bool {
        let inner = self.inner.lock();
        inner.aborted || self.family.is_aborted()
    }
}
