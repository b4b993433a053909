// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Large blocks of memory (megabytes), which a kernel worker allocates and frees.
//!
//! The kernel needs milliseconds to map and to unmap such a block, and cannot be interrupted
//! meanwhile. A thread that waits for the worker can be told to stop waiting.

use core::{
    ffi::c_void,
    ptr::{self, NonNull}, //
};
use kernel::{
    prelude::*,
    sync::{
        atomic::{Atomic, Full, Release},
        Arc, //
    },
};

use super::{
    account::Account,
    memcg::MemoryCgroup, //
};
use crate::sys::kernel_helpers as sys;

/// A source of large blocks, for one thread at a time.
///
/// # Invariants
///
/// The pointer came from `lunatik_large_new()` with the account, and was not destroyed.
pub(crate) struct LargeBlocks {
    large: NonNull<sys::lunatik_large>,
    /// Whether somebody takes or settles.
    busy: Atomic<bool>,
    _account: Arc<Account>,
}

// SAFETY: It belongs to no thread; the unsafe functions require that callers take turns.
unsafe impl Send for LargeBlocks {}
// SAFETY: As above; `wake()` and `given()` may be called at any time.
unsafe impl Sync for LargeBlocks {}

/// Whether blocks of `size` bytes are large.
#[inline]
pub(crate) fn is_large(size: usize) -> bool {
    size > sys::LUNATIK_LARGE_SIZE as usize
}

unsafe extern "C" fn call(is_ended: *mut c_void) -> bool {
    // SAFETY: It points to a reference that one of the callers below holds.
    unsafe { (*is_ended.cast::<&dyn Fn() -> bool>())() }
}

unsafe extern "C" fn freed(account: *mut c_void, size: usize) {
    // SAFETY: It is the account that `LargeBlocks::new()` passed, which lives until no block is
    // left to be freed.
    unsafe { (*account.cast::<Account>()).uncharge(size) };
}

impl LargeBlocks {
    /// Makes a source. When a block that was [given back](Self::give) is freed, `account` is
    /// uncharged. May sleep.
    pub(crate) fn new(account: Arc<Account>) -> Result<Self> {
        let pointer = Arc::as_ptr(&account).cast_mut().cast();
        // SAFETY: Sleeping is allowed, as the caller promises; the account lives longer.
        let large = unsafe { sys::lunatik_large_new(Some(freed), pointer) };
        // INVARIANT: It was made just now, with that account.
        Ok(Self {
            large: NonNull::new(large).ok_or(ENOMEM)?,
            busy: Atomic::new(false),
            _account: account,
        })
    }

    /// Takes `size` bytes, charged to `memcg`. Returns null if there is no memory, or if `is_ended`
    /// becomes true. The code that makes it true must then call [`wake`](Self::wake). May sleep.
    ///
    /// An `exact` block consists of whole pages, and must be [given back](Self::give). Any other
    /// block is for `kvfree()` or [`drop_block`].
    ///
    /// There is none where `size` is not [large](is_large), or somebody else takes or settles.
    pub(crate) fn take(
        &self,
        size: usize,
        exact: bool,
        memcg: &MemoryCgroup,
        is_ended: &dyn Fn() -> bool,
    ) -> *mut u8 {
        if !is_large(size) || self.busy.xchg(true, Full) {
            return ptr::null_mut();
        }
        // SAFETY: The size is large, and the flag is ours; `memcg` lives until `drop()` has waited for the
        // worker, and the reference to the closure until the call returns.
        let block = unsafe {
            sys::lunatik_large_take(
                self.large.as_ptr(),
                size,
                exact,
                memcg.as_raw(),
                Some(call),
                ptr::from_ref(&is_ended).cast_mut().cast(),
            )
        };
        self.busy.store(false, Release);
        block.cast()
    }

    /// Room for `size` bytes, as [`take`](Self::take) gives it.
    pub(crate) fn take_room(
        &self,
        size: usize,
        memcg: &MemoryCgroup,
        is_ended: &dyn Fn() -> bool,
    ) -> Option<KVVec<u8>> {
        let block = self.take(size, false, memcg, is_ended);
        // SAFETY: The block has `size` bytes and came from `kmalloc()` or `kvmalloc()`, and nobody
        // else has it.
        (!block.is_null()).then(|| unsafe { KVVec::from_raw_parts(block, 0, size) })
    }

    /// Gives a block back. Its bytes count as [`given`](Self::given) until it is freed.
    ///
    /// # Safety
    ///
    /// - `block` of `size` bytes came from [`take`](Self::take), exact, or it was shrunk to that since;
    ///   `size` counts whole pages. It is not in use.
    /// - Nobody takes, gives or settles at the same time.
    pub(crate) unsafe fn give(&self, block: *mut u8, size: usize) {
        // SAFETY: As the caller promises.
        unsafe { sys::lunatik_large_give(self.large.as_ptr(), block.cast(), size) };
    }

    /// The bytes that were given back and are not freed yet. May be called in any context.
    pub(crate) fn given(&self) -> usize {
        // SAFETY: By the type invariant it lives; the function reads a counter.
        unsafe { sys::lunatik_large_given(self.large.as_ptr()) }
    }

    /// Waits until all blocks that were given back are freed, or until `is_ended` becomes true, as
    /// in [`take`](Self::take). Does nothing where somebody else takes or settles.
    pub(crate) fn settle(&self, is_ended: &dyn Fn() -> bool) {
        if self.busy.xchg(true, Full) {
            return;
        }
        // SAFETY: The flag is ours; the reference lives until the call returns.
        unsafe {
            sys::lunatik_large_settle(
                self.large.as_ptr(),
                Some(call),
                ptr::from_ref(&is_ended).cast_mut().cast(),
            )
        };
        self.busy.store(false, Release);
    }

    /// Makes the waiting thread check whether it must end. May be called in any context.
    pub(crate) fn wake(&self) {
        // SAFETY: By the type invariant it lives.
        unsafe { sys::lunatik_large_wake(self.large.as_ptr()) };
    }
}

impl Drop for LargeBlocks {
    fn drop(&mut self) {
        // SAFETY: By the type invariant it lives. Nobody else uses it any more, and all its blocks
        // were given back.
        unsafe { sys::lunatik_large_destroy(self.large.as_ptr()) };
    }
}

/// Gives back a block that belongs to no VM. It is freed some time later. May sleep.
///
/// # Safety
///
/// `block` has `size` bytes, which is [large](is_large). It came from `kvmalloc()`, or from
/// [`LargeBlocks::take`] as a block that is not exact. It is not in use. A [`Drops`] lives, so that
/// the block is free before the module's code goes away.
pub(crate) unsafe fn drop_block(block: *mut u8, size: usize) {
    // SAFETY: As the caller promises.
    unsafe { sys::lunatik_large_drop(block.cast(), size) };
}

/// The module holds this while blocks may be given to [`drop_block`]. Dropping it waits until they
/// are freed.
pub(crate) struct Drops(());

impl Drops {
    /// Prepares to free blocks.
    pub(crate) fn new() -> Self {
        Self(())
    }
}

impl Drop for Drops {
    fn drop(&mut self) {
        // SAFETY: The function takes no pointer. Its work item is static, and always initialised.
        unsafe { sys::lunatik_large_finish_drops() };
    }
}
