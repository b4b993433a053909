// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! An entry of an RCU table: a key and its value in one block of memory. Once readers can see it, only
//! a number or a boolean in it changes.

use core::{
    alloc::Layout,
    ptr::{self, NonNull},
    slice, //
};
use kernel::{
    alloc::{allocator::Kmalloc, Allocator, NumaNode},
    bindings,
    prelude::*,
    sync::Arc,
    types::Opaque, //
};

use crate::linux::{
    account::{self, Account},
    context::Context, //
};

use super::{
    budget::Charge,
    slot::Slot,
    value::{Stored, Value}, //
};

/// The longest key.
pub(crate) const MAX_KEY: usize = 255;

/// The head of an entry; the bytes of the key follow it in memory.
///
/// # Invariants
///
/// `key_len` bytes follow the struct in its allocation, and hold the key.
pub(super) struct Entry {
    /// For `call_rcu()`, once readers can no longer find the entry.
    pub(super) rcu: Opaque<bindings::callback_head>,
    /// The next entry of the bucket. Once no reader is left, the next entry to be freed.
    pub(super) next: Slot,
    pub(super) value: Stored,
    /// The charge for the memory of this entry.
    pub(super) charge: Charge,
    pub(super) hash: u32,
    key_len: u8,
}

// SAFETY: The RCU head and the pointer belong to no thread; everything else is `Send` and `Sync`.
unsafe impl Send for Entry {}
// SAFETY: As above; the fields that change after publication are atomic, or touched only by the
// thread that retires the entry.
unsafe impl Sync for Entry {}

fn layout(key_len: usize) -> Result<Layout> {
    // OVERFLOW: A key has 255 bytes at most.
    Layout::from_size_align(size_of::<Entry>() + key_len, align_of::<Entry>()).map_err(|_| EINVAL)
}

impl Entry {
    /// The bytes that an entry for `key` and `value` takes.
    pub(super) fn size(key: &[u8], value: &Value) -> usize {
        account::kmalloc_size(size_of::<Self>().saturating_add(key.len()))
            .saturating_add(value.size())
    }

    /// Whether `key` may be a key.
    pub(super) fn check_key(key: &[u8]) -> Result {
        if key.is_empty() || key.len() > MAX_KEY {
            return Err(EINVAL);
        }
        Ok(())
    }

    /// The key.
    pub(super) fn key(&self) -> &[u8] {
        // SAFETY: By the type invariant, and entries only exist behind pointers to their whole
        // allocation.
        unsafe {
            slice::from_raw_parts(
                ptr::from_ref(self).add(1).cast::<u8>(),
                usize::from(self.key_len),
            )
        }
    }
}

/// An entry that no reader knows: not yet published, or past its grace period.
///
/// # Invariants
///
/// We own the allocation, and nobody else has a pointer to it.
pub(super) struct OwnedEntry(NonNull<Entry>);

// SAFETY: As for the entry that it owns.
unsafe impl Send for OwnedEntry {}

impl OwnedEntry {
    /// Allocates an entry, which counts against `account`. Sleeps in process context.
    pub(super) fn new(
        account: Option<&Arc<Account>>,
        context: Context,
        hash: u32,
        key: &[u8],
        value: Value,
    ) -> Result<Self> {
        Entry::check_key(key)?;
        let key_len = u8::try_from(key.len()).map_err(|_| EINVAL)?;
        let charge = Charge::new(account, context, Entry::size(key, &value))?;
        let block = Kmalloc::alloc(
            layout(key.len())?,
            context.charged_allocation(),
            NumaNode::NO_NODE,
        )?;
        let entry = block.cast::<Entry>();
        // SAFETY: The block is big enough and aligned for an `Entry` and the key after it.
        unsafe {
            entry.write(Entry {
                rcu: Opaque::uninit(),
                next: Slot::end(),
                value: Stored::new(value),
                charge,
                hash,
                key_len,
            });
            ptr::copy_nonoverlapping(
                key.as_ptr(),
                entry.add(1).cast::<u8>().as_ptr(),
                usize::from(key_len),
            );
        }
        // INVARIANT: The block was just allocated.
        Ok(Self(entry))
    }

    /// Takes ownership of an entry again.
    ///
    /// # Safety
    ///
    /// `entry` came from [`into_raw`](Self::into_raw), and no reader can see it any more.
    pub(super) unsafe fn from_raw(entry: NonNull<Entry>) -> Self {
        // INVARIANT: As the caller promises.
        Self(entry)
    }

    /// The pointer, which stays ours.
    pub(super) fn as_raw(&self) -> *mut Entry {
        self.0.as_ptr()
    }

    /// Gives the entry up, to be published.
    pub(super) fn into_raw(self) -> NonNull<Entry> {
        let entry = self.0;
        core::mem::forget(self);
        entry
    }

    /// The entry.
    pub(super) fn get(&self) -> &Entry {
        // SAFETY: By the type invariant.
        unsafe { self.0.as_ref() }
    }
}

impl Drop for OwnedEntry {
    // A function of its own, so that `scripts/checks/stack` sees where chains of values end.
    #[inline(never)]
    fn drop(&mut self) {
        let key_len = usize::from(self.get().key_len);
        // SAFETY: By the type invariant nobody else uses the entry, which was initialised by
        // `new()` and is not used again.
        unsafe { ptr::drop_in_place(self.0.as_ptr()) };
        if let Ok(layout) = layout(key_len) {
            // SAFETY: `new()` allocated the block with this allocator and layout.
            unsafe { Kmalloc::free(self.0.cast(), layout) };
        }
    }
}
