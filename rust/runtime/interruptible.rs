// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Threads of Lua, main ones and coroutines, that others may interrupt.
//!
//! A thread gets a record when it is first asked for its number. Whoever interrupts sets the mode
//! in the record and has the VM look up; all else is done by the thread itself, see
//! `lua/patches/0011-interrupt-threads.patch`. So a VM in which nobody is interrupted does nothing
//! for it.
//!
//! Lock order: `Interruptible::thread` is a leaf.

use core::{
    mem::offset_of,
    ptr, //
};
use kernel::{
    new_spinlock,
    prelude::*,
    sync::{
        atomic::{Atomic, Full, Relaxed},
        Arc,
        SpinLock, //
    },
};

use super::{
    directory::{Directory, Listed, Listing},
    instance::Runtime,
    vm::Vm, //
};
use crate::{
    lua::State,
    sys::lua as sys, //
};

/// Records that the threads of one VM may have at one time.
const MAX_PER_VM: usize = 65_536;

/// How a thread is interrupted.
#[derive(Clone, Copy)]
#[repr(u32)]
pub(crate) enum Mode {
    /// Not at all.
    Never = sys::lunatik_interrupt_mode_LUNATIK_NOT_INTERRUPTED,
    /// At its next operation.
    Once = sys::lunatik_interrupt_mode_LUNATIK_INTERRUPTED_ONCE,
    /// At each operation.
    Always = sys::lunatik_interrupt_mode_LUNATIK_INTERRUPTED_ALWAYS,
}

/// What is known of the VM of a thread, even when that is gone.
pub(crate) struct Owner {
    runtime: u64,
    name: KVec<u8>,
    /// Its records.
    records: Atomic<usize>,
}

impl Owner {
    /// Describes the VM of `runtime`.
    pub(super) fn new(runtime: &Runtime) -> Result<Arc<Self>> {
        let mut name =
            KVec::with_capacity(runtime.name().len(), GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        name.extend_from_slice(runtime.name(), GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        Ok(Arc::new(
            Self {
                runtime: runtime.id(),
                name,
                records: Atomic::new(0),
            },
            GFP_KERNEL_ACCOUNT,
        )?)
    }

    /// The number of the runtime.
    pub(crate) fn runtime(&self) -> u64 {
        self.runtime
    }

    /// The name of the runtime.
    pub(crate) fn name(&self) -> &[u8] {
        &self.name
    }
}

/// A pointer to a thread, or null.
struct Thread(*mut sys::lua_State);

// SAFETY: The pointer is only used under the lock around it; see `Interruptible::interrupt()`.
unsafe impl Send for Thread {}

/// The record of a thread.
///
/// # Invariants
///
/// The pointer in `thread` is null, or the thread is alive.
#[pin_data]
#[repr(C)]
pub(crate) struct Interruptible {
    /// The C type `struct lunatik_interruptible`: a [`Mode`]. Changed under the lock of `thread`,
    /// but for the thread itself, which takes what is for once without.
    mode: Atomic<i32>,
    id: u64,
    owner: Counted,
    #[pin]
    thread: SpinLock<Thread>,
}

const _: () = {
    assert!(offset_of!(Interruptible, mode) == 0);
    assert!(size_of::<Atomic<i32>>() == size_of::<sys::lunatik_interruptible>());
};

kernel::sync::global_lock! {
    // SAFETY: `init()` below is called by the module's `init()` before any runtime exists.
    unsafe(uninit) static DIRECTORY: SpinLock<Directory<Interruptible>> = Directory::new();
}

/// Prepares the directory of records.
///
/// # Safety
///
/// To be called once, before any runtime exists.
pub(super) unsafe fn init() {
    // SAFETY: As the caller promises.
    unsafe { DIRECTORY.init() };
    DIRECTORY.lock().init();
}

impl Listed for Interruptible {
    /// Each VM has a limit of its own.
    const LIMIT: usize = usize::MAX;

    fn id(&self) -> u64 {
        self.id
    }

    fn with_directory<R>(with: impl FnOnce(&mut Directory<Self>) -> R) -> Option<R> {
        Some(with(&mut DIRECTORY.lock()))
    }
}

impl Interruptible {
    /// The VM that the thread belongs or belonged to.
    pub(crate) fn owner(&self) -> &Owner {
        &self.owner.0
    }

    /// Has the thread be interrupted from now on like that, and not as before. Returns whether it
    /// still exists. From any CPU, in a context that may be atomic; waits for nobody.
    pub(crate) fn interrupt(&self, mode: Mode) -> bool {
        let thread = self.thread.lock();
        if thread.0.is_null() {
            return false;
        }
        // The exchange orders this before the VM looks up, which it does before it reads the mode.
        self.mode.xchg(mode as i32, Full);
        // SAFETY: By the type invariant the thread is alive, and so is its VM, while the lock is
        // held; the function stores a flag.
        unsafe { sys::lunatik_look_up(thread.0) };
        true
    }

    /// The number of `thread`, which gets a record if it has none.
    ///
    /// Fails with `ENOSPC` if the VM has too many, or with `ENOMEM`.
    pub(crate) fn id_of(thread: State) -> Result<u64> {
        // SAFETY: The thread is alive; only who executes the VM reads or changes the pointer.
        let slot = unsafe { sys::lunatik_interruptible(thread.as_raw()) };
        // SAFETY: As above; what it points to is a record, or it is null.
        if let Some(record) = unsafe { (*slot).cast::<Self>().as_ref() } {
            return Ok(record.id);
        }
        let runtime = Vm::runtime_of(thread);
        let listing = runtime
            .memcg()
            .charge(|| Self::make(thread, Vm::interrupt_owner(thread)?))?;
        let id = listing.id;
        // SAFETY: As above. The record is released by `thread_freed()`.
        unsafe { *slot = listing.into_raw().cast_mut().cast() };
        Ok(id)
    }

    fn make(thread: State, owner: Arc<Owner>) -> Result<Listing<Self>> {
        let records = owner.records.fetch_add(1, Relaxed);
        let owner = Counted(owner);
        if records >= MAX_PER_VM {
            return Err(ENOSPC);
        }
        Listing::new(|id| {
            // INVARIANT: The thread is alive; `thread_freed()` is called before it is not.
            Arc::pin_init(
                pin_init!(Self {
                    mode: Atomic::new(Mode::Never as i32),
                    id,
                    owner,
                    thread <- new_spinlock!(Thread(thread.as_raw()), "lunatik::Interruptible"),
                }),
                GFP_KERNEL_ACCOUNT,
            )
        })
    }
}

/// One record is counted, until this is dropped.
struct Counted(Arc<Owner>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.records.fetch_sub(1, Relaxed);
    }
}

/// Takes the record of a thread that is about to be freed: it cannot be interrupted any more.
///
/// # Safety
///
/// The thread must be alive still, and the calling thread be the one that executes its VM.
pub(super) unsafe fn thread_freed(thread: *mut sys::lua_State) {
    // SAFETY: As the caller promises; nobody else uses the pointer.
    let record: *mut Interruptible = unsafe {
        let slot = sys::lunatik_interruptible(thread);
        ptr::replace(slot, ptr::null_mut()).cast()
    };
    if record.is_null() {
        return;
    }
    // SAFETY: `id_of()` put it there, and it is not there any more.
    let listing = unsafe { Listing::from_raw(record) };
    // INVARIANT: Null now.
    listing.thread.lock().0 = ptr::null_mut();
}

/// Takes the record of the main thread of a VM that is being closed.
///
/// # Safety
///
/// To be called by Lua, when all other threads are freed.
#[no_mangle]
unsafe extern "C" fn lunatik_state_closed(main: *mut sys::lua_State) {
    // SAFETY: As the caller promises.
    unsafe { thread_freed(main) };
}
