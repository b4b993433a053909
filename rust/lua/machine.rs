// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The VM around a state, and what Lua's C code asks of it.

use core::{
    cell::{Cell, UnsafeCell},
    ffi::{c_int, c_void},
    ops::Deref,
    ptr, //
};
use kernel::{
    error::Result,
    ffi::{c_char, c_long},
    str::{CStr, CStrExt}, //
};

use super::{
    main_state::MainState,
    state::State,
    thread::Record, //
};
use crate::{
    linux::context::Context,
    permission::{Permission, Set},
    sys::lua as sys, //
};

/// What a VM begins with: C's `struct lunatik_vm`, and what the wrappers of Lua need.
#[repr(C)]
pub(crate) struct Head {
    vm: UnsafeCell<sys::lunatik_vm>,
    /// How many ask for the permissions of a thread just now.
    asked: Cell<u32>,
}

impl Head {
    /// The head of a VM that has no state.
    pub(crate) const fn new() -> Self {
        Self {
            vm: UnsafeCell::new(sys::lunatik_vm {
                error_number: 0,
                streams: ptr::null_mut(),
                warnings: 0,
                denied: 0,
                denied_second: 0,
                waits_on: 0,
                context: sys::LUNATIK_CONTEXT_PROCESS as u8,
                collects: 0,
                traces: 0,
                collected: 0,
            }),
            asked: Cell::new(0),
        }
    }

    pub(super) fn asked(&self) -> &Cell<u32> {
        &self.asked
    }

    /// Whether the native function that runs has left its thread to wait, and is called again.
    pub(crate) fn waits_on(&self) -> bool {
        // SAFETY: This type is not `Sync`, so the calling thread executes the VM, which alone reads and
        // writes the field.
        unsafe { (*self.vm.get()).waits_on != 0 }
    }

    /// The context that the VM's code runs in.
    #[inline]
    pub(crate) fn context(&self) -> Context {
        // SAFETY: This type is not `Sync`, so the calling thread executes the VM, which alone reads and
        // writes the field.
        Context::from_raw(unsafe { (*self.vm.get()).context })
    }

    /// Notes the context that the VM's code runs in from now on. Returns the former one.
    pub(crate) fn set_context(&self, context: Context) -> Context {
        let former = self.context();
        // SAFETY: As above.
        unsafe { (*self.vm.get()).context = context.to_raw() };
        former
    }

    /// Says which streams the VM's C library has.
    ///
    /// # Safety
    ///
    /// They must be those of this VM, and live as long as its state does.
    pub(crate) unsafe fn set_streams(&self, streams: *mut c_void) {
        // SAFETY: This type is not `Sync`, so the calling thread executes the VM.
        unsafe { (*self.vm.get()).streams = streams };
    }
}

/// A VM: what the user data of its state's allocator points to.
///
/// # Safety
///
/// - It has its [`Head`] at its address.
/// - It is not `Sync`: only the thread that executes the VM has a reference to it, or threads that do so
///   for that one while it waits.
/// - `main()` returns a field of it, and what `resize()` needs is dropped after that is closed.
/// - All states are opened by [`MainState::open`] for a `Self`; [`machine!`](crate::machine) is called
///   with no other type.
pub(crate) unsafe trait Machine: Sized {
    /// What a thread of Lua may do.
    type Permissions: Deref<Target = Set> + Send + Sync;

    /// What others know of a thread of Lua that they may interrupt.
    type Record: Record;

    /// Its main state.
    fn main(&self) -> &MainState;

    /// The function behind `lua_Alloc`: frees where `new_size` is 0, else allocates or resizes.
    ///
    /// # Safety
    ///
    /// `block` is null or came from this VM with a size of `old_size` and was not freed since.
    unsafe fn resize(&self, block: *mut c_void, old_size: usize, new_size: usize) -> *mut c_void;

    /// Whether `state`, which runs, has a permission, for a value if one is given.
    fn permits(state: State, permission: Permission, value: Option<&[u8]>) -> bool;

    /// Whether `state`, which runs, may load binary chunks.
    fn allows_bytecode(state: State) -> bool;

    /// Takes what was written to stream 1 or 2.
    fn output(&self, stream: c_int, text: &[u8]);

    /// Sends what was taken.
    fn flush(&self);

    /// Says whether what is written to stream 1 or 2 is to be sent at once.
    fn set_immediate(&self, stream: c_int, immediate: bool);

    /// Whether files may be used now: not if the code is to end, or must not sleep.
    fn may_use_files(&self) -> Result;

    /// CPU time used, in microseconds.
    fn cpu_us(&self) -> u64;

    /// Whether the program is to leave its kernel thread, for others wait for one.
    fn slice_is_over(&self) -> bool;

    /// Whether somebody asks for the traceback of the code that runs.
    fn is_traced(&self) -> bool;

    /// Takes that traceback.
    fn traced(&self, text: &[u8]);

    /// Whether a profile wants to know which code runs.
    fn is_sampled(&self) -> bool;

    /// Tells it, by [`State::sample`], that `state` runs, which may sleep.
    fn sample(state: State, at_instruction: bool);

    /// Runs `call` on another kernel stack, while the caller waits. Returns whether it has.
    fn hop(&self, call: Deferred) -> bool;
}

/// A call that Lua's C code wants to be made on another kernel stack.
pub(crate) struct Deferred {
    function: unsafe extern "C" fn(*mut c_void),
    argument: *mut c_void,
}

// SAFETY: As `new()` demands.
unsafe impl Send for Deferred {}

impl Deferred {
    /// Prepares `function(argument)`.
    ///
    /// # Safety
    ///
    /// That call must be sound on any thread, once, as long as the result is there.
    pub(crate) unsafe fn new(
        function: unsafe extern "C" fn(*mut c_void),
        argument: *mut c_void,
    ) -> Self {
        Self { function, argument }
    }

    /// Makes the call. No error of Lua crosses this: C catches each before it returns.
    pub(crate) fn run(self) {
        // SAFETY: As `new()` demands.
        unsafe { (self.function)(self.argument) }
    }
}

/// # Safety
///
/// To be called by Lua as the allocator of a state that was opened for the machine, on the thread that
/// executes it; Lua frees and resizes what it allocated, once, and remembers the sizes.
pub(super) unsafe extern "C" fn allocate<M: Machine>(
    machine: *mut c_void,
    block: *mut c_void,
    old_size: usize,
    new_size: usize,
) -> *mut c_void {
    // SAFETY: As the caller promises.
    unsafe { (*machine.cast::<M>()).resize(block, old_size, new_size) }
}

impl State {
    /// What the VM of this state begins with.
    #[inline]
    pub(crate) fn head(&self) -> &Head {
        // SAFETY: By the promise of `Machine` it is where the user data points to. By the type invariant
        // the state lives while it is borrowed, and so does the VM, which the calling thread executes.
        unsafe { &*sys::lunatik_userdata(self.as_raw()).cast::<Head>() }
    }

    /// The VM of this state.
    #[inline]
    pub(crate) fn machine<M: Machine>(&self) -> &M {
        // SAFETY: By the promise of `Machine` the user data is an `M`. By the type invariant the state
        // lives while it is borrowed, and so does the `M`, and the calling thread executes it.
        unsafe { &*sys::lunatik_userdata(self.as_raw()).cast::<M>() }
    }

    /// Whether the thread has a permission of `lua/port/permission.c`.
    ///
    /// # Safety
    ///
    /// The value must be null, or end with a zero.
    pub(crate) unsafe fn permits_for_c<M: Machine>(
        self,
        permission: c_int,
        value: *const c_char,
    ) -> bool {
        let permission = match permission as u32 {
            sys::LUNATIK_PERMISSION_ENV => Permission::Env,
            _ => Permission::Load,
        };
        // SAFETY: As the caller promises.
        let value = (!value.is_null()).then(|| unsafe { CStr::from_char_ptr(value).to_bytes() });
        M::permits(self, permission, value)
    }
}

/// CPU time as C's `clock_t`.
pub(crate) fn clock(us: u64) -> c_long {
    c_long::try_from(us).unwrap_or(c_long::MAX)
}

/// Defines the functions by which Lua's C code, and `stdio`, ask the [`Machine`] `$machine`.
#[macro_export]
macro_rules! machine {
    ($machine:ty) => {
        const _: () = {
            use ::core::ffi::{c_int, c_void};
            use ::kernel::ffi::{c_char, c_long};
            use $crate::{
                lua::{Deferred, Machine, State},
                sys::lua::lua_State, //
            };

            /// # Safety
            ///
            /// To be called by Lua, for the thread that runs. The value must end with a zero.
            #[no_mangle]
            unsafe extern "C" fn lunatik_permitted(
                state: *mut lua_State,
                permission: c_int,
                value: *const c_char,
            ) -> c_int {
                // SAFETY: As the caller promises, until this returns.
                unsafe { State::from_raw(state).permits_for_c::<$machine>(permission, value) }
                    .into()
            }

            /// # Safety
            ///
            /// To be called by Lua, for the thread that runs.
            #[no_mangle]
            unsafe extern "C" fn lunatik_bytecode_allowed_in(state: *mut lua_State) -> c_int {
                // SAFETY: As the caller promises, until this returns.
                <$machine>::allows_bytecode(unsafe { State::from_raw(state) }).into()
            }

            /// # Safety
            ///
            /// To be called by Lua, for the thread that runs.
            #[no_mangle]
            unsafe extern "C" fn lunatik_cpu_clock(state: *mut lua_State) -> c_long {
                // SAFETY: As the caller promises, until this returns.
                let state = unsafe { State::from_raw(state) };
                $crate::lua::clock(state.machine::<$machine>().cpu_us())
            }

            /// # Safety
            ///
            /// To be called by Lua, for the thread that runs. The text must be valid for reads.
            #[no_mangle]
            unsafe extern "C" fn lunatik_write(
                state: *mut lua_State,
                stream: c_int,
                text: *const u8,
                length: usize,
            ) {
                // SAFETY: As the caller promises, until this returns.
                let (state, text) = unsafe {
                    (
                        State::from_raw(state),
                        ::core::slice::from_raw_parts(text, length),
                    )
                };
                state.machine::<$machine>().output(stream, text);
            }

            /// # Safety
            ///
            /// To be called by Lua, for a `thread` that was just made.
            #[no_mangle]
            unsafe extern "C" fn lunatik_thread_made(
                creator: *mut lua_State,
                thread: *mut lua_State,
            ) {
                // SAFETY: As the caller promises.
                unsafe { $crate::lua::thread_made::<$machine>(creator, thread) };
            }

            /// # Safety
            ///
            /// To be called by Lua, for a coroutine that is about to be freed.
            #[no_mangle]
            unsafe extern "C" fn lunatik_thread_freed(thread: *mut lua_State) {
                // SAFETY: As the caller promises.
                unsafe { $crate::lua::thread_freed::<$machine>(thread) };
            }

            /// # Safety
            ///
            /// To be called by Lua, for the main thread, when all other threads are freed.
            #[no_mangle]
            unsafe extern "C" fn lunatik_state_closed(main: *mut lua_State) {
                // SAFETY: As the caller promises.
                unsafe { $crate::lua::thread_freed::<$machine>(main) };
            }

            /// Returns 0.
            ///
            /// # Safety
            ///
            /// `vm` is a VM that the calling thread executes. The text must be valid for reads.
            #[no_mangle]
            unsafe extern "C" fn lunatik_vm_output(
                vm: *mut c_void,
                stream: c_int,
                text: *const u8,
                length: usize,
            ) -> c_int {
                // SAFETY: As the caller promises.
                unsafe {
                    let text = ::core::slice::from_raw_parts(text, length);
                    (*vm.cast::<$machine>()).output(stream, text);
                }
                0
            }

            /// # Safety
            ///
            /// `vm` is a VM that the calling thread executes.
            #[no_mangle]
            unsafe extern "C" fn lunatik_vm_flush(vm: *mut c_void) {
                // SAFETY: As the caller promises.
                unsafe { (*vm.cast::<$machine>()).flush() };
            }

            /// # Safety
            ///
            /// `vm` is a VM that the calling thread executes.
            #[no_mangle]
            unsafe extern "C" fn lunatik_vm_set_immediate(
                vm: *mut c_void,
                stream: c_int,
                immediate: bool,
            ) {
                // SAFETY: As the caller promises.
                unsafe { (*vm.cast::<$machine>()).set_immediate(stream, immediate) };
            }

            /// Returns 0 or a negative error.
            ///
            /// # Safety
            ///
            /// `vm` is a VM that the calling thread executes.
            #[no_mangle]
            unsafe extern "C" fn lunatik_vm_may_use_files(vm: *mut c_void) -> c_int {
                // SAFETY: As the caller promises.
                match unsafe { (*vm.cast::<$machine>()).may_use_files() } {
                    Ok(()) => 0,
                    Err(error) => error.to_errno(),
                }
            }

            /// # Safety
            ///
            /// `vm` is a VM that the calling thread executes.
            #[no_mangle]
            unsafe extern "C" fn lunatik_slice_is_over(vm: *mut c_void) -> c_int {
                // SAFETY: As the caller promises.
                unsafe { (*vm.cast::<$machine>()).slice_is_over() }.into()
            }

            /// # Safety
            ///
            /// `vm` is a VM that the calling thread executes.
            #[no_mangle]
            unsafe extern "C" fn lunatik_vm_is_traced(vm: *mut c_void) -> c_int {
                // SAFETY: As the caller promises.
                unsafe { (*vm.cast::<$machine>()).is_traced() }.into()
            }

            /// # Safety
            ///
            /// `vm` is a VM that the calling thread executes, and `text` has `length` bytes.
            #[no_mangle]
            unsafe extern "C" fn lunatik_vm_traced(
                vm: *mut c_void,
                text: *const u8,
                length: usize,
            ) {
                // SAFETY: As the caller promises.
                unsafe {
                    let text = ::core::slice::from_raw_parts(text, length);
                    (*vm.cast::<$machine>()).traced(text);
                }
            }

            /// # Safety
            ///
            /// `vm` is a VM that the calling thread executes.
            #[no_mangle]
            unsafe extern "C" fn lunatik_vm_is_sampled(vm: *mut c_void) -> c_int {
                // SAFETY: As the caller promises.
                unsafe { (*vm.cast::<$machine>()).is_sampled() }.into()
            }

            /// # Safety
            ///
            /// To be called by Lua, for the thread that runs.
            #[no_mangle]
            unsafe extern "C" fn lunatik_vm_sample(state: *mut lua_State, at_instruction: c_int) {
                // SAFETY: As the caller promises, until this returns.
                let state = unsafe { State::from_raw(state) };
                <$machine>::sample(state, at_instruction != 0);
            }

            /// See `lua/port/lunatik_lua.h`.
            ///
            /// # Safety
            ///
            /// To be called by Lua, for the thread that runs. `function(argument)` must be sound on any
            /// thread, once, until this returns, and catch what it raises.
            #[no_mangle]
            unsafe extern "C" fn lunatik_hop(
                state: *mut lua_State,
                function: unsafe extern "C" fn(*mut c_void),
                argument: *mut c_void,
            ) -> c_int {
                // SAFETY: As the caller promises, until this returns.
                let (state, call) =
                    unsafe { (State::from_raw(state), Deferred::new(function, argument)) };
                state.machine::<$machine>().hop(call).into()
            }
        };
    };
}
