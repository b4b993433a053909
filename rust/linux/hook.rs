// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Calls of hooks: the context in which they are made, and the private stacks on which they run.

use core::{ffi::c_void, marker::PhantomData, ptr};
use kernel::{prelude::*, types::NotThreadSafe};

use crate::sys::kernel_helpers as sys;

/// The private stacks of all CPUs, once they are made, and the sentinels.
pub(crate) struct HookStacks(());

impl HookStacks {
    /// Prepares for hooks, whose calls have `slice_ns` nanoseconds. The module's `init()` calls this once,
    /// and keeps the result longer than anything that calls hooks.
    pub(crate) fn new(slice_ns: u64) -> Self {
        // SAFETY: The caller calls this once.
        unsafe { sys::lunatik_hook_init(slice_ns) };
        Self(())
    }

    /// Makes the stacks, unless they are there. To be called before the first hook is called. Sleeps.
    pub(crate) fn make() -> Result {
        // SAFETY: A runtime calls this, so the module holds a `HookStacks`.
        kernel::error::to_result(unsafe { sys::lunatik_hook_make_stacks() })
    }
}

impl Drop for HookStacks {
    fn drop(&mut self) {
        // SAFETY: No hook is called any more, because the module drops this last.
        unsafe { sys::lunatik_hook_exit() };
    }
}

/// Bottom halves of the CPU are off while this exists, and interrupts were on when it was made. The
/// thread is not migrated.
pub(crate) struct Softirq {
    /// Whether they were on before.
    leaves: bool,
    _thread: NotThreadSafe,
}

impl Softirq {
    /// Enters that context. `None` in hard interrupts, where interrupts are off, and in the signal handlers
    /// of User Mode Linux.
    #[inline]
    pub(crate) fn enter() -> Option<Self> {
        // SAFETY: May be called in any context. `drop()` undoes it on the same thread.
        let leaves = match unsafe { sys::lunatik_softirq_enter() } {
            sys::LUNATIK_SOFTIRQ_REFUSED => return None,
            entered => entered == sys::LUNATIK_SOFTIRQ_ENTERED,
        };
        Some(Self {
            leaves,
            _thread: NotThreadSafe,
        })
    }
}

impl Drop for Softirq {
    fn drop(&mut self) {
        if self.leaves {
            // SAFETY: `enter()` has turned bottom halves off on this thread, with interrupts on.
            unsafe { sys::lunatik_softirq_leave() };
        }
    }
}

/// Nanoseconds by a clock that may be read in any context.
pub(crate) fn clock() -> u64 {
    // SAFETY: The function takes no pointer.
    unsafe { sys::lunatik_hook_clock() }
}

/// A private stack of this CPU, on which a call can run.
pub(crate) struct Stack<'a>(PhantomData<&'a Softirq>);

impl<'a> Stack<'a> {
    /// The next stack. `None` if too many calls are nested on this CPU.
    pub(crate) fn find(_context: &'a Softirq) -> Option<Self> {
        // SAFETY: The caller is not migrated while it has the reference.
        unsafe { sys::lunatik_hook_has_stack() }.then_some(Self(PhantomData))
    }
}

/// Learns that a call takes too long.
pub(crate) trait Over {
    /// Ends the code of the call; with `all`, its closing methods, too. Called in a hard interrupt that
    /// interrupts the call.
    fn over(&self, all: bool);
}

/// A call, for the functions below.
struct Call<'a> {
    body: &'a dyn Fn(),
    over: &'a (dyn Over + Sync),
}

/// Calls `body` on the stack. If the call takes more than 1 to 2 ms, `over` learns of that.
pub(crate) fn call(_stack: Stack<'_>, body: &dyn Fn(), over: &(dyn Over + Sync)) {
    let call = Call { body, over };
    let mut frame = sys::lunatik_hook_frame {
        below: ptr::null_mut(),
        number: 0,
        argument: ptr::from_ref(&call).cast_mut().cast(),
    };
    // SAFETY: `Stack::find()` has found the stack on this CPU, which the caller has not left; calls that were
    // nested between have ended. The frame and the call live until this returns, and no error of Lua
    // crosses it.
    unsafe { sys::lunatik_hook_call(&mut frame) };
}

/// # Safety
///
/// Only `lunatik_hook_call()` may call this, with the argument of its frame.
#[no_mangle]
unsafe extern "C" fn lunatik_hook_run(argument: *mut c_void) {
    // SAFETY: `call()` has set the argument, and waits for this.
    let call = unsafe { &*argument.cast::<Call<'_>>() };
    (call.body)();
}

/// # Safety
///
/// As above, while the frame is there.
#[no_mangle]
unsafe extern "C" fn lunatik_hook_over(argument: *mut c_void, all: bool) {
    // SAFETY: As above. The sentinel interrupts the CPU on which the call runs, so the call does not end
    // meanwhile.
    let call = unsafe { &*argument.cast::<Call<'_>>() };
    call.over.over(all);
}
