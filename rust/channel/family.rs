// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Families: runtimes that share buffers, and a limit on the bytes of messages that they have sent
//! and that were not received yet.

use kernel::{
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Relaxed, Release},
        Arc, //
    },
};

use super::buffer::Buffer;
use crate::{
    lua::State,
    runtime::{directory::Listed, vm::Vm}, //
};

/// The most bytes of messages that all buffers of a family may hold.
pub(crate) const MAX_FAMILY_BYTES: usize = 64 << 20;

/// A runtime and the threads that it and its threads have started: they may use each other's
/// buffers, and share a limit.
pub(crate) struct Family {
    limit: usize,
    bytes: Atomic<usize>,
    aborted: Atomic<bool>,
}

impl Family {
    /// A family of one.
    fn new() -> Result<Arc<Self>> {
        Self::limited(MAX_FAMILY_BYTES)
    }

    /// A family of one whose messages have at most `limit` bytes.
    pub(super) fn limited(limit: usize) -> Result<Arc<Self>> {
        let family = Self {
            limit,
            bytes: Atomic::new(0),
            aborted: Atomic::new(false),
        };
        Ok(Arc::new(family, GFP_KERNEL_ACCOUNT)?)
    }

    /// The family that the VM of `state` belongs to.
    pub(crate) fn of(state: State) -> Result<Arc<Self>> {
        Vm::attachment_or(state, Self::new)
    }

    /// Makes the VM of `state`, in which nothing has run yet, a member of the family.
    pub(crate) fn joined_by(self: Arc<Self>, state: State) -> Result {
        Vm::attach(state, self)
    }

    /// Whether all operations on the buffers of the family fail.
    pub(crate) fn is_aborted(&self) -> bool {
        self.aborted.load(Acquire)
    }

    /// Makes all operations on the buffers of the family fail or, with `on` false, work again.
    pub(crate) fn abort(self: &Arc<Self>, on: bool) {
        self.aborted.store(on, Release);
        let mut id = 0;
        while let Some(buffer) = Buffer::after(id) {
            id = buffer.id();
            if buffer.is_in(self) {
                buffer.wake();
            }
        }
    }

    /// Takes room for this many bytes, if there is enough.
    pub(crate) fn take(self: &Arc<Self>, bytes: usize) -> Option<Room> {
        let now = self.bytes.fetch_add(bytes, Relaxed).saturating_add(bytes);
        let room = Room {
            family: self.clone(),
            bytes,
        };
        (now <= self.limit).then_some(room)
    }
}

/// Bytes of a family that are in use until this is dropped.
pub(crate) struct Room {
    family: Arc<Family>,
    pub(crate) bytes: usize,
}

impl Drop for Room {
    fn drop(&mut self) {
        self.family.bytes.fetch_sub(self.bytes, Relaxed);
    }
}
