// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Executing a runtime.

use core::{
    ffi::c_void,
    ops::Deref,
    ptr, //
};
use kernel::{
    prelude::*,
    sync::{
        aref::ARef,
        atomic::{Acquire, Full, Relaxed, Release},
        Arc,
        ArcBorrow, //
    },
    task::Task, //
};

use super::{
    super::{
        chain::{Chain, EnterError, Ownership},
        execute,
        meter::Exceeded,
        vm::Vm, //
    },
    Executing,
    Runtime,
    DEFAULT_GRACE_MS, //
};
use crate::lua::State;

impl Runtime {
    /// Makes `chain` the one that executes this runtime, waiting for its turn. Killable.
    ///
    /// `caller` is the runtime whose code asks, if any; its stop ends the wait.
    pub(crate) fn enter<'a>(
        self: ArcBorrow<'a, Self>,
        chain: &Arc<Chain>,
        caller: Option<&Runtime>,
    ) -> Result<Entered<'a>, EnterError> {
        if let Some(caller) = caller {
            caller.send_output();
        }
        let acquired = Ownership::acquire(self, chain, || {
            if self.stop_requested() {
                Err(EnterError::Gone)
            } else if caller.is_some_and(Runtime::waits_end) {
                Err(EnterError::Interrupted)
            } else {
                Ok(())
            }
        });
        if let (Err(EnterError::Interrupted), Some(caller)) = (&acquired, caller) {
            caller.end_waiter();
        }
        acquired?;
        self.entry.store(chain.count_entry(), Relaxed);
        let entered = Entered { runtime: self };
        if !entered.has_vm() {
            return Err(EnterError::Gone);
        }
        self.life.enter();
        let task: ARef<Task> = ARef::from(&**kernel::current!());
        let former = self.details.lock().executing.replace(Executing { task });
        drop(former);
        self.meter.start();
        self.meter.begin_stretch(false);
        let above = caller.map_or(ptr::null_mut(), |caller| ptr::from_ref(caller).cast_mut());
        self.above.store(above, Release);
        // SAFETY: The runtime is pinned, and its owner alone uses the watch, which is disarmed
        // when the owner leaves. The VM lives until then.
        unsafe {
            self.watch.arm(
                interrupt_vm,
                tick_vm,
                ptr::from_ref(entered.vm()).cast_mut().cast(),
                0,
            )
        };
        Ok(entered)
    }
}

/// Looks after a VM whose code runs, for a [`Watch`]: has it give way to other threads, and ends
/// it when its time is over. `used` and `slept` are what the thread that executes it did since.
///
/// # Safety
///
/// `vm` must be a VM that lives.
pub(super) unsafe extern "C" fn tick_vm(vm: *mut c_void, used: u64, slept: u64) {
    // SAFETY: As the caller promises.
    let vm = unsafe { &*vm.cast::<Vm>() };
    vm.look_up();
    vm.runtime().tick(vm, used, slept);
}

/// Ends the Lua code of a VM, for a [`Watch`], but for what tidies up.
///
/// # Safety
///
/// `vm` must be a VM that lives.
pub(super) unsafe extern "C" fn interrupt_vm(vm: *mut c_void) {
    // SAFETY: As the caller promises.
    let vm = unsafe { &*vm.cast::<Vm>() };
    vm.runtime().interruption.raise(vm, DEFAULT_GRACE_MS);
}

/// Ends the Lua code of a VM, all of it, for a [`Watch`].
///
/// # Safety
///
/// `vm` must be a VM that lives.
pub(super) unsafe extern "C" fn end_vm(vm: *mut c_void) {
    // SAFETY: As the caller promises.
    let vm = unsafe { &*vm.cast::<Vm>() };
    vm.runtime().interruption.raise(vm, 0);
}

impl Runtime {
    /// Called every few milliseconds while it is executed, in a hard interrupt; see [`tick_vm`] for
    /// `used` and `slept`.
    pub(super) fn tick(&self, vm: &Vm, used: u64, slept: u64) {
        self.interruption.look(vm, used, slept);
        if self.meter.check() {
            self.interruption.raise_over_limit(vm, DEFAULT_GRACE_MS);
        }
        // SAFETY: While this runtime is executed, the one that has called it waits, and lives.
        if let Some(above) = unsafe { self.above.load(Acquire).as_ref() } {
            // Whoever ends it cancels this one, too, but may have to wait for a CPU before; and nobody does who ends
            // it for a limit.
            if above.interruption.is_raised() {
                self.cancelled_from_above.store(true, Release);
                self.cancelled.store(true, Release);
                self.interruption.raise(vm, DEFAULT_GRACE_MS);
            }
        }
    }
}

/// The right to execute a runtime; dropping it gives it up.
pub(crate) struct Entered<'a> {
    runtime: ArcBorrow<'a, Runtime>,
}

impl<'a> Entered<'a> {
    /// For whoever has acquired the ownership.
    pub(super) fn of_owner(runtime: ArcBorrow<'a, Runtime>) -> Self {
        Self { runtime }
    }

    fn vm_or_none(&self) -> Option<&Vm> {
        // SAFETY: The owner may look. It is taken by the owner alone, when this is dropped.
        unsafe { (*self.runtime.vm.get()).as_deref() }
    }

    /// Whether the runtime has not ended.
    pub(super) fn has_vm(&self) -> bool {
        self.vm_or_none().is_some()
    }

    /// The main state of the VM.
    pub(crate) fn state(&self) -> State {
        self.vm().state()
    }

    /// The VM.
    pub(crate) fn vm(&self) -> &Vm {
        match self.vm_or_none() {
            Some(vm) => vm,
            // SAFETY: `enter()` has seen that there is one, which stays until this is dropped.
            None => unsafe { core::hint::unreachable_unchecked() },
        }
    }

    /// The script's text has been compiled: from now on it runs.
    pub(crate) fn loaded(&self) {
        self.runtime.life.run();
        self.runtime.note_run();
    }

    /// The runtime is to end when it is left.
    pub(crate) fn end_when_left(&self) {
        self.runtime.ends_when_left.store(true, Relaxed);
    }

    /// A wait of its code begins a new stretch of CPU time.
    pub(crate) fn waits_begin_stretches(&self) {
        self.runtime.meter.begin_stretch(true);
    }

    /// Whether its code was ended because it used too much CPU time.
    pub(crate) fn is_over_limit(&self) -> bool {
        self.runtime.meter.exceeded() != Exceeded::Nothing
    }

    /// Whether somebody else told the runtime to stop.
    pub(crate) fn was_told(&self) -> bool {
        self.runtime.stop_requested()
    }
}

impl Deref for Entered<'_> {
    type Target = Runtime;

    fn deref(&self) -> &Runtime {
        &self.runtime
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        let runtime = self.runtime;
        runtime.interruption.note_end();
        // Before it is told to stop: then it waits for no reader.
        runtime.send_output();
        // SAFETY: `enter()` armed it, if anybody did.
        let caller_killed = unsafe { runtime.watch.disarm() };
        let executing = runtime.details.lock().executing.take();
        if executing.is_some() {
            runtime.meter.stop();
            runtime.restore_priority();
        }
        runtime.above.store(ptr::null_mut(), Release);
        drop(executing);
        let exceeded = runtime.meter.take_exceeded();
        if exceeded == Exceeded::Total {
            runtime.ends_when_left.store(true, Relaxed);
            if runtime.failure().is_none() {
                runtime.set_failure(Some(execute::or_no_memory(execute::over_limit())));
            }
        }
        let from_above = runtime.cancelled_from_above.xchg(false, Full);
        if caller_killed || from_above {
            // The caller was killed, not the runtime: others may go on calling it.
            runtime.clear_cancel();
        } else if exceeded != Exceeded::Nothing {
            runtime.clear_interrupt();
        }
        let chain = runtime.ownership.owner();
        loop {
            let was_kept = runtime.is_kept();
            if runtime.ends_when_left.load(Relaxed) || runtime.has_nothing_left() {
                runtime.request_stop();
            }
            let ended = runtime.stop_requested();
            if ended {
                runtime.tear_down();
            } else {
                runtime.life.leave();
            }
            runtime.ownership.release();
            // A stop may have come after the check, from one who does not wait for the end, or what
            // kept it has gone. If somebody else has entered by then, that one tears down.
            let lost_keep = was_kept && !runtime.is_kept();
            let late_end = !ended && (runtime.stop_requested() || lost_keep);
            match &chain {
                Some(chain) if late_end && Ownership::try_acquire(&runtime, chain) => (),
                _ => break,
            }
        }
    }
}
