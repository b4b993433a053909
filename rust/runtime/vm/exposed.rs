// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The part of a VM that other CPUs reach, to interrupt it and to read its counters.

use core::ffi::c_void;
use kernel::{
    prelude::*,
    sync::{
        Arc,
        ArcBorrow, //
    },
};

use super::{
    super::{
        heap::{Heap, HeapCell, Surroundings},
        instance::Runtime,
        tracing::{Trace, Tracing}, //
    },
    Interrupt, //
};
use crate::{
    linux::{
        account::Account,
        context::Context,
        large::LargeBlocks,
        memcg::MemoryCgroup,
        segment::Waiting, //
    },
    lua::MainState,
};

/// The part of a VM that other CPUs reach.
///
/// # Invariants
///
/// - `runtime` owns the VM, was made by `Arc`, and so lives longer.
/// - Operations that only the thread that executes the VM may use are methods of [`Vm`](super::Vm),
///   to which no other thread has a reference.
pub(in super::super) struct Exposed {
    // Dropped in this order: closing the state frees its memory. Dropping the large blocks waits
    // until they are free, so they are free before their cgroup goes.
    pub(super) main: MainState,
    pub(super) large: LargeBlocks,
    pub(super) heap: HeapCell,
    /// The call that waits for a stack segment.
    pub(super) waiting: Waiting,
    /// Who asks for the traceback of the code that runs.
    pub(super) tracing: Tracing,
    runtime: *const Runtime,
}

// SAFETY: All functions of this type may be called from any CPU; the type invariants say who else
// uses the fields.
unsafe impl Sync for Exposed {}

impl Exposed {
    /// The exposed part of a VM of `runtime`. The VM has no state yet, and may use `memory` bytes.
    pub(super) fn new(
        runtime: &Arc<Runtime>,
        memory: usize,
        memcg: MemoryCgroup,
        account: Arc<Account>,
    ) -> Result<impl Init<Self>> {
        let large = LargeBlocks::new(account.clone())?;
        let runtime = Arc::as_ptr(runtime);
        // INVARIANT: The caller makes the VM for this runtime.
        Ok(init!(Self {
            main: MainState::none(),
            large,
            heap: HeapCell::new(Heap::new(memory, memcg, account)),
            waiting: Waiting::none(),
            tracing: Tracing::none(),
            runtime,
        }))
    }

    /// The main state.
    pub(in super::super) fn main(&self) -> &MainState {
        &self.main
    }

    /// The runtime that owns the VM.
    pub(in super::super) fn runtime(&self) -> ArcBorrow<'_, Runtime> {
        // SAFETY: By the type invariants.
        unsafe { ArcBorrow::from_raw(self.runtime) }
    }

    /// As [`runtime`](Self::runtime).
    pub(in super::super) fn owner(&self) -> &Runtime {
        // SAFETY: By the type invariants.
        unsafe { &*self.runtime }
    }

    /// The bytes of memory in use now, and the most so far.
    pub(in super::super) fn memory(&self) -> (usize, usize) {
        let (used, peak) = self.heap.usage();
        (used + self.large.given(), peak)
    }

    /// Ends the Lua code that runs in the VM, uncatchably.
    pub(in super::super) fn interrupt(&self, interrupt: Interrupt) {
        self.main.interrupt(interrupt);
        self.large.wake();
    }

    /// Ends the Lua code of a hook that takes too long; with `all`, its closing methods, too. In a hard
    /// interrupt.
    pub(in super::super) fn interrupt_over(&self, all: bool) {
        self.main.interrupt(if all {
            Interrupt::All
        } else {
            Interrupt::OverLimit
        });
    }

    /// Ends the Lua code of a hook, because its runtime is stopped. Does not sleep.
    pub(in super::super) fn interrupt_hook(&self) {
        self.main.interrupt(Interrupt::Code);
    }

    /// Takes an interrupt back.
    pub(in super::super) fn clear_interrupt(&self) {
        self.main.clear_interrupt();
    }

    /// Makes the Lua code that runs in the VM give way to other threads.
    pub(in super::super) fn look_up(&self) {
        self.main.look_up();
    }

    /// Asks for the traceback of the Lua code that runs in the VM. Returns the former request.
    pub(in super::super) fn ask_for_traceback(&self, trace: Arc<Trace>) -> Option<Arc<Trace>> {
        let former = self.tracing.ask(trace);
        self.main.look_up();
        former
    }

    /// Takes such a request back, and returns it.
    pub(in super::super) fn forget_traceback(&self, trace: &Arc<Trace>) -> Option<Arc<Trace>> {
        self.tracing.forget(trace)
    }

    /// Whether the Lua code that runs is being ended.
    pub(in super::super) fn is_ended(&self) -> bool {
        self.main.is_ended()
    }

    /// Helps Lua code that has to end while it waits for a stack segment. If it has no segment yet,
    /// it goes on on its old stack. If it has one, and the worker of the segment has not begun, the
    /// worker is boosted. To be called when the code has to end and no thread executes it. Returns
    /// whether it did. In process context; does not sleep.
    pub(in super::super) fn boost_waiting(&self) -> bool {
        self.waiting.boost()
    }

    /// See [`Machine::resize`](crate::lua::Machine::resize).
    ///
    /// # Safety
    ///
    /// The conditions of `Machine::resize`, on the thread that executes the VM.
    pub(super) unsafe fn resize(
        &self,
        block: *mut c_void,
        old_size: usize,
        new_size: usize,
        context: Context,
    ) -> *mut c_void {
        let around = Surroundings {
            large: &self.large,
            is_ended: &|| self.is_ended(),
            context,
        };
        // SAFETY: As the caller promises.
        unsafe { self.heap.resize(block, old_size, new_size, &around) }
    }
}
