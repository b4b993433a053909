// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! How hooks send messages: into the outbox of their VM, from which the attendant delivers them
//! (`delivery.rs`).
//!
//! A hook waits for nobody, takes no lock of a receiver and wakes nobody but the attendant. A message for
//! which there is no room is lost, and counted.

use core::{cell::Cell, ffi::c_int};
use kernel::{
    prelude::*,
    sync::Arc, //
};

use super::{
    super::{
        instance::Runtime,
        message::{Beyond, Message},
        vm::Vm, //
    },
    delivery::Destination,
    outbox::{Entry, Outbox, TooLong}, //
};
use crate::{
    linux::{
        account::{kmalloc_size, Charge},
        context::MaySleep, //
    },
    lua::{self, Error, State},
};

/// The bytes of the messages in an outbox, and of its entries: 16 KiB in all.
const BYTES: usize = 8 << 10;
const ENTRIES: usize = BYTES / size_of::<Slot>();

type Slot = Option<Entry<Arc<dyn Destination>>>;

/// The messages of a sealed VM that wait for the attendant.
struct Mail {
    outbox: Outbox<Arc<dyn Destination>>,
    /// Whether the attendant knows of them. It looks until it finds none.
    is_told: bool,
    _charge: Charge,
}

/// What the code of a VM has sent in hooks; nothing, unless the VM is sealed. Whoever executes the VM uses
/// it.
///
/// The cell is empty while one of the functions below uses what is in it.
pub(in super::super) struct Outgoing(Cell<Option<KBox<Mail>>>);

impl Outgoing {
    /// Of a VM that is not sealed.
    pub(in super::super) const fn none() -> Self {
        Self(Cell::new(None))
    }

    /// Lets hooks send. It counts against the account of `runtime`. Sleeps for memory.
    pub(super) fn open(&self, runtime: &Runtime) -> Result {
        let size = kmalloc_size(BYTES)
            .saturating_add(kmalloc_size(ENTRIES * size_of::<Slot>()))
            .saturating_add(kmalloc_size(size_of::<Mail>()));
        let charge = Charge::new(runtime.account(), size)?;
        let bytes = KVec::from_elem(0, BYTES, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        let mut entries = KVec::with_capacity(ENTRIES, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        for _ in 0..ENTRIES {
            entries.push(None, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        }
        let mail = Mail {
            outbox: Outbox::new(bytes, entries),
            is_told: false,
            _charge: charge,
        };
        let mail = KBox::new(mail, GFP_KERNEL_ACCOUNT)?;
        drop(self.0.replace(Some(mail)));
        Ok(())
    }

    /// Frees it. What it has is lost. Sleeps.
    pub(super) fn close(&self) {
        drop(self.0.take());
    }

    /// Calls `with` with the mail, if the VM is sealed. It must not come back.
    #[inline]
    fn with_mail<T>(&self, with: impl FnOnce(&mut Mail) -> T) -> Option<T> {
        let mut mail = self.0.take()?;
        let result = with(&mut mail);
        // The cell is empty, so this drops nothing.
        self.0.set(Some(mail));
        Some(result)
    }

    /// Whether a message waits of which the attendant does not know. The caller tells it.
    #[inline]
    pub(super) fn has_news(&self) -> bool {
        let news = self.with_mail(|mail| {
            let is_new = !mail.is_told && !mail.outbox.is_empty();
            mail.is_told |= is_new;
            is_new
        });
        news == Some(true)
    }

    /// The bytes of the oldest message, for the attendant. If there is none, it will be told of the next one.
    pub(super) fn next_length(&self) -> Option<usize> {
        self.with_mail(|mail| {
            let length = mail.outbox.first_length();
            mail.is_told = length.is_some();
            length
        })
        .flatten()
    }

    /// Calls `with` with the outbox, if the VM is sealed. It must not call Lua.
    pub(super) fn with<T>(
        &self,
        with: impl FnOnce(&mut Outbox<Arc<dyn Destination>>) -> T,
    ) -> Option<T> {
        self.with_mail(|mail| with(&mut mail.outbox))
    }
}

impl From<TooLong> for Beyond {
    fn from(TooLong(most): TooLong) -> Self {
        Self(most)
    }
}

/// The proof for a native function that sends, if its caller may sleep; `None` in a hook, where
/// [`post`] sends. Fails where neither is possible.
pub(crate) fn may_sleep(state: State) -> lua::Result<Option<MaySleep<'static>>> {
    if state.context().may_sleep() {
        return Ok(Some(MaySleep::of_thread()));
    }
    match Vm::of(&state).outgoing().with(|_| ()) {
        Some(()) => Ok(None),
        None => Err(Error::Atomic),
    }
}

/// In a hook, sends the values at `first..=last` to `to`, which the caller has another reference to.
/// Returns whether there was room; if not, the message is lost.
///
/// Fails for values that do not travel from hooks, and for a message of more than `most` bytes.
pub(crate) fn post(
    state: State,
    first: c_int,
    last: c_int,
    to: Arc<dyn Destination>,
    most: usize,
) -> lua::Result<bool> {
    let posted = Vm::of(&state).outgoing().with(|outbox| {
        let mut draft = outbox.draft(most);
        Message::encode_in_hook(state, first, last, &mut draft)?;
        Ok::<_, Error>(draft.finish(to))
    });
    let is_sent = posted.ok_or(Error::Atomic)??;
    if let Some(hooked) = Vm::runtime_of(state).hooked() {
        hooked.sends.count(is_sent);
    }
    Ok(is_sent)
}
