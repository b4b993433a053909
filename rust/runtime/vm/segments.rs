// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Stack segments of a VM.

use core::{
    cell::Cell,
    ffi::{c_uint, c_void},
    ptr, //
};

use super::Vm;
use crate::{
    linux::segment::{self, Innermost, NoRoom, Ran},
    lua::State,
    sys::{kernel_helpers, lua as sys}, //
};

/// Stack segments that one VM may have at one time.
const MAX_SEGMENTS: u32 = 96;

/// The segments that a VM has. Only touched by the thread that executes it, but for
/// [`Vm::hurry_waiting`].
pub(super) struct Segments {
    count: Cell<u32>,
    innermost: Innermost,
}

impl Segments {
    pub(super) const fn none() -> Self {
        Self {
            count: Cell::new(0),
            innermost: Innermost::none(),
        }
    }

    fn give_back(&self, count: u32) {
        self.count.set(self.count.get() - count);
    }
}

impl Vm {
    /// Has the Lua code go on, on what stack it has left, where it waits for a segment; or where it has
    /// one, but its worker has not begun, have that hurry. To be called when it is to end, and nobody executes it. Returns
    /// whether it did. In process context; does not sleep.
    pub(in super::super) fn hurry_waiting(&self) -> bool {
        self.segments.innermost.hurry_waiting()
    }

    /// Calls `call` with enough stack left to call Lua functions, on another stack if need be. Fails if there is
    /// none.
    ///
    /// # Safety
    ///
    /// `call` must be sound on any thread while the caller, which executes the VM of `state`, waits.
    pub(crate) unsafe fn with_room<T>(state: State, call: impl FnOnce() -> T) -> Result<T, NoRoom> {
        // SAFETY: As the caller promises.
        unsafe {
            segment::with_room(
                |function, argument| {
                    lunatik_hop(state.as_raw(), Some(function), argument);
                },
                call,
            )
        }
    }
}

/// Runs `function(argument)` on another stack segment: see `lua/port/lunatik_lua.h`.
///
/// # Safety
///
/// To be called by Lua, on the thread that executes `state`.
#[no_mangle]
unsafe extern "C" fn lunatik_hop(
    state: *mut sys::lua_State,
    function: Option<segment::Function>,
    argument: *mut c_void,
) -> c_uint {
    /// A call whose thread's CPU time is the runtime's.
    struct Call<'a> {
        function: segment::Function,
        argument: *mut c_void,
        vm: &'a Vm,
    }
    unsafe extern "C" fn run(argument: *mut c_void) -> c_uint {
        // SAFETY: It is the `Call` below, whose owner waits.
        let call = unsafe { &*argument.cast::<Call<'_>>() };
        let meter = call.vm.runtime().meter();
        meter.start();
        // SAFETY: As the caller of `lunatik_hop()` promises.
        let levels = unsafe { (call.function)(call.argument) };
        // With 0, the VM is executed elsewhere, or is gone, and so is the `Call`.
        if let Some(passed) = levels.checked_sub(1) {
            // SAFETY: These are `levels` of the calls below; whoever is returned to waits, and goes on with
            // the code.
            unsafe {
                let caller = segment::caller(&call.vm.segments.innermost, levels);
                if call.vm.is_ended() {
                    // Until it has returned: see `lunatik_queued_call_return()`.
                    kernel_helpers::lunatik_end_first();
                }
                meter.hand_over(caller);
                call.vm.runtime().leave_hurry();
                if call.vm.is_ended() {
                    kernel_helpers::lunatik_hurry(caller, true);
                }
            }
            call.vm.segments.give_back(passed);
        }
        levels
    }

    let Some(function) = function else {
        return sys::LUNATIK_HOP_NONE;
    };
    // SAFETY: As the caller promises.
    let state = unsafe { State::from_raw(state) };
    let vm = Vm::of(state);
    let segments = &vm.segments;
    // Code that is to end is not going to call anything, and would wait for a worker, which nobody has hurry.
    if segments.count.get() >= MAX_SEGMENTS || vm.is_ended() {
        return sys::LUNATIK_HOP_NONE;
    }
    segments.count.set(segments.count.get() + 1);
    let mut call = Call {
        function,
        argument,
        vm,
    };
    let paused = vm.runtime().pause_meter(state);
    // SAFETY: Lua's code works on any stack, and this thread waits for it. No error crosses this
    // frame: C catches each before it returns from `function`, and returns past those callers alone that
    // have made the call before from C.
    let ran = unsafe { segment::run(run, ptr::from_mut(&mut call).cast(), &segments.innermost) };
    if ran == Ran::Passed {
        return sys::LUNATIK_HOP_PASSED;
    }
    vm.runtime().continue_meter(state, paused);
    segments.give_back(1);
    match ran {
        Ran::Nothing => sys::LUNATIK_HOP_NONE,
        _ => sys::LUNATIK_HOP_DONE,
    }
}
