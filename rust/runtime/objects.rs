// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The objects of Rust that Lua code of one VM refers to.
//!
//! A userdata holds no pointer but a number, which is looked up here. So whatever a script does to
//! userdata and their metatables with the `debug` library, a number leads to a live object of the
//! type that is asked for or to none; and all objects are dropped with the VM, even if a script
//! took the finalizers away.

use kernel::{
    prelude::*,
    sync::Arc, //
};

use crate::linux::account::{Account, Charge};

/// Objects that one VM may refer to at one time.
pub(crate) const MAX_OBJECTS: usize = 65_536;

/// The end of the list of free slots.
const NONE: u32 = u32::MAX;

/// What a userdata holds.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub(crate) struct ObjectId {
    slot: u32,
    /// Distinguishes the objects that were in the same slot, one after another.
    generation: u32,
}

impl ObjectId {
    /// A number that no object ever has.
    pub(crate) const NULL: Self = Self {
        slot: NONE,
        generation: 0,
    };
}

enum Content<T> {
    Free { next: u32 },
    Used(T),
}

struct Slot<T> {
    generation: u32,
    content: Content<T>,
}

/// A set of objects that are found by number.
///
/// # Invariants
///
/// `first_free` begins a list of slots that are free, or is [`NONE`].
pub(crate) struct Objects<T> {
    slots: KVVec<Slot<T>>,
    first_free: u32,
    /// What `slots` counts.
    charge: Charge,
}

impl<T> Objects<T> {
    /// Creates an empty set, whose memory counts against `account`.
    pub(crate) fn new(account: &Arc<Account>) -> Self {
        // INVARIANT: There are no free slots.
        Self {
            slots: KVVec::new(),
            first_free: NONE,
            charge: Charge::to(account),
        }
    }

    /// Whether there is no room for another object.
    pub(crate) fn is_full(&self) -> bool {
        self.first_free == NONE && self.slots.len() >= MAX_OBJECTS
    }

    /// Adds an object. Fails with `ENOSPC` if there are too many, or with `ENOMEM`.
    pub(crate) fn insert(&mut self, object: T) -> Result<ObjectId> {
        if let Some(slot) = self.slots.as_mut_slice().get_mut(self.first_free as usize) {
            if let Content::Free { next } = slot.content {
                let id = ObjectId {
                    slot: self.first_free,
                    generation: slot.generation,
                };
                slot.content = Content::Used(object);
                // INVARIANT: The rest of the list.
                self.first_free = next;
                return Ok(id);
            }
        }
        let count = self.slots.len();
        if count >= MAX_OBJECTS {
            return Err(ENOSPC);
        }
        if count == self.slots.capacity() {
            let more = count.saturating_mul(2).max(4);
            self.charge.set(more.saturating_mul(size_of::<Slot<T>>()))?;
            self.slots.reserve(
                more.saturating_sub(count),
                GFP_KERNEL_ACCOUNT | __GFP_NOWARN,
            )?;
        }
        let id = ObjectId {
            slot: self.slots.len() as u32,
            generation: 0,
        };
        self.slots.push(
            Slot {
                generation: 0,
                content: Content::Used(object),
            },
            GFP_KERNEL_ACCOUNT | __GFP_NOWARN,
        )?;
        Ok(id)
    }

    /// The object with this number, if it is still there.
    pub(crate) fn get_mut(&mut self, id: ObjectId) -> Option<&mut T> {
        let slot = self.slots.as_mut_slice().get_mut(id.slot as usize)?;
        match &mut slot.content {
            Content::Used(object) if slot.generation == id.generation => Some(object),
            _ => None,
        }
    }

    /// Takes the object out. The caller drops it when nothing of the set is borrowed any more.
    pub(crate) fn remove(&mut self, id: ObjectId) -> Option<T> {
        self.get_mut(id)?;
        let slot = self.slots.as_mut_slice().get_mut(id.slot as usize)?;
        slot.generation = slot.generation.wrapping_add(1);
        let free = Content::Free {
            next: self.first_free,
        };
        let former = core::mem::replace(&mut slot.content, free);
        // INVARIANT: The slot is free now, and leads to the rest of the list.
        self.first_free = id.slot;
        match former {
            Content::Used(object) => Some(object),
            Content::Free { .. } => None,
        }
    }
}
