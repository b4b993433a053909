// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The Rust objects that Lua code of one VM refers to.
//!
//! A userdata holds a number instead of a pointer, and the number is looked up here. A script may
//! do anything to userdata and their metatables with the `debug` library: a number still leads
//! either to a live object of the requested type or to none. All objects are dropped with the VM,
//! even if a script removed the finalizers.

use core::{any::TypeId, ffi::c_int, ptr};
use kernel::{
    page::PAGE_SIZE,
    prelude::*,
    sync::Arc,
    transmute::{AsBytes, FromBytes}, //
};

use crate::{
    linux::{
        account::{kmalloc_size, Account, Charge},
        context::Context, //
    },
    lua::{self, State},
};

/// A kind of userdata: its name for scripts, and the function that fills its metatable.
pub(crate) struct Class {
    /// The name of the type in error messages, and of the metatable in the registry.
    pub(crate) name: &'static CStr,
    /// Fills the metatable at this index.
    pub(crate) fill: fn(State, c_int) -> lua::Result<()>,
}

/// A type that Lua code can refer to.
pub(crate) trait Classed: 'static {
    /// Its class.
    const CLASS: &'static Class;
}

/// Values that know their type. `Any` does, too, but a trait object can be upcast to `Any` only
/// since Rust 1.86. Every type has this implementation, and none can have another one.
pub(crate) trait Typed: 'static {
    /// The type of the value.
    fn type_of(&self) -> TypeId;
}

impl<T: 'static> Typed for T {
    fn type_of(&self) -> TypeId {
        TypeId::of::<T>()
    }
}

/// An object that Lua code can refer to: any value of a [`Classed`] type.
pub(crate) trait Object: Typed + Send {
    /// Its class.
    fn class(&self) -> &'static Class;
}

impl<T: Classed + Send> Object for T {
    fn class(&self) -> &'static Class {
        T::CLASS
    }
}

impl dyn Object {
    /// The object, if it is a `T`.
    pub(crate) fn downcast_ref<T: Object>(&self) -> Option<&T> {
        let is_it = self.type_of() == TypeId::of::<T>();
        // SAFETY: The object is a `T`: `Typed` has one implementation.
        is_it.then(|| unsafe { &*ptr::from_ref(self).cast::<T>() })
    }

    /// The object, to change it, if it is a `T`.
    pub(crate) fn downcast_mut<T: Object>(&mut self) -> Option<&mut T> {
        let is_it = (*self).type_of() == TypeId::of::<T>();
        // SAFETY: The object is a `T`: `Typed` has one implementation.
        is_it.then(|| unsafe { &mut *ptr::from_mut(self).cast::<T>() })
    }
}

/// The most objects that one VM may refer to at a time.
pub(crate) const MAX_OBJECTS: usize = 65_536;

/// The slots that are free for objects to be lent, once there is room for them.
const LENDABLE: usize = 32;

/// The end of a list of slots.
const NONE: u32 = u32::MAX;

/// The content of a userdata: the number of an object.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub(crate) struct ObjectId {
    slot: u32,
    /// Distinguishes the objects that were in the same slot, one after another.
    generation: u32,
}

// SAFETY: Any bytes are two numbers.
unsafe impl FromBytes for ObjectId {}

// SAFETY: There are no bytes between or behind two numbers of four bytes.
unsafe impl AsBytes for ObjectId {}

impl ObjectId {
    /// A number that no object ever has.
    pub(crate) const NULL: Self = Self {
        slot: NONE,
        generation: 0,
    };
}

enum Content {
    Free {
        next: u32,
    },
    Used(KBox<dyn Object>),
    /// Its object is used until [`Objects::take_lent`] takes it.
    Lent {
        object: KBox<dyn Object>,
        next: u32,
    },
    /// No number leads to the object any more, but it was not dropped yet: its userdata was collected by
    /// code that must not sleep.
    Doomed {
        object: KBox<dyn Object>,
        next: u32,
    },
}

struct Slot {
    generation: u32,
    content: Content,
}

/// The bytes that an object takes.
fn size(object: &dyn Object) -> usize {
    kmalloc_size(size_of_val(object))
}

/// A set of objects that are found by number.
///
/// # Invariants
///
/// `first_free` and `lent` each begin a list of all slots of that kind, or are [`NONE`].
pub(crate) struct Objects {
    slots: KVVec<Slot>,
    first_free: u32,
    /// The bytes that `slots` and the objects count against the account.
    charge: Charge,
    /// Begins a list of slots with doomed objects, or is [`NONE`].
    doomed: u32,
    lent: u32,
}

impl Objects {
    /// Creates an empty set, whose memory counts against `account`.
    pub(crate) fn new(account: &Arc<Account>) -> Self {
        // INVARIANT: There is no slot.
        Self {
            slots: KVVec::new(),
            first_free: NONE,
            charge: Charge::to(account),
            doomed: NONE,
            lent: NONE,
        }
    }

    /// Whether there is no room for one more object.
    pub(crate) fn is_full(&self) -> bool {
        self.first_free == NONE && self.slots.len() >= MAX_OBJECTS
    }

    /// Adds an object. Fails with `ENOSPC` if there are too many objects, or with `ENOMEM`. On failure it
    /// gives the object back. The caller must drop the object only when nothing of the set is borrowed.
    /// Sleeps in process context; in another one there may be no room for more than a few hundred objects.
    pub(crate) fn insert(
        &mut self,
        object: KBox<dyn Object>,
        context: Context,
    ) -> Result<ObjectId, (Error, KBox<dyn Object>)> {
        match self.make_room(size(&*object), context) {
            Ok(()) => self.fill(object, Content::Used),
            Err(error) => Err((error, object)),
        }
    }

    /// As [`insert`](Self::insert) in softirq context, until [`take_lent`](Self::take_lent) takes the object
    /// out.
    pub(crate) fn lend(
        &mut self,
        object: KBox<dyn Object>,
    ) -> Result<ObjectId, (Error, KBox<dyn Object>)> {
        if let Err(error) = self.make_room(size(&*object), Context::Softirq) {
            return Err((error, object));
        }
        let next = self.lent;
        let id = self.fill(object, |object| Content::Lent { object, next })?;
        // INVARIANT: The slot leads to the rest of the list.
        self.lent = id.slot;
        Ok(id)
    }

    /// An object that is lent and for which `is_wanted` holds. In any context.
    pub(crate) fn find_lent(&self, is_wanted: impl Fn(&dyn Object) -> bool) -> Option<ObjectId> {
        let mut number = self.lent;
        loop {
            let slot = self.slots.get(number as usize)?;
            match &slot.content {
                Content::Lent { object, .. } if is_wanted(&**object) => {
                    return Some(ObjectId {
                        slot: number,
                        generation: slot.generation,
                    });
                }
                Content::Lent { next, .. } => number = *next,
                _ => return None,
            }
        }
    }

    /// Takes one of the objects out that were lent. The caller must drop it only when nothing of the set is
    /// borrowed. In any context.
    #[inline]
    pub(crate) fn take_lent(&mut self) -> Option<KBox<dyn Object>> {
        if self.lent == NONE {
            return None;
        }
        let number = self.lent as usize;
        if let Content::Lent { next, .. } = self.slots.get(number)?.content {
            // INVARIANT: This is the rest of the list.
            self.lent = next;
        }
        self.free(number)
    }

    /// Puts an object that was counted into the first free slot.
    fn fill(
        &mut self,
        object: KBox<dyn Object>,
        content: impl FnOnce(KBox<dyn Object>) -> Content,
    ) -> Result<ObjectId, (Error, KBox<dyn Object>)> {
        let number = self.first_free;
        let Some(slot) = self.slots.as_mut_slice().get_mut(number as usize) else {
            return Err((ENOSPC, object));
        };
        if let Content::Free { next } = slot.content {
            // INVARIANT: This is the rest of the list.
            self.first_free = next;
        }
        slot.content = content(object);
        Ok(ObjectId {
            slot: number,
            generation: slot.generation,
        })
    }

    /// Makes room for objects to be lent. Fails with `ENOSPC` or `ENOMEM`. Sleeps.
    pub(crate) fn make_room_to_lend(&mut self) -> Result {
        let mut missing = LENDABLE;
        let mut number = self.first_free;
        while let Some(Content::Free { next }) = self.content(number) {
            if missing == 0 {
                return Ok(());
            }
            missing = missing.saturating_sub(1);
            number = *next;
        }
        if self.slots.len().saturating_add(missing) > MAX_OBJECTS {
            return Err(ENOSPC);
        }
        let counted = self.charge.bytes();
        let growth = missing.saturating_mul(size_of::<Slot>());
        self.charge.set(counted.saturating_add(growth))?;
        let flags = Context::Process.allocation();
        if let Err(error) = self.slots.reserve(missing, flags) {
            self.charge.set_anyway(counted);
            return Err(error.into());
        }
        for _ in 0..missing {
            // CAST: There are at most `MAX_OBJECTS`.
            let number = self.slots.len() as u32;
            let next = self.first_free;
            let content = Content::Free { next };
            self.slots.push(
                Slot {
                    generation: 0,
                    content,
                },
                flags,
            )?;
            // INVARIANT: It is free, and leads to the rest of the list.
            self.first_free = number;
        }
        Ok(())
    }

    fn content(&self, number: u32) -> Option<&Content> {
        Some(&self.slots.get(number as usize)?.content)
    }

    /// Ensures that a slot is free, and counts an object of `bytes` bytes.
    fn make_room(&mut self, bytes: usize, context: Context) -> Result {
        let counted = self.charge.bytes();
        if self.first_free != NONE {
            return Ok(self.charge.set(counted.saturating_add(bytes))?);
        }
        let count = self.slots.len();
        if count >= MAX_OBJECTS {
            return Err(ENOSPC);
        }
        let mut more = 0;
        if count == self.slots.capacity() {
            more = count.max(4);
        }
        let growth = more.saturating_mul(size_of::<Slot>());
        // What is larger than a page may be mapped, which must not happen in atomic context.
        if more > 0 && !context.may_sleep() && growth.saturating_mul(2) > PAGE_SIZE {
            return Err(ENOSPC);
        }
        let flags = context.allocation();
        self.charge
            .set(counted.saturating_add(growth).saturating_add(bytes))?;
        let added = self.slots.reserve(more.max(1), flags).and_then(|()| {
            self.slots.push(
                Slot {
                    generation: 0,
                    content: Content::Free { next: NONE },
                },
                flags,
            )
        });
        if let Err(error) = added {
            self.charge.set_anyway(counted);
            return Err(error.into());
        }
        // INVARIANT: The slot that was just added is the only free one.
        self.first_free = count as u32;
        Ok(())
    }

    /// The object with this number, if it still exists.
    pub(crate) fn get_mut(&mut self, id: ObjectId) -> Option<&mut dyn Object> {
        let slot = self.slots.as_mut_slice().get_mut(id.slot as usize)?;
        match &mut slot.content {
            Content::Used(object) | Content::Lent { object, .. }
                if slot.generation == id.generation =>
            {
                Some(&mut **object)
            }
            _ => None,
        }
    }

    /// The first object from the slot `from` on for which `is_wanted` holds, and the slot behind it.
    pub(crate) fn find(
        &self,
        from: usize,
        is_wanted: impl Fn(&dyn Object) -> bool,
    ) -> Option<(ObjectId, usize)> {
        let slots = self.slots.iter().enumerate().skip(from);
        let mut used = slots.filter_map(|(number, slot)| match &slot.content {
            Content::Used(object) if is_wanted(&**object) => Some((number, slot.generation)),
            _ => None,
        });
        let (number, generation) = used.next()?;
        // CAST: There are at most `MAX_OBJECTS`.
        let slot = number as u32;
        Some((ObjectId { slot, generation }, number.saturating_add(1)))
    }

    /// Makes the object unreachable, for a caller that must not sleep; [`take_doomed`](Self::take_doomed)
    /// gives it to one that may. Allocates nothing.
    pub(crate) fn doom(&mut self, id: ObjectId) {
        let Some(slot) = self.slots.as_mut_slice().get_mut(id.slot as usize) else {
            return;
        };
        if slot.generation != id.generation || !matches!(slot.content, Content::Used(_)) {
            return;
        }
        let placeholder = Content::Free { next: NONE };
        if let Content::Used(object) = core::mem::replace(&mut slot.content, placeholder) {
            slot.content = Content::Doomed {
                object,
                next: self.doomed,
            };
            self.doomed = id.slot;
        }
    }

    /// Takes a doomed object out. The caller must drop it only when nothing of the set is borrowed. Allocates
    /// nothing.
    pub(crate) fn take_doomed(&mut self) -> Option<KBox<dyn Object>> {
        let number = self.doomed as usize;
        if let Content::Doomed { next, .. } = self.slots.get(number)?.content {
            self.doomed = next;
        }
        self.free(number)
    }

    /// Removes the object and returns it, unless it is lent. The caller must drop it only when nothing of
    /// the set is borrowed.
    pub(crate) fn remove(&mut self, id: ObjectId) -> Option<KBox<dyn Object>> {
        self.get_mut(id)?;
        if matches!(self.content(id.slot), Some(Content::Lent { .. })) {
            return None;
        }
        self.free(id.slot as usize)
    }

    /// Empties a slot that is not free.
    fn free(&mut self, number: usize) -> Option<KBox<dyn Object>> {
        let slot = self.slots.as_mut_slice().get_mut(number)?;
        slot.generation = slot.generation.wrapping_add(1);
        let free = Content::Free {
            next: self.first_free,
        };
        let former = core::mem::replace(&mut slot.content, free);
        // INVARIANT: The slot is free now, and leads to the rest of the list. CAST: There are at most
        // `MAX_OBJECTS`.
        self.first_free = number as u32;
        match former {
            Content::Used(object)
            | Content::Lent { object, .. }
            | Content::Doomed { object, .. } => {
                let left = self.charge.bytes().saturating_sub(size(&*object));
                self.charge.set_anyway(left);
                Some(object)
            }
            Content::Free { .. } => None,
        }
    }
}
