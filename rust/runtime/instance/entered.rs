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
        atomic::{Full, Relaxed},
        Arc,
        ArcBorrow, //
    },
    task::Task, //
};

use super::{
    super::{
        chain::{Chain, EnterError, Ownership},
        vm::Vm, //
    },
    Executing,
    Phase,
    Runtime, //
};
use crate::{
    lua::State,
    sys::kernel_helpers as sys, //
};

impl Runtime {
    /// Makes `chain` the one that executes this runtime, waiting for its turn. Killable.
    ///
    /// `caller` is the runtime whose code asks, if any; its stop ends the wait.
    pub(crate) fn enter<'a>(
        self: ArcBorrow<'a, Self>,
        chain: &Arc<Chain>,
        caller: Option<&Runtime>,
    ) -> Result<Entered<'a>, EnterError> {
        Ownership::acquire(&self, chain, || {
            if self.stop_requested() {
                Err(EnterError::Gone)
            } else if caller.is_some_and(Runtime::waits_end) {
                Err(EnterError::Interrupted)
            } else {
                Ok(())
            }
        })?;
        self.entry.store(chain.count_entry(), Relaxed);
        let entered = Entered { runtime: self };
        // SAFETY: The ownership was just acquired.
        if unsafe { (*self.vm.get()).is_none() } {
            return Err(EnterError::Gone);
        }
        if self.phase() != Phase::Loading {
            self.phase.store(Phase::Running as u32, Relaxed);
        }
        let task: ARef<Task> = ARef::from(&**kernel::current!());
        // SAFETY: The reference keeps the task alive.
        let cpu_at_entry = unsafe { sys::lunatik_task_cpu_ns(task.as_ptr()) };
        let former = self
            .details
            .lock()
            .executing
            .replace(Executing { task, cpu_at_entry });
        drop(former);
        // SAFETY: The runtime is pinned, and its owner alone uses the watch, which is disarmed
        // when the owner leaves. The VM lives until then.
        unsafe {
            self.watch.arm(
                interrupt_vm,
                wake_vm,
                ptr::from_ref(entered.vm()).cast_mut().cast(),
                0,
            )
        };
        Ok(entered)
    }
}

/// Makes the Lua code of a VM give way to other threads, for a [`Watch`].
///
/// # Safety
///
/// `vm` must be a VM that lives.
pub(super) unsafe extern "C" fn wake_vm(vm: *mut c_void) {
    // SAFETY: As the caller promises.
    unsafe { (*vm.cast::<Vm>()).look_up() };
}

/// Ends the Lua code of a VM, for a [`Watch`].
///
/// # Safety
///
/// `vm` must be a VM that lives.
pub(super) unsafe extern "C" fn interrupt_vm(vm: *mut c_void) {
    // SAFETY: As the caller promises.
    unsafe { (*vm.cast::<Vm>()).interrupt() };
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

    /// The main state of the VM.
    pub(crate) fn state(&self) -> State {
        self.vm().state()
    }

    /// The VM.
    pub(crate) fn vm(&self) -> &Vm {
        // SAFETY: The owner may look, and `enter()` has seen that there is one. It is taken by
        // the owner alone, when this is dropped.
        match unsafe { (*self.runtime.vm.get()).as_ref() } {
            Some(vm) => vm,
            // SAFETY: As above.
            None => unsafe { core::hint::unreachable_unchecked() },
        }
    }

    /// The script has been loaded: from now on the runtime waits to be called.
    pub(crate) fn loaded(&self) {
        self.runtime.phase.store(Phase::Running as u32, Relaxed);
    }

    /// The runtime is to end when it is left.
    pub(crate) fn end_when_left(&self) {
        self.runtime.ends_when_left.store(true, Relaxed);
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
        let executing = runtime.details.lock().executing.take();
        if let Some(executing) = executing {
            // SAFETY: The reference keeps the task alive.
            let now = unsafe { sys::lunatik_task_cpu_ns(executing.task.as_ptr()) };
            runtime.add_cpu_ns(now.saturating_sub(executing.cpu_at_entry));
        }
        // SAFETY: `enter()` armed it, if anybody did.
        let caller_killed = unsafe { runtime.watch.disarm() };
        let from_above = runtime.cancelled_from_above.xchg(false, Full);
        if caller_killed || from_above {
            // The caller was killed, not the runtime: others may go on calling it.
            runtime.clear_cancel();
        }
        let chain = runtime.ownership.owner();
        if runtime.ends_when_left.load(Relaxed) {
            runtime.request_stop();
        }
        loop {
            let ended = runtime.stop_requested();
            if ended {
                runtime.tear_down();
            } else {
                runtime.phase.store(Phase::Ready as u32, Relaxed);
            }
            runtime.ownership.release();
            // A stop may have come after the check, from one who does not wait for the end. If
            // somebody else has entered by then, that one tears down.
            let late_stop = !ended && runtime.stop_requested();
            match &chain {
                Some(chain) if late_stop && Ownership::try_acquire(&runtime, chain) => (),
                _ => break,
            }
        }
    }
}
