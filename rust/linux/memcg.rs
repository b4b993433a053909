// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Memory cgroups, which allocations are charged to.
//!
//! C header: [`include/linux/memcontrol.h`](srctree/include/linux/memcontrol.h)

use core::ptr;
use kernel::bindings;

use crate::sys::kernel_helpers as sys;

/// Bytes below a cgroup's limit that scripts leave to the processes in it. Those cannot be told
/// that there is no memory: where a page fault finds none, the OOM killer picks one of them.
const RESERVE: usize = 1 << 20;

/// A counted reference to a memory cgroup; empty where the kernel has none.
///
/// # Invariants
///
/// The pointer is null or we own one reference to what it points to.
pub(crate) struct MemoryCgroup(*mut bindings::mem_cgroup);

// SAFETY: A memory cgroup belongs to no thread; its reference count is atomic.
unsafe impl Send for MemoryCgroup {}
// SAFETY: As above.
unsafe impl Sync for MemoryCgroup {}

impl MemoryCgroup {
    /// The memory cgroup of the calling process.
    pub(crate) fn of_current() -> Self {
        // INVARIANT: The function returns a reference that the caller owns, or null.
        // SAFETY: The function asks about `current`, which lives while it runs.
        Self(unsafe { sys::lunatik_memcg_get_current() })
    }

    /// Whether `size` bytes more may be charged and still leave some to the cgroup's processes.
    ///
    /// Page cache counts as room: it goes when memory is asked for, by scripts and processes
    /// alike. Trying instead of counting would fill the cgroup for a moment.
    pub(crate) fn has_room(&self, size: usize) -> bool {
        if self.0.is_null() {
            return true;
        }
        // SAFETY: By the type invariant the cgroup lives, and with it those that it is in.
        let room = unsafe { sys::lunatik_memcg_room(self.0) };
        room >= size.saturating_add(RESERVE)
    }

    /// The cgroup, or null. Whoever uses it keeps `self` meanwhile.
    pub(super) fn as_raw(&self) -> *mut bindings::mem_cgroup {
        self.0
    }

    /// Runs `allocate`; what it allocates with `__GFP_ACCOUNT` is charged to this cgroup.
    pub(crate) fn charge<T>(&self, allocate: impl FnOnce() -> T) -> T {
        if self.0.is_null() {
            return allocate();
        }
        // SAFETY: By the type invariant the cgroup lives longer than this call, at whose end the
        // former one is set again.
        let former = unsafe { sys::lunatik_set_active_memcg(self.0) };
        let result = allocate();
        // SAFETY: `former` was in force before, and its owner keeps it alive.
        unsafe { sys::lunatik_set_active_memcg(former) };
        result
    }
}

impl Clone for MemoryCgroup {
    fn clone(&self) -> Self {
        if self.0.is_null() {
            return Self(ptr::null_mut());
        }
        // SAFETY: By the type invariant we own a reference, so there is one to add to.
        unsafe { sys::lunatik_memcg_get(self.0) };
        // INVARIANT: The reference that was just taken.
        Self(self.0)
    }
}

impl Drop for MemoryCgroup {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: By the type invariant the reference is ours to give up.
            unsafe { sys::lunatik_memcg_put(self.0) };
        }
    }
}
