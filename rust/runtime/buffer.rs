// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Buffers of messages that several VMs have in common, as `mtmsg` has them.
//!
//! Lock order: the directory, and then `Buffer::inner`, which is a leaf.

use core::mem;
use kernel::{
    list::ListArc,
    new_condvar,
    new_spinlock,
    prelude::*,
    sync::{
        Arc,
        CondVar,
        CondVarTimeoutResult,
        SpinLock, //
    },
    time::{msecs_to_jiffies, Instant, Monotonic}, //
};

mod family;

pub(crate) use self::family::{Family, Room, MAX_FAMILY_BYTES};
use super::{
    directory::{Directory, Listed, Listing},
    entries::{Entries, Entry},
    instance::Runtime,
    message::Message,
    waiting::Wakes, //
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
}

/// What an operation finds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Refused {
    /// The buffer was closed.
    Closed,
    /// The buffer, or its family, was aborted.
    Aborted,
    /// The runtime that asks is being stopped, or its process got a signal.
    Interrupted,
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
    #[pin]
    changed: CondVar,
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

impl Wakes for Buffer {
    fn wake(&self) {
        // The lock orders this after the look of a thread that goes to sleep.
        drop(self.inner.lock());
        self.changed.notify_all();
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
                    }, "lunatik::Buffer"),
                    changed <- new_condvar!("lunatik::Buffer::changed"),
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
        drop(inner);
        drop(dropped);
        self.changed.notify_all();
        Ok(Ok(Added::Yes))
    }

    /// Takes the oldest message, waiting for one for `timeout_ms` at most, or for ever.
    ///
    /// `None` is returned on a time-out. The wait ends if `runtime`, whose code asks, is told to
    /// stop.
    pub(crate) fn next(
        self: &Arc<Self>,
        runtime: &Runtime,
        timeout_ms: Option<u32>,
    ) -> Result<Option<ListArc<Entry>>, Refused> {
        let begun = Instant::<Monotonic>::now();
        let left = |ms: u32| {
            let left = i64::from(ms).saturating_sub(begun.elapsed().as_millis());
            u32::try_from(left.max(0)).unwrap_or(ms)
        };
        let mut waiting = None;
        loop {
            let mut inner = self.inner.lock();
            loop {
                self.check(&inner)?;
                if let Some(entry) = inner.queue.pop_front() {
                    return Ok(Some(entry));
                }
                let left = timeout_ms.map(left);
                if left == Some(0) {
                    return Ok(None);
                }
                if waiting.is_none() {
                    break;
                }
                if runtime.waits_end() {
                    drop(inner);
                    runtime.end_waiter();
                    return Err(Refused::Interrupted);
                }
                let signal = match left {
                    None => self.changed.wait_interruptible(&mut inner),
                    Some(left) => matches!(
                        self.changed
                            .wait_interruptible_timeout(&mut inner, msecs_to_jiffies(left)),
                        CondVarTimeoutResult::Signal { .. }
                    ),
                };
                if signal {
                    return Err(Refused::Interrupted);
                }
            }
            drop(inner);
            waiting = Some(runtime.begin_wait(self.clone()));
        }
    }

    /// Puts a message back that was taken and could not be used.
    pub(crate) fn put_back(&self, entry: ListArc<Entry>) {
        let mut inner = self.inner.lock();
        inner.queue.push_front(entry);
        drop(inner);
        self.changed.notify_all();
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
        drop(inner);
        drop(dropped);
        self.changed.notify_all();
    }

    /// Has all operations fail, or no longer.
    pub(crate) fn abort(&self, on: bool) -> Result<(), Refused> {
        let mut inner = self.inner.lock();
        if inner.closed {
            return Err(Refused::Closed);
        }
        inner.aborted = on;
        drop(inner);
        self.changed.notify_all();
        Ok(())
    }

    /// Whether all operations fail.
    pub(crate) fn is_aborted(&self) -> bool {
        let inner = self.inner.lock();
        inner.aborted || self.family.is_aborted()
    }
}
