// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The actors that a process may send to. It knows each by a number that means nothing elsewhere.

use kernel::{
    new_spinlock,
    prelude::*,
    rbtree::{RBTree, RBTreeNodeReservation},
    sync::{Arc, SpinLock},
};

use super::{address::ProcessAddress, link::Link};
use crate::{channel::actor::address::Channel, runtime::handle::Handle};

/// The most grants of a process.
const MAX_GRANTS: usize = 1024;

/// The most messages of a process that were not received: to one actor, and to all.
const MAX_TO_ONE: usize = 32;
const MAX_TO_ALL: usize = 256;

/// The most bytes of all of them. One message more than that is admitted.
const MAX_BYTES: usize = 1 << 20;

/// Where a grant leads.
#[derive(Clone)]
pub(super) enum Target {
    Actor(Arc<Channel>),
    Process(Arc<ProcessAddress>),
}

impl Target {
    /// What a handle refers to, if that is an actor.
    pub(super) fn of(handle: &Handle) -> Option<Self> {
        if let Some(channel) = handle.get::<Channel>() {
            return Some(Self::Actor(channel));
        }
        handle.get::<ProcessAddress>().map(Self::Process)
    }

    /// A handle for messages.
    pub(super) fn handle(&self) -> Handle {
        match self {
            Self::Actor(channel) => Handle::new(channel.clone()),
            Self::Process(address) => Handle::new(address.clone()),
        }
    }
}

struct Grant {
    target: Target,
    /// The messages that were not received.
    underway: usize,
    /// Whether a message was refused because there were too many.
    is_blocked: bool,
    /// Whether the process is to be told that there is room again.
    has_room: bool,
}

struct Inner {
    grants: RBTree<u32, Grant>,
    count: usize,
    last: u32,
    /// The messages that were not received, and their bytes.
    underway: usize,
    bytes: usize,
    /// Whether a message was refused because of all of them.
    is_blocked: bool,
    closed: bool,
}

impl Inner {
    fn is_full(&self) -> bool {
        self.underway >= MAX_TO_ALL || self.bytes >= MAX_BYTES
    }
}

/// The grants of a process.
#[pin_data]
pub(crate) struct Grants {
    #[pin]
    inner: SpinLock<Inner>,
}

impl Grants {
    /// None.
    pub(super) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            inner <- new_spinlock!(Inner {
                grants: RBTree::new(),
                count: 0,
                last: 0,
                underway: 0,
                bytes: 0,
                is_blocked: false,
                closed: false,
            }, "lunatik::process::Grants"),
        })
    }

    /// Adds a grant, and returns its number. Fails with `ENOSPC` if there are too many, with `EPIPE` if the link is
    /// closed, or with `ENOMEM`.
    pub(super) fn add(&self, target: Target) -> Result<u32> {
        let place = RBTreeNodeReservation::new(GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        let mut inner = self.inner.lock();
        if inner.closed {
            return Err(EPIPE);
        }
        if inner.count >= MAX_GRANTS {
            return Err(ENOSPC);
        }
        let mut number = inner.last;
        // With so few of them, a free number is near.
        loop {
            number = number.wrapping_add(1).max(1);
            if inner.grants.get(&number).is_none() {
                break;
            }
        }
        inner.last = number;
        let grant = Grant {
            target,
            underway: 0,
            is_blocked: false,
            has_room: false,
        };
        let former = inner.grants.insert(place.into_node(number, grant));
        inner.count = inner.count.saturating_add(1);
        drop(inner);
        drop(former);
        Ok(number)
    }

    /// Takes a grant from the process. Returns whether it had it.
    pub(super) fn remove(&self, number: u32) -> bool {
        let mut inner = self.inner.lock();
        let Some(node) = inner.grants.remove_node(&number) else {
            return false;
        };
        inner.count = inner.count.saturating_sub(1);
        drop(inner);
        // The last address of an actor may be dropped here.
        drop(node);
        true
    }

    /// Where a grant leads.
    pub(super) fn target(&self, number: u32) -> Option<Target> {
        let inner = self.inner.lock();
        inner.grants.get(&number).map(|grant| grant.target.clone())
    }

    /// Counts a message of `bytes` bytes to a grant's actor. Fails with `EAGAIN` if there are too many: the process is
    /// told when there is room. Fails with `ENOENT` if there is no such grant.
    pub(super) fn begin(this: &Arc<Link>, number: u32, bytes: usize) -> Result<(Target, Underway)> {
        let mut inner = this.grants().inner.lock();
        let is_full = inner.is_full();
        let grant = inner.grants.get_mut(&number).ok_or(ENOENT)?;
        if is_full || grant.underway >= MAX_TO_ONE {
            grant.is_blocked = true;
            inner.is_blocked |= is_full;
            return Err(EAGAIN);
        }
        grant.underway = grant.underway.saturating_add(1);
        let target = grant.target.clone();
        inner.underway = inner.underway.saturating_add(1);
        inner.bytes = inner.bytes.saturating_add(bytes);
        drop(inner);
        let underway = Underway {
            link: this.clone(),
            grant: number,
            bytes,
        };
        Ok((target, underway))
    }

    /// A message was received, or never will be. Returns whether the process is to be told about room.
    fn end(&self, number: u32, bytes: usize) -> bool {
        let mut inner = self.inner.lock();
        inner.underway = inner.underway.saturating_sub(1);
        inner.bytes = inner.bytes.saturating_sub(bytes);
        let mut tells = false;
        let release = |grant: &mut Grant| {
            let was_blocked = core::mem::take(&mut grant.is_blocked);
            grant.has_room |= was_blocked;
            was_blocked
        };
        if inner.is_blocked && !inner.is_full() {
            inner.is_blocked = false;
            for (_, grant) in inner.grants.iter_mut() {
                if grant.underway < MAX_TO_ONE {
                    tells |= release(grant);
                }
            }
        }
        let is_full = inner.is_full();
        let mut still_blocked = false;
        if let Some(grant) = inner.grants.get_mut(&number) {
            grant.underway = grant.underway.saturating_sub(1);
            if is_full {
                still_blocked = grant.is_blocked;
            } else {
                tells |= release(grant);
            }
        }
        // This may have been the grant's last message. Then the end of another one, which makes room for all, must
        // release it.
        inner.is_blocked |= still_blocked;
        tells
    }

    /// A grant whose actor has room again, of which the process does not know; once for each.
    pub(super) fn take_room(&self) -> Option<u32> {
        let mut inner = self.inner.lock();
        let mut grants = inner.grants.iter_mut();
        let (number, grant) = grants.find(|(_, grant)| grant.has_room)?;
        grant.has_room = false;
        Some(*number)
    }

    /// The process was not told after all.
    pub(super) fn put_room_back(&self, number: u32) {
        let mut inner = self.inner.lock();
        if let Some(grant) = inner.grants.get_mut(&number) {
            grant.has_room = true;
        }
    }

    /// Takes all grants from the process, for ever.
    pub(super) fn close(&self) {
        let mut inner = self.inner.lock();
        inner.closed = true;
        inner.count = 0;
        let grants = core::mem::replace(&mut inner.grants, RBTree::new());
        drop(inner);
        drop(grants);
    }
}

/// A message of a process that was not received. Dropping it makes room.
pub(crate) struct Underway {
    link: Arc<Link>,
    grant: u32,
    bytes: usize,
}

impl Drop for Underway {
    fn drop(&mut self) {
        if self.link.grants().end(self.grant, self.bytes) {
            self.link.outbox().tell_room();
        }
    }
}
