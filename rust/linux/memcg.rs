// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Memory cgroups, which allocations are charged to.
//!
//! C header: [`include/linux/memcontrol.h`](srctree/include/linux/memcontrol.h)

use core::ptr;
use kernel::bindings;

use crate::sys::kernel_helpers as sys;

/// Bytes below a cgroup's limit that scripts leave to the processes in the cgroup. Unlike a script,
/// a process cannot get an error instead of memory: if a page fault finds none, the OOM killer
/// picks a process.
const RESERVE: usize = 1 << 20;

/// A counted reference to a memory cgroup; empty if the kernel has no memory cgroups.
///
/// # Invariants
///
/// The pointer is null, or this owns one reference to the cgroup that it points to.
pub(crate) struct MemoryCgroup(*mut bindings::mem_cgroup);

// SAFETY: A memory cgroup belongs to no thread; its reference count is atomic.
unsafe impl Send for MemoryCgroup {}
// SAFETY: As above.
unsafe impl Sync for MemoryCgroup {}

impl MemoryCgroup {
    /// The memory cgroup of the calling process.
    pub(crate) fn of_current() -> Self {
        // INVARIANT: The function returns a reference that the caller owns, or null. SAFETY: The
        // function uses `current`, which lives while it runs.
        Self(unsafe { sys::lunatik_memcg_get_current() })
    }

    /// Whether `size` more bytes may be charged and still leave some memory to the cgroup's
    /// processes.
    ///
    /// Page cache counts as room, because the kernel reclaims it when scripts or processes need
    /// memory. A trial allocation instead of this count would fill the cgroup for a moment.
    pub(crate) fn has_room(&self, size: usize) -> bool {
        if self.0.is_null() {
            return true;
        }
        // SAFETY: By the type invariant the cgroup lives, and with it the cgroups around it.
        let room = unsafe { sys::lunatik_memcg_room(self.0) };
        room >= size.saturating_add(RESERVE)
    }

    /// The cgroup, or null. The user must keep `self` meanwhile.
    pub(super) fn as_raw(&self) -> *mut bindings::mem_cgroup {
        self.0
    }

    /// Runs `allocate`. Its allocations with `__GFP_ACCOUNT` are charged to this cgroup.
    pub(crate) fn charge<T>(&self, allocate: impl FnOnce() -> T) -> T {
        if self.0.is_null() {
            return allocate();
        }
        // SAFETY: By the type invariant the cgroup lives longer than this call, and the call
        // restores the former cgroup at its end.
        let former = unsafe { sys::lunatik_set_active_memcg(self.0) };
        let result = allocate();
        // SAFETY: `former` was active before, and its owner keeps it alive.
        unsafe { sys::lunatik_set_active_memcg(former) };
        result
    }
}

impl Clone for MemoryCgroup {
    fn clone(&self) -> Self {
        if self.0.is_null() {
            return Self(ptr::null_mut());
        }
        // SAFETY: By the type invariant this owns a reference, so the cgroup is alive.
        unsafe { sys::lunatik_memcg_get(self.0) };
        // INVARIANT: The new value owns the reference that was just taken.
        Self(self.0)
    }
}

impl Drop for MemoryCgroup {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: By the type invariant this owns the reference.
            unsafe { sys::lunatik_memcg_put(self.0) };
        }
    }
}
