// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A spinlock that keeps bottom halves off, for what hooks of class softirq share with processes.
//!
//! A holder in process context cannot be interrupted by a hook that then waits for it. Hard interrupts stay
//! on, so code in them, which may interrupt a holder, must not take the lock.
//!
//! C header: [`include/linux/spinlock.h`](srctree/include/linux/spinlock.h)

use kernel::{
    bindings,
    ffi::c_char,
    sync::lock::{Backend, Lock}, //
};

use crate::sys::kernel_helpers as sys;

/// The lock. Initialised as [`new_spinlock_bh!`](crate::new_spinlock_bh) does.
pub(crate) type SpinLockBh<T> = Lock<T, SpinLockBhBackend>;

/// How it is taken and given up.
pub(crate) struct SpinLockBhBackend;

// SAFETY: The kernel's `spinlock_t` excludes all others from the time when it is taken. `relock` is the
// default, which takes it in the same way.
unsafe impl Backend for SpinLockBhBackend {
    type State = bindings::spinlock_t;
    type GuardState = ();

    unsafe fn init(
        lock: *mut Self::State,
        name: *const c_char,
        key: *mut bindings::lock_class_key,
    ) {
        // SAFETY: The caller promises that the lock is valid for writes, and the others for reads for ever.
        unsafe { bindings::__spin_lock_init(lock, name, key) }
    }

    #[inline]
    unsafe fn lock(lock: *mut Self::State) {
        // SAFETY: The caller promises that the lock is initialised.
        unsafe { sys::lunatik_spin_lock_bh(lock) }
    }

    #[inline]
    unsafe fn try_lock(lock: *mut Self::State) -> Option<()> {
        // SAFETY: As above.
        unsafe { sys::lunatik_spin_trylock_bh(lock) }.then_some(())
    }

    #[inline]
    unsafe fn unlock(lock: *mut Self::State, _state: &()) {
        // SAFETY: The caller owns the lock.
        unsafe { sys::lunatik_spin_unlock_bh(lock) }
    }

    #[inline]
    unsafe fn assert_is_held(lock: *mut Self::State) {
        // SAFETY: As above.
        unsafe { bindings::spin_assert_is_held(lock) }
    }
}

/// Initialises a [`SpinLockBh`]: `new_spinlock_bh!(value, "name")`.
#[macro_export]
macro_rules! new_spinlock_bh {
    ($inner:expr, $name:literal $(,)?) => {
        $crate::linux::spinlock_bh::SpinLockBh::new(
            $inner,
            ::kernel::c_str!($name),
            ::kernel::static_lock_class!(),
        )
    };
}
