// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A Lua virtual machine: the state, its memory, and what C reaches from it.

use core::{
    cell::{Cell, OnceCell, RefCell, UnsafeCell},
    ffi::{c_int, c_void},
    marker::PhantomPinned,
    ptr, //
};
use kernel::{
    prelude::*,
    sync::{Arc, ArcBorrow, SetOnce},
};

use self::{attachments::Attachments, output::Unsent, segments::Segments};
use super::{
    heap::{Heap, Surroundings},
    instance::Runtime,
    interruptible::Owner,
    objects::Objects,
    parameters,
    permissions::{self, Held, MainPermissions}, //
};
use crate::{
    linux::{
        account::{Account, Charge},
        large::LargeBlocks,
        memcg::MemoryCgroup,
    },
    lua::{self, MainState, Reference, State},
    permission::Set,
    stdio::Streams,
    sys::lua as sys, //
};

pub(super) use crate::lua::Interrupt;

mod attachments;
mod directory;
mod large;
mod output;
mod segments;

/// What opens the modules in a new VM; see [`set_library`].
static LIBRARY: SetOnce<Open> = SetOnce::new();

/// Makes modules available to the code of a VM in which nothing has run.
pub(crate) type Open = fn(State) -> lua::Result<()>;

/// Has each VM that is made from now on offer what `open` makes available. To be called once.
pub(super) fn set_library(open: Open) {
    LIBRARY.populate(open);
}

/// A virtual machine. The allocator's user data of its Lua state points to it.
///
/// # Invariants
///
/// - `head` comes first: C finds it at the address of the VM.
/// - `state` has a state but while this is made, until this is dropped.
/// - `heap` is only touched by the thread that executes the VM, but for its counters.
#[repr(C)]
pub(crate) struct Vm {
    head: UnsafeCell<sys::lunatik_vm>,
    /// Where the heap's large blocks come from; waits until they are free when it is dropped,
    /// which is before the heap and its cgroup.
    large: LargeBlocks,
    heap: UnsafeCell<Heap>,
    state: MainState,
    /// The runtime that owns this VM, and so lives longer.
    runtime: *const Runtime,
    segments: Segments,
    /// What userdata refer to; dropped after the state, which refers to it until then. Only
    /// touched by the thread that executes the VM.
    objects: UnsafeCell<Objects>,
    /// Set before any Lua code runs.
    streams: UnsafeCell<Option<Pin<KBox<Streams>>>>,
    /// The main thread's; dropped after the state, as the whole is.
    permissions: MainPermissions,
    unsent: Unsent,
    /// The folder of the script, and what that counts.
    directory: OnceCell<(KVVec<u8>, Charge)>,
    body: Cell<Option<Reference>>,
    attachments: RefCell<Attachments>,
    _pin: PhantomPinned,
}

unsafe extern "C" fn allocate(
    vm: *mut c_void,
    block: *mut c_void,
    old_size: usize,
    new_size: usize,
) -> *mut c_void {
    // SAFETY: Lua passes the user data that `Vm::new()` gave it, from the thread that executes
    // the VM, which alone touches the heap.
    let (vm, heap) = unsafe {
        let vm = vm.cast::<Vm>();
        (&*vm, &mut *(*vm).heap.get())
    };
    // SAFETY: Lua frees and resizes what it allocated, once, and remembers the sizes.
    unsafe {
        heap.resize(
            block,
            old_size,
            new_size,
            &Surroundings {
                large: &vm.large,
                is_ended: &|| vm.is_ended(),
            },
        )
    }
}

impl Vm {
    /// Creates a VM for `runtime` with all libraries, that may use `memory` bytes.
    pub(super) fn new(
        runtime: &Arc<Runtime>,
        memory: usize,
        memcg: MemoryCgroup,
        account: Arc<Account>,
        permissions: Arc<Held>,
    ) -> Result<Pin<KBox<Self>>> {
        let streams_memcg = memcg.clone();
        // In place: it is large for a stack.
        let vm = KBox::try_init(
            try_init!(Self {
                head: UnsafeCell::new(sys::lunatik_vm {
                    error_number: 0,
                    streams: ptr::null_mut(),
                    warnings: 0,
                    denied: 0,
                    denied_second: 0,
                    waits_on: 0,
                    guarded: [None; 5],
                }),
                large: LargeBlocks::new(account.clone())?,
                heap: UnsafeCell::new(Heap::new(memory, memcg, account.clone())),
                state: MainState::none(),
                runtime: Arc::as_ptr(runtime),
                segments: Segments::none(),
                objects: UnsafeCell::new(Objects::new(&account)),
                streams: UnsafeCell::new(None),
                permissions: MainPermissions::new()?,
                unsent: Unsent::new(&account),
                directory: OnceCell::new(),
                body: Cell::new(None),
                attachments: RefCell::new(Attachments::new()),
                _pin: PhantomPinned,
            }? Error),
            GFP_KERNEL_ACCOUNT,
        )?;
        let vm = KBox::into_pin(vm);
        let user_data = ptr::from_ref(&*vm).cast_mut().cast::<c_void>();
        // SAFETY: Nobody else knows the VM yet. Its streams are a part of it, which its Lua code
        // alone uses.
        unsafe {
            let streams = Streams::new(user_data, streams_memcg, runtime.account().clone())?;
            (*vm.head.get()).streams = ptr::from_ref(&*streams).cast_mut().cast();
            *vm.streams.get() = Some(streams);
        }
        let seed = crate::linux::random::bits32();
        // SAFETY: The allocator does what Lua asks of one, the box does not move, and `drop()`
        // closes the state.
        unsafe { vm.state.open(Some(allocate), user_data, seed)? };
        // SAFETY: The state was just made; it is closed before the fields of the VM are dropped.
        unsafe { vm.permissions.give(vm.state.as_raw(), permissions) };
        vm.state().open_libraries()?;
        if let Some(open) = LIBRARY.as_ref() {
            open(vm.state()).map_err(|_| ENOMEM)?;
        }
        Ok(vm)
    }

    /// The VM of `state`.
    ///
    /// The result must not be used beyond the native function that was called with `state`.
    pub(super) fn of<'a>(state: State) -> &'a Self {
        // SAFETY: Each state's user data is its VM, which lives while the state does.
        unsafe { &*sys::lunatik_userdata(state.as_raw()).cast::<Self>() }
    }

    /// The main state. For whoever executes the VM.
    pub(crate) fn state(&self) -> State {
        // SAFETY: By the type invariants the state is alive, and the caller executes the VM.
        unsafe { State::from_raw(self.state.as_raw()) }
    }

    /// Bytes of memory in use, now and at most so far.
    pub(super) fn memory(&self) -> (usize, usize) {
        // SAFETY: These two only read counters that are atomic.
        let heap = unsafe { &*self.heap.get() };
        (heap.used() + self.large.given(), heap.peak())
    }

    /// The permissions of the main thread.
    ///
    /// The result must not be used beyond the native function that was called with `state`.
    pub(super) fn permissions_of_main<'a>(state: State) -> &'a MainPermissions {
        let vm = Self::of(state);
        &vm.permissions
    }

    /// The permissions of the main thread, if `state` is that and not a coroutine.
    pub(super) fn main_permissions<'a>(state: State) -> Option<&'a MainPermissions> {
        let vm = Self::of(state);
        vm.state.is(state).then_some(&vm.permissions)
    }

    /// Makes the `count`th allocation of the VM of `state` from now fail, and with `on` all later
    /// ones, too. For tests.
    pub(crate) fn fail_allocation(state: State, count: u64, on: bool) {
        let vm = Self::of(state);
        // SAFETY: The calling thread executes the VM, and the heap takes nothing meanwhile.
        unsafe { (*vm.heap.get()).fail_after(count, on) };
    }

    /// Ends the Lua code that runs in the VM, uncatchably. May be called from any CPU, while the
    /// VM lives.
    pub(super) fn interrupt(&self, interrupt: Interrupt) {
        self.state.interrupt(interrupt);
        self.large.wake();
    }

    /// Whether the Lua code that calls is being ended. For the thread that executes the VM.
    fn is_ended(&self) -> bool {
        self.state.is_ended()
    }

    /// The runtime that owns the VM.
    pub(super) fn runtime(&self) -> &Runtime {
        // SAFETY: The runtime owns the VM and so lives longer.
        unsafe { &*self.runtime }
    }

    /// Makes the Lua code that runs in the VM give way to other threads. As [`Self::interrupt`].
    pub(super) fn look_up(&self) {
        self.state.look_up();
    }

    /// Takes an interrupt back.
    pub(super) fn clear_interrupt(&self) {
        self.state.clear_interrupt();
    }

    /// Sets the function that the runtime runs when it is resumed, and returns the former one.
    pub(crate) fn replace_body(&self, body: Option<Reference>) -> Option<Reference> {
        self.body.replace(body)
    }

    /// The function that the runtime runs when it is resumed.
    pub(crate) fn body(&self) -> Option<Reference> {
        self.body.get()
    }

    /// Calls `with` with what userdata of `state`'s VM refer to. It must neither call Lua nor drop
    /// an object.
    pub(crate) fn with_objects<T>(state: State, with: impl FnOnce(&mut Objects) -> T) -> T {
        let vm = Self::of(state);
        // SAFETY: The caller executes the VM, and `with` comes to no code that would call this.
        with(unsafe { &mut *vm.objects.get() })
    }

    /// What is to be known of the VM of `state` by those who may interrupt its threads.
    pub(super) fn interrupt_owner(state: State) -> Result<Arc<Owner>> {
        Self::attachment_or(state, || Owner::new(&Self::runtime_of(state)))
    }

    /// Whether the native function that was called with `state` has left its thread to wait, and is
    /// called again.
    pub(super) fn waits_on(state: State) -> bool {
        let vm = Self::of(state);
        // SAFETY: The thread that executes the VM alone reads and writes the field.
        unsafe { (*vm.head.get()).waits_on != 0 }
    }

    /// The runtime that `state` belongs to.
    ///
    /// The result must not be used beyond the native function that was called with `state`.
    pub(crate) fn runtime_of<'a>(state: State) -> ArcBorrow<'a, Runtime> {
        let vm = Self::of(state);
        // SAFETY: The runtime owns the VM, was made by `Arc`, and lives while its code runs.
        unsafe { ArcBorrow::from_raw(vm.runtime) }
    }
}

impl Drop for Vm {
    fn drop(&mut self) {
        // SAFETY: Nobody else has the VM any more.
        unsafe { self.state.close() };
        self.send_output();
    }
}

/// Whether a thread may load binary chunks: not if its permissions are sealed, for they can do
/// anything.
///
/// # Safety
///
/// To be called by Lua, for the thread that runs.
#[no_mangle]
unsafe extern "C" fn lunatik_bytecode_allowed_in(state: *mut sys::lua_State) -> c_int {
    // SAFETY: As the caller promises.
    let state = unsafe { State::from_raw(state) };
    (parameters::bytecode() && !permissions::with(state, Set::is_sealed)).into()
}

/// Whether a VM may use files now: 0, or `-EINTR` when it was told to end.
///
/// # Safety
///
/// `vm` is a VM that lives.
#[no_mangle]
unsafe extern "C" fn lunatik_vm_may_use_files(vm: *mut c_void) -> c_int {
    // SAFETY: As the caller promises.
    if unsafe { (*vm.cast::<Vm>()).is_ended() } {
        EINTR.to_errno()
    } else {
        0
    }
}

/// Microseconds of CPU time that the VM of `state` has used.
///
/// # Safety
///
/// `state` is alive, and the calling thread executes its VM.
#[no_mangle]
unsafe extern "C" fn lunatik_cpu_clock(state: *mut sys::lua_State) -> kernel::ffi::c_long {
    /// Nanoseconds in a microsecond.
    const SCALE: u64 = 1000;
    // SAFETY: As the caller promises.
    let state = unsafe { State::from_raw(state) };
    kernel::ffi::c_long::try_from(Vm::runtime_of(state).cpu_ns() / SCALE)
        .unwrap_or(kernel::ffi::c_long::MAX)
}
