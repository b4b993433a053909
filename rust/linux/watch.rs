// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Detects that a computation in the kernel must end, because its process is being killed or
//! because it takes too long.

use core::{
    cell::UnsafeCell,
    ffi::c_void,
    marker::PhantomPinned, //
};

use crate::sys::kernel_helpers as sys;

/// A timer that looks every 10 ms.
pub(crate) struct Watch {
    watch: UnsafeCell<sys::lunatik_watch>,
    armed: UnsafeCell<bool>,
    _pin: PhantomPinned,
}

// SAFETY: Only `arm()` and `disarm()` touch the fields, whose callers take turns.
unsafe impl Send for Watch {}
// SAFETY: As above.
unsafe impl Sync for Watch {}

impl Watch {
    /// A watch that is not armed.
    pub(crate) fn new() -> Self {
        Self {
            watch: UnsafeCell::new(sys::lunatik_watch { space: [0; 20] }),
            armed: UnsafeCell::new(false),
            _pin: PhantomPinned,
        }
    }

    /// Has `tick(argument, used, slept)` called in a hard interrupt every 10 ms, and
    /// `fire(argument)`, once, if the calling process is killed before [`disarm`](Self::disarm), or
    /// that does not come within `deadline_ms` of its CPU time (0: no matter when), or ten times
    /// that of sleep.
    ///
    /// `used` and `slept` are nanoseconds since the last tick, 10 ms at most: the CPU time of the
    /// calling thread, and the time that it has slept. Neither counts while it waits for a CPU.
    ///
    /// # Safety
    ///
    /// The watch must be pinned and not armed, and nobody else may use it until it is disarmed,
    /// which must happen before it goes away. Both calls must be sound until then.
    pub(crate) unsafe fn arm(
        &self,
        fire: unsafe extern "C" fn(*mut c_void),
        tick: unsafe extern "C" fn(*mut c_void, u64, u64),
        argument: *mut c_void,
        deadline_ms: u32,
    ) {
        // SAFETY: As the caller promises.
        unsafe {
            *self.armed.get() = true;
            sys::lunatik_watch_arm(
                self.watch.get(),
                Some(fire),
                Some(tick),
                argument,
                deadline_ms,
            );
        }
    }

    /// Ends the watch, and returns whether `fire` was called.
    ///
    /// # Safety
    ///
    /// To be called by whoever armed the watch.
    pub(crate) unsafe fn disarm(&self) -> bool {
        // SAFETY: As the caller promises.
        unsafe {
            if !core::mem::replace(&mut *self.armed.get(), false) {
                return false;
            }
            sys::lunatik_watch_disarm(self.watch.get())
        }
    }
}
