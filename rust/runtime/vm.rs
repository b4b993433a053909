// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A Lua virtual machine: the state, its memory, and the data that C reaches from it.

use core::{
    cell::{Cell, OnceCell, RefCell},
    ffi::{c_int, c_void},
    marker::PhantomPinned,
    ops::Deref,
    ptr, //
};
use kernel::{
    prelude::*,
    sync::{Arc, ArcBorrow, SetOnce},
};

use self::{
    attachments::Attachments,
    output::Unsent,
    segments::Segments,
    subject::Subject, //
};
use super::{
    chain::Chain,
    directory::Listing,
    heap::Made,
    hooks::Outgoing,
    instance::Runtime,
    interruptible::{Interruptible, Owner},
    objects::Objects,
    parameters,
    permissions::{self, Held, Pledged}, //
};
use crate::{
    linux::{
        account::{Account, Charge},
        memcg::MemoryCgroup,
        random, //
    },
    lua::{self, Deferred, Head, Machine, MainState, Reference, State},
    permission::{Permission, Set},
    stdio::Streams, //
};

pub(super) use self::exposed::Exposed;
pub(super) use crate::lua::Interrupt;

mod atomic;
mod attachments;
mod directory;
mod exposed;
mod large;
mod output;
mod segments;
mod subject;

/// The function that opens the modules in a new VM; see [`set_library`].
static LIBRARY: SetOnce<Open> = SetOnce::new();

/// Makes modules available to the code of a VM in which nothing has run.
pub(crate) type Open = fn(State) -> lua::Result<()>;

/// Makes `open` the function that every new VM calls to make modules available. To be called once.
pub(super) fn set_library(open: Open) {
    LIBRARY.populate(open);
}

/// A virtual machine. Only the thread that executes it has a reference to it, or a second thread
/// that executes it for the first while that one waits. Other threads use [`Exposed`].
///
/// # Invariants
///
/// It has a main state from the end of `new()` until it is dropped.
#[repr(C)]
pub(crate) struct Vm {
    head: Head,
    exposed: Exposed,
    segments: Segments,
    /// The objects that userdata refer to. Dropped after the state, which refers to them until
    /// then.
    objects: RefCell<Objects>,
    /// Set before any Lua code runs.
    streams: OnceCell<Pin<KBox<Streams>>>,
    pub(super) pledged: Pledged,
    unsent: Unsent,
    /// The folder of the script, and its charge.
    directory: OnceCell<KBox<(KVVec<u8>, Charge)>>,
    body: Cell<Option<Reference>>,
    attachments: RefCell<Attachments>,
    subject: Subject,
    outgoing: Outgoing,
    _pin: PhantomPinned,
}

impl Vm {
    /// Creates a VM for `runtime`, with all libraries. The VM may use `memory` bytes.
    #[inline(never)]
    pub(super) fn new(
        runtime: &Arc<Runtime>,
        memory: usize,
        memcg: MemoryCgroup,
        account: Arc<Account>,
        permissions: Arc<Held>,
    ) -> Result<Pin<KBox<Self>>> {
        let (streams_memcg, streams_account) = (memcg.clone(), account.clone());
        // In place: it is large for a stack.
        let vm = KBox::try_init(
            try_init!(Self {
                head: Head::new(),
                exposed <- Exposed::new(runtime, memory, memcg, account.clone())?,
                segments: Segments::none(),
                objects: RefCell::new(Objects::new(&account)),
                streams: OnceCell::new(),
                pledged: Pledged::new()?,
                unsent: Unsent::new(&account),
                directory: OnceCell::new(),
                body: Cell::new(None),
                attachments: RefCell::new(Attachments::new()),
                subject: Subject::none(),
                outgoing: Outgoing::none(),
                _pin: PhantomPinned,
            }? Error),
            GFP_KERNEL_ACCOUNT,
        )?;
        let vm = KBox::into_pin(vm);
        let user_data = ptr::from_ref(&*vm).cast_mut().cast::<c_void>();
        // SAFETY: The streams are a part of this VM, and only its Lua code uses them.
        let streams = unsafe { Streams::new(user_data, streams_memcg, streams_account)? };
        let pointer = ptr::from_ref(&*streams).cast_mut().cast();
        // The cell is empty.
        let _ = vm.streams.set(streams);
        // SAFETY: These are the streams of this VM, and dropped after its state is closed.
        unsafe { vm.head.set_streams(pointer) };
        MainState::open(vm.as_ref(), random::bits32(), permissions)?;
        vm.state().open_libraries()?;
        if let Some(open) = LIBRARY.as_ref() {
            open(vm.state()).map_err(|_| ENOMEM)?;
        }
        Ok(vm)
    }

    /// The VM of `state`.
    pub(super) fn of(state: &State) -> &Self {
        state.machine()
    }

    /// The part of the VM that other CPUs reach.
    pub(super) fn exposed(&self) -> &Exposed {
        &self.exposed
    }

    /// What its code has sent in hooks.
    pub(super) fn outgoing(&self) -> &Outgoing {
        &self.outgoing
    }

    /// The chain that executes the VM of `state`. `None` while the VM is being made, when no chain
    /// executes it.
    pub(crate) fn chain(state: State) -> Option<Arc<Chain>> {
        let runtime = Self::runtime_of(state);
        // SAFETY: A thread that has a `State` executes the VM for the owner.
        unsafe { runtime.ownership().own() }
    }

    /// The main state.
    pub(crate) fn state(&self) -> State {
        match MainState::of(self) {
            Some(state) => state,
            // SAFETY: By the type invariants there is one: `new()` has returned.
            None => unsafe { core::hint::unreachable_unchecked() },
        }
    }

    /// Makes the `count`th allocation of the VM of `state` from now fail, and with `on` all later
    /// ones, too. For tests.
    pub(crate) fn fail_allocation(state: State, count: u64, on: bool) {
        Self::of(&state).exposed.heap.fail_after(count, on);
    }

    /// Limits the memory of the VM of `state` below its own limit; `None` takes that back. Returns the
    /// former limit of this kind.
    pub(crate) fn limit_heap(state: State, limit: Option<usize>) -> Option<usize> {
        Self::of(&state).exposed.heap.set_limit(limit)
    }

    /// How many objects the VM of `state` has made.
    pub(crate) fn made(state: State) -> Made {
        Self::of(&state).exposed.heap.made()
    }

    /// Whether the calling Lua code is being ended.
    fn is_ended(&self) -> bool {
        self.exposed.is_ended()
    }

    /// The runtime that owns the VM.
    pub(super) fn runtime(&self) -> ArcBorrow<'_, Runtime> {
        self.exposed.runtime()
    }

    /// Sets the function that the runtime runs when it is resumed, and returns the former one.
    pub(crate) fn replace_body(&self, body: Option<Reference>) -> Option<Reference> {
        self.body.replace(body)
    }

    /// The function that the runtime runs when it is resumed.
    pub(crate) fn body(&self) -> Option<Reference> {
        self.body.get()
    }

    /// Whether the VM of `state` has such a function.
    pub(crate) fn has_body(state: State) -> bool {
        Self::of(&state).body.get().is_some()
    }

    /// Calls `with` with the objects that userdata of `state`'s VM refer to. `None` if `with` calls
    /// this function again.
    pub(crate) fn with_objects<T>(state: State, with: impl FnOnce(&mut Objects) -> T) -> Option<T> {
        let mut objects = Self::of(&state).objects.try_borrow_mut().ok()?;
        Some(with(&mut objects))
    }

    /// What a thread that interrupts a Lua thread has to know about the VM of `state`.
    pub(super) fn interrupt_owner(state: State) -> Result<Arc<Owner>> {
        Self::attachment_or(state, || Owner::new(&Self::runtime_of(state)))
    }

    /// The runtime that `state` belongs to.
    pub(crate) fn runtime_of(state: State) -> RuntimeOf {
        RuntimeOf(state)
    }
}

/// A reference to the runtime of a state, valid as long as the state may be used.
#[derive(Clone, Copy)]
pub(crate) struct RuntimeOf(State);

impl Deref for RuntimeOf {
    type Target = Runtime;

    fn deref(&self) -> &Runtime {
        Vm::of(&self.0).exposed.owner()
    }
}

impl RuntimeOf {
    /// A reference to the runtime itself.
    pub(crate) fn borrow(&self) -> ArcBorrow<'_, Runtime> {
        Vm::of(&self.0).runtime()
    }
}

impl From<RuntimeOf> for Arc<Runtime> {
    fn from(runtime: RuntimeOf) -> Self {
        runtime.borrow().into()
    }
}

impl Drop for Vm {
    fn drop(&mut self) {
        self.exposed.main.close();
        self.send_output();
    }
}

// SAFETY: The head is the first field of a `repr(C)` struct. Cells make it not `Sync`. The data
// that `resize()` needs lies in `exposed`, after the main state. `machine!` is called below, and
// nowhere else.
unsafe impl Machine for Vm {
    type Permissions = Held;
    type Record = Listing<Interruptible>;

    fn main(&self) -> &MainState {
        &self.exposed.main
    }

    unsafe fn resize(&self, block: *mut c_void, old_size: usize, new_size: usize) -> *mut c_void {
        // SAFETY: As the caller promises; the reference shows that it executes the VM.
        unsafe {
            self.exposed
                .resize(block, old_size, new_size, self.head.context())
        }
    }

    fn permits(state: State, permission: Permission, value: Option<&[u8]>) -> bool {
        permissions::with(state, |set| set.allows(permission, value))
    }

    fn allows_bytecode(state: State) -> bool {
        // Not if its permissions are sealed: a binary chunk can do anything.
        parameters::bytecode() && !permissions::with(state, Set::is_sealed)
    }

    fn output(&self, stream: c_int, text: &[u8]) {
        self.take_output(stream, text);
    }

    fn flush(&self) {
        self.send_output();
    }

    fn set_immediate(&self, stream: c_int, immediate: bool) {
        self.send_immediately(stream, immediate);
    }

    fn may_use_files(&self) -> Result {
        if self.is_ended() {
            Err(EINTR)
        } else if !self.head.context().may_sleep() {
            Err(EAGAIN)
        } else {
            Ok(())
        }
    }

    fn cpu_us(&self) -> u64 {
        /// Nanoseconds in a microsecond.
        const SCALE: u64 = 1000;
        self.runtime().cpu_ns() / SCALE
    }

    fn slice_is_over(&self) -> bool {
        self.runtime().is_slice_over(self)
    }

    fn is_traced(&self) -> bool {
        self.exposed.tracing.is_asked()
    }

    fn traced(&self, text: &[u8]) {
        self.exposed.tracing.answer(text);
    }

    fn is_sampled(&self) -> bool {
        self.exposed.owner().is_sampled()
    }

    fn sample(state: State, at_instruction: bool) {
        Self::runtime_of(state).sample(state, at_instruction);
    }

    fn hop(&self, call: Deferred) -> bool {
        self.run_on_segment(|| call.run())
    }
}

crate::machine!(Vm);
