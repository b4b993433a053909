// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The log of a system: what services have to say, until the logger reads it.

use kernel::{
    list::{impl_list_arc_safe, impl_list_item, List, ListArc, ListLinks},
    new_spinlock,
    prelude::*,
    sync::{Arc, SpinLock},
};

use super::{parcel::Parcel, Service};
use crate::linux::account::{Account, Charge};

/// The most bytes of entries that nobody has read yet.
const MAX_BYTES: usize = 64 << 10;

/// The longest text.
const MAX_TEXT: usize = 16 << 10;

/// The bytes that an entry takes beside its text, about: the entry, and what is unused in the block of
/// its text.
const OVERHEAD: usize = 128;

/// Something that was logged.
#[pin_data]
pub(crate) struct LogEntry {
    /// Hundredths of a second since the epoch.
    pub(crate) at: i64,
    /// The number of the service.
    pub(crate) from: u32,
    /// Whether it is an error.
    pub(crate) is_error: bool,
    pub(crate) text: KVVec<u8>,
    #[pin]
    links: ListLinks,
}

impl LogEntry {
    /// The bytes that it counts.
    fn size(&self) -> usize {
        self.text.len().saturating_add(OVERHEAD)
    }
}

impl_list_arc_safe! {
    impl ListArcSafe<0> for LogEntry { untracked; }
}

impl_list_item! {
    impl ListItem<0> for LogEntry { using ListLinks { self.links }; }
}

struct Inner {
    entries: List<LogEntry>,
    bytes: usize,
    /// How many were dropped because the log was full, and not told yet.
    lost: u64,
    /// The service that is told when there is something to read.
    reader: Option<Arc<Service>>,
    /// Whether it was told, and has not asked to be told again.
    told: bool,
    charge: Charge,
}

/// The log of a system.
#[pin_data]
pub(crate) struct Log {
    #[pin]
    inner: SpinLock<Inner>,
}

impl Log {
    /// An empty log, whose texts count against `account`.
    pub(super) fn new(account: &Arc<Account>) -> impl PinInit<Self> {
        let charge = Charge::to(account);
        pin_init!(Self {
            inner <- new_spinlock!(Inner {
                entries: List::new(),
                bytes: 0,
                lost: 0,
                reader: None,
                told: false,
                charge,
            }, "lunatik::System::log"),
        })
    }

    /// Adds a text. A text that is too long is cut; if the log is full, or if there is no memory,
    /// the text is lost and counted.
    pub(crate) fn push(&self, at: i64, from: u32, is_error: bool, text: &[u8]) {
        let made = Self::entry(at, from, is_error, text);
        let mut inner = self.inner.lock();
        let size = made.as_ref().map_or(0, |entry| entry.size());
        let after = inner.bytes.saturating_add(size);
        let before = inner.bytes;
        let lost = match made {
            Ok(entry) if after <= MAX_BYTES && inner.charge.set(after).is_ok() => {
                inner.bytes = after;
                inner.entries.push_back(entry);
                None
            }
            made => {
                inner.lost = inner.lost.saturating_add(1);
                made.ok()
            }
        };
        // A reader that takes its time is told again before the log is full.
        let is_urgent = before < MAX_BYTES / 2 && inner.bytes >= MAX_BYTES / 2;
        let reader = match &inner.reader {
            Some(reader) if !inner.told || is_urgent => Some(reader.clone()),
            _ => None,
        };
        inner.told |= reader.is_some();
        drop(inner);
        drop(lost);
        if let Some(reader) = reader {
            self.tell(&reader);
        }
    }

    fn entry(at: i64, from: u32, is_error: bool, text: &[u8]) -> Result<ListArc<LogEntry>> {
        let mut copy = KVVec::new();
        let end = text.len().min(MAX_TEXT);
        copy.extend_from_slice(
            text.get(..end).unwrap_or_default(),
            GFP_KERNEL_ACCOUNT | __GFP_NOWARN,
        )?;
        ListArc::pin_init(
            try_pin_init!(LogEntry {
                at,
                from,
                is_error,
                text: copy,
                links <- ListLinks::new(),
            }? Error),
            GFP_KERNEL_ACCOUNT | __GFP_NOWARN,
        )
    }

    fn tell(&self, reader: &Service) {
        match Parcel::signal(0, reader.id()) {
            Ok(parcel) => reader.deliver(parcel),
            // The next text tries again.
            Err(_) => self.inner.lock().told = false,
        }
    }

    /// Takes the oldest text.
    pub(crate) fn pop(&self) -> Option<ListArc<LogEntry>> {
        let mut inner = self.inner.lock();
        let entry = inner.entries.pop_front()?;
        let left = inner.bytes.saturating_sub(entry.size());
        inner.bytes = left;
        inner.charge.set_anyway(left);
        Some(entry)
    }

    /// How many texts were lost since the last call.
    pub(crate) fn take_lost(&self) -> u64 {
        core::mem::take(&mut self.inner.lock().lost)
    }

    /// Has `service` told once when there is something to read.
    pub(crate) fn set_reader(&self, service: &Arc<Service>) {
        let mut inner = self.inner.lock();
        let former = inner.reader.replace(service.clone());
        inner.told = !inner.entries.is_empty();
        let tells = inner.told;
        drop(inner);
        drop(former);
        if tells {
            self.tell(service);
        }
    }

    /// `service` reads no more.
    pub(super) fn forget(&self, service: &Service) {
        let mut inner = self.inner.lock();
        let former = match &inner.reader {
            Some(reader) if reader.id() == service.id() => inner.reader.take(),
            _ => None,
        };
        drop(inner);
        drop(former);
    }
}
