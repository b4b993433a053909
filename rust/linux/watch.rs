// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Detects that a computation in the kernel must end, because its process is being killed or
//! because it takes too long.

use core::{
    cell::UnsafeCell,
    ffi::c_void,
    marker::PhantomPinned,
    pin::Pin,
    ptr, //
};
use kernel::{
    sync::{
        aref::ARef,
        atomic::{Atomic, Full, Release},
        Arc, //
    },
    task::Task, //
};

use crate::sys::kernel_helpers as sys;

/// What a [`Watch`] looks after.
pub(crate) trait Watched: Send + Sync {
    /// Called in a hard interrupt every 10 ms, while the watch is armed.
    ///
    /// `used` and `slept` are nanoseconds since the last tick, 10 ms at most: the CPU time of the thread
    /// that armed the watch, and the time that it has slept. Neither counts while it waits for a CPU.
    fn tick(&self, used: u64, slept: u64);

    /// Called in a hard interrupt, once at most, when what the watch was armed for is to end. `argument` is
    /// that of [`arm`](Watch::arm).
    fn fire(&self, argument: u32);
}

/// The watch is not armed.
const IDLE: i32 = 0;
/// Somebody arms or disarms it.
const BUSY: i32 = 1;
/// It is armed.
const ARMED: i32 = 2;

/// What an armed watch refers to.
struct Armed<T: Watched> {
    target: Arc<T>,
    argument: u32,
    /// The thread that the watch looks at.
    _task: ARef<Task>,
}

/// A timer that checks every 10 ms.
///
/// # Invariants
///
/// Only who has made the state `BUSY` touches the timer and changes `armed`, which is there while the timer is
/// armed. Then the state is `ARMED`, or `BUSY` by who arms or disarms it.
pub(crate) struct Watch<T: Watched> {
    state: Atomic<i32>,
    armed: UnsafeCell<Option<Armed<T>>>,
    watch: UnsafeCell<sys::lunatik_watch>,
    _pin: PhantomPinned,
}

// SAFETY: What it refers to belongs to no thread.
unsafe impl<T: Watched> Send for Watch<T> {}
// SAFETY: By the type invariants those who touch the fields take turns.
unsafe impl<T: Watched> Sync for Watch<T> {}

/// # Safety
///
/// `armed` is the `Armed<T>` of a watch that is armed.
unsafe extern "C" fn fire<T: Watched>(armed: *mut c_void) {
    // SAFETY: As the caller promises.
    let armed = unsafe { &*armed.cast::<Armed<T>>() };
    armed.target.fire(armed.argument);
}

/// # Safety
///
/// As for [`fire`].
unsafe extern "C" fn tick<T: Watched>(armed: *mut c_void, used: u64, slept: u64) {
    // SAFETY: As the caller promises.
    let armed = unsafe { &*armed.cast::<Armed<T>>() };
    armed.target.tick(used, slept);
}

impl<T: Watched> Watch<T> {
    /// A watch that is not armed.
    pub(crate) const fn new() -> Self {
        // INVARIANT: It is idle.
        Self {
            state: Atomic::new(IDLE),
            armed: UnsafeCell::new(None),
            watch: UnsafeCell::new(sys::lunatik_watch { space: [0; 20] }),
            _pin: PhantomPinned,
        }
    }

    /// Looks after `target`, and calls its `fire(argument)` if the calling process is killed before
    /// [`disarm`](Self::disarm), or that does not come within `deadline_ms` of its CPU time (0: no matter
    /// when), or ten times that of sleep.
    ///
    /// Does nothing if it is armed already.
    pub(crate) fn arm(self: Pin<&Self>, target: Arc<T>, argument: u32, deadline_ms: u32) {
        if self.state.cmpxchg(IDLE, BUSY, Full).is_err() {
            return;
        }
        let armed = Armed {
            target,
            argument,
            _task: ARef::from(&**kernel::current!()),
        };
        // INVARIANT: The state is ours.
        // SAFETY: Nobody else touches the fields. They are pinned, and `drop()` disarms the timer, so it
        // finds the target and the thread, to which there are references, until it is disarmed.
        unsafe {
            let armed = (*self.armed.get()).insert(armed);
            sys::lunatik_watch_arm(
                self.watch.get(),
                Some(fire::<T>),
                Some(tick::<T>),
                ptr::from_mut(armed).cast(),
                deadline_ms,
            );
        }
        self.state.store(ARMED, Release);
    }

    /// Ends the watch if it is armed, and returns whether `fire()` was called. Neither that nor `tick()` runs
    /// any more then.
    pub(crate) fn disarm(&self) -> bool {
        if self.state.cmpxchg(ARMED, BUSY, Full).is_err() {
            return false;
        }
        // INVARIANT: The state is ours.
        // SAFETY: Nobody else touches the fields, and the timer is armed.
        let (fired, armed) = unsafe {
            (
                sys::lunatik_watch_disarm(self.watch.get()),
                (*self.armed.get()).take(),
            )
        };
        self.state.store(IDLE, Release);
        drop(armed);
        fired
    }
}

impl<T: Watched> Drop for Watch<T> {
    fn drop(&mut self) {
        self.disarm();
    }
}
