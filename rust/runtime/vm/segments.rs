// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Stack segments of a VM.

use core::{
    cell::Cell,
    ffi::{c_int, c_void},
    ptr, //
};

use kernel::{
    sync::aref::ARef,
    task::Task, //
};

use super::Vm;
use crate::{
    linux::{
        segment::{self, NoRoom, Waiting},
        task, //
    },
    lua::State,
    sys::lua as sys, //
};

/// Stack segments that one VM may have at one time.
const MAX_SEGMENTS: u32 = 96;

/// The segments that a VM has. Only touched by the thread that executes it, but for
/// [`Vm::boost_waiting`].
pub(super) struct Segments {
    count: Cell<u32>,
    waiting: Waiting,
}

impl Segments {
    pub(super) const fn none() -> Self {
        Self {
            count: Cell::new(0),
            waiting: Waiting::none(),
        }
    }
}

impl Vm {
    /// Where the Lua code waits for a segment, has it go on upon the stack that it has left; where it has got one, but
    /// its worker has not begun, boosts that. To be called when it is to end, and nobody executes it. Returns
    /// whether it did. In process context; does not sleep.
    pub(in super::super) fn boost_waiting(&self) -> bool {
        self.segments.waiting.boost()
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
) -> c_int {
    /// A call whose thread's CPU time is the runtime's.
    struct Call<'a> {
        function: segment::Function,
        argument: *mut c_void,
        vm: &'a Vm,
        caller: ARef<Task>,
    }
    unsafe extern "C" fn run(argument: *mut c_void) {
        // SAFETY: It is the `Call` below, whose owner waits.
        let call = unsafe { &*argument.cast::<Call<'_>>() };
        let runtime = call.vm.runtime();
        runtime.meter().start();
        // SAFETY: As the caller of `lunatik_hop()` promises.
        unsafe { (call.function)(call.argument) };
        // SAFETY: The caller waits, and goes on with the code.
        unsafe { runtime.meter().hand_over(&call.caller) };
        runtime.end_boosts();
        if call.vm.is_ended() {
            task::boost(&call.caller);
        }
    }

    let Some(function) = function else {
        return 0;
    };
    // SAFETY: As the caller promises.
    let state = unsafe { State::from_raw(state) };
    let vm = Vm::of(state);
    let segments = &vm.segments;
    // Code that is to end is not going to call anything, and would wait for a worker, which nobody boosts.
    if segments.count.get() >= MAX_SEGMENTS || vm.is_ended() {
        return 0;
    }
    segments.count.set(segments.count.get() + 1);
    let mut call = Call {
        function,
        argument,
        vm,
        caller: ARef::from(&**kernel::current!()),
    };
    let paused = vm.runtime().pause_meter(state);
    // SAFETY: Lua's code works on any stack, and this thread waits for it. No error crosses this
    // frame: C catches each before it returns from `function`.
    let ran = unsafe { segment::run(run, ptr::from_mut(&mut call).cast(), &segments.waiting) };
    vm.runtime().continue_meter(state, paused);
    segments.count.set(segments.count.get() - 1);
    c_int::from(ran)
}
