// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Threads of Lua (main threads and coroutines) that others may interrupt.
//!
//! A thread gets a record when it is first asked for its number. To interrupt a thread, the caller
//! sets the mode in its record and makes the VM attend; the thread does the rest itself, see
//! `lua/patches/0011-interrupt-threads.patch`. So interrupts cost nothing in a VM where no thread
//! is interrupted.
//!
//! Lock order: `Interruptible::thread` is a leaf.

use core::mem::offset_of;
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
    lua::{Record, State, ThreadPointer},
    sys::lua as sys, //
};

/// The most records that the threads of one VM may have at one time.
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

/// What is known about the VM of a thread, even when the VM is gone.
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

/// The record of a thread.
#[pin_data]
#[repr(C)]
pub(crate) struct Interruptible {
    /// The C type `struct lunatik_interruptible`: a [`Mode`]. Changed under the lock of `thread`,
    /// with one exception: the thread itself takes a mode that acts once, without the lock.
    mode: Atomic<i32>,
    id: u64,
    owner: Counted,
    #[pin]
    thread: SpinLock<ThreadPointer>,
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

    /// Interrupts the thread in `mode` from now on, in place of its former mode. Returns whether
    /// the thread still exists. May be called from any CPU and in atomic context; waits for nobody.
    pub(crate) fn interrupt(&self, mode: Mode) -> bool {
        let thread = self.thread.lock();
        if !thread.is_there() {
            return false;
        }
        // The exchange orders this store before the request for attention. The VM sees that request
        // before it reads the mode.
        self.mode.xchg(mode as i32, Full);
        thread.look_up();
        true
    }

    /// The number of `thread`, which gets a record if it has none.
    ///
    /// Fails with `ENOSPC` if the VM has too many, or with `ENOMEM`.
    pub(crate) fn id_of(thread: State) -> Result<u64> {
        if let Some(record) = thread.record::<Vm>() {
            return Ok(record.id);
        }
        let runtime = Vm::runtime_of(thread);
        let listing = runtime
            .memcg()
            .charge(|| Self::make(thread, Vm::interrupt_owner(thread)?))?;
        let id = listing.id;
        thread.set_record::<Vm>(listing)?;
        Ok(id)
    }

    fn make(thread: State, owner: Arc<Owner>) -> Result<Listing<Self>> {
        let records = owner.records.fetch_add(1, Relaxed);
        let owner = Counted(owner);
        if records >= MAX_PER_VM {
            return Err(ENOSPC);
        }
        // SAFETY: `id_of()` makes this the record of the thread, so `thread_freed()` is called
        // before the thread is freed; or `id_of()` drops the record at once.
        let pointer = unsafe { ThreadPointer::of(thread) };
        Listing::new(|id| {
            Arc::pin_init(
                pin_init!(Self {
                    mode: Atomic::new(Mode::Never as i32),
                    id,
                    owner,
                    thread <- new_spinlock!(pointer, "lunatik::Interruptible"),
                }),
                GFP_KERNEL_ACCOUNT,
            )
        })
    }
}

/// Counts one record, until this is dropped.
struct Counted(Arc<Owner>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.records.fetch_sub(1, Relaxed);
    }
}

// SAFETY: The mode is the first field of a `repr(C)` struct, and C uses no other field. A listing
// holds a reference to it.
unsafe impl Record for Listing<Interruptible> {
    type Shared = Interruptible;

    fn into_raw(self) -> *const Interruptible {
        Listing::into_raw(self)
    }

    unsafe fn from_raw(shared: *const Interruptible) -> Self {
        // SAFETY: As the caller promises.
        unsafe { Listing::from_raw(shared) }
    }

    fn thread_freed(self) {
        self.thread.lock().forget();
    }
}
