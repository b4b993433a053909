// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What the VM of an actor has.

use kernel::{prelude::*, sync::Arc};

use crate::{
    channel::{
        actor::{
            group::{Group, Source},
            letter::{Letter, Pending, Returned, Returns},
        },
        mailbox::{Inbox, Mailbox},
        queue::Limits,
        receipts::Receipts,
    },
    linux::account::{kmalloc_size, Charge},
    lua::{self, Error, State},
    runtime::{instance::Runtime, vm::Vm},
};

/// The messages in a mailbox are bounded by their senders, each of which waits for one.
const LIMITS: Limits = Limits {
    messages: usize::MAX,
    bytes: usize::MAX,
};

/// The part of an actor that only its own code uses.
pub(in super::super) struct Desk {
    /// Dropping it closes the mailbox.
    inbox: Option<Inbox<Letter>>,
    mailbox: Arc<Mailbox<Letter>>,
    pub(in super::super) returns: Arc<Returns>,
    /// The letters that it has sent and that have not come back.
    pub(in super::super) pending: Receipts<Pending>,
    pub(in super::super) group: Arc<Group>,
    /// The text that the next actor is made from.
    pub(in super::super) source: Option<Arc<Source>>,
    /// Whether it has ever set a timer.
    pub(in super::super) has_timers: bool,
    /// Whether the last event was a message or a letter. Then a timer has its turn.
    pub(in super::super) timer_is_next: bool,
    /// The letter that came back while the actor was told to stop, which it has to know first.
    pub(in super::super) late: Option<Returned>,
    /// Whether it knows that it was told to stop.
    pub(in super::super) knows_stop: bool,
    _charge: Charge,
}

impl Desk {
    /// The mailbox of a new actor.
    pub(in super::super) fn new_inbox(runtime: &Runtime) -> Result<Inbox<Letter>> {
        Inbox::new(runtime, LIMITS)
    }

    /// Makes the VM of `state` that of an actor.
    pub(in super::super) fn set_up(
        state: State,
        inbox: Inbox<Letter>,
        group: Arc<Group>,
    ) -> Result {
        let runtime = Vm::runtime_of(state);
        let size =
            kmalloc_size(size_of::<Self>()).saturating_add(kmalloc_size(size_of::<Returns>()));
        let charge = Charge::new(runtime.account(), size)?;
        let desk = Self {
            mailbox: inbox.mailbox().clone(),
            inbox: Some(inbox),
            returns: Returns::new()?,
            pending: Receipts::new(Charge::to(runtime.account())),
            group,
            source: None,
            has_timers: false,
            timer_is_next: false,
            late: None,
            knows_stop: false,
            _charge: charge,
        };
        Vm::attach(state, desk)
    }

    /// Whether the actor was told to stop, or is about to be, and does not know it.
    ///
    /// The script is told before its actors. So what they cause by their stop comes after this is true.
    pub(in super::super) fn is_to_learn_of_stop(&self, own: &Runtime) -> bool {
        !self.knows_stop && (own.stop_requested() || self.group.script().stop_requested())
    }

    /// Calls `with` with the desk of the VM. `with` must not call Lua.
    pub(in super::super) fn with<R>(
        state: State,
        with: impl FnOnce(&mut Self) -> R,
    ) -> lua::Result<R> {
        Vm::with_attachment(state, || Err(ENODEV), with).map_err(|error| {
            if error == ENODEV {
                Error::message(fmt!("this script has not required \"actor\""))
            } else {
                error.into()
            }
        })
    }

    /// Whether the VM is that of an actor.
    pub(in super::super) fn exists(state: State) -> bool {
        Self::with(state, |_| ()).is_ok()
    }

    /// Its mailbox.
    pub(in super::super) fn mailbox(&self) -> &Arc<Mailbox<Letter>> {
        &self.mailbox
    }

    /// Nobody receives any more.
    pub(in super::super) fn close_inbox(state: State) -> lua::Result<()> {
        let inbox = Self::with(state, |desk| desk.inbox.take())?;
        // Frees memory, and nothing of the VM is borrowed.
        drop(inbox);
        Ok(())
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.returns.close();
    }
}
