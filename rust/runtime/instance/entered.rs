// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Executing a runtime.

use core::{
    mem::ManuallyDrop,
    ops::Deref,
    ptr, //
};
use kernel::{
    prelude::*,
    sync::{
        atomic::{Acquire, Full, Relaxed, Release},
        Arc,
        ArcBorrow, //
    },
};

use super::{
    super::{
        chain::{Chain, EnterError, Owner, Ownership, SuspendedOwner},
        execute,
        meter::Exceeded,
        vm::{Exposed, Vm}, //
    },
    executing::Executing,
    Runtime,
    DEFAULT_GRACE_MS, //
};
use crate::{
    linux::{context::MaySleep, watch::Watched},
    lua::State, //
};

impl Runtime {
    /// Makes `chain` the one that executes this runtime, waiting for its turn. Killable.
    ///
    /// `caller` is the runtime whose code asks, if any. Its stop ends the wait. It waits for the
    /// call into this runtime, so it lives until the result is dropped.
    pub(crate) fn enter<'a>(
        self: ArcBorrow<'a, Self>,
        may: MaySleep<'_>,
        chain: &Arc<Chain>,
        caller: Option<&'a Runtime>,
    ) -> Result<Entered<'a>, EnterError> {
        if let Some(caller) = caller {
            caller.send_output();
        }
        let acquired = Ownership::acquire(self, may, chain, || {
            if self.stop_requested() {
                Err(EnterError::Gone)
            } else if self.hooked().is_some_and(|hooked| hooked.is_sealed()) {
                Err(EnterError::Sealed)
            } else if caller.is_some_and(Runtime::waits_end) {
                Err(EnterError::Interrupted)
            } else {
                Ok(())
            }
        });
        if let (Err(EnterError::Interrupted), Some(caller)) = (&acquired, caller) {
            caller.end_waiter();
        }
        let owner = acquired?;
        self.entry.store(chain.count_entry(), Relaxed);
        let entered = Entered::of_owner(owner);
        if !entered.has_vm() {
            return Err(EnterError::Gone);
        }
        self.life.enter();
        let former = self.details.lock().executing.replace(Executing::begin());
        drop(former);
        self.meter.start();
        self.meter.begin_stretch(false);
        let above = caller.map_or(ptr::null_mut(), |caller| ptr::from_ref(caller).cast_mut());
        // INVARIANT: The lifetime of the result shows that `caller` lives.
        self.above.store(above, Release);
        self.watch.as_ref().arm(self.into(), DEFAULT_GRACE_MS, 0);
        Ok(entered)
    }
}

impl Watched for Runtime {
    fn tick(&self, used: u64, slept: u64) {
        self.with_watched(|vm| {
            vm.look_up();
            self.look_after(vm, used, slept);
        });
    }

    /// Ends the Lua code that is executed. Closing methods and finalizers get `grace_ms`.
    fn fire(&self, grace_ms: u32) {
        self.with_watched(|vm| self.interruption.raise(vm, grace_ms));
    }
}

impl Runtime {
    /// Calls `with` with the VM, for the watch.
    fn with_watched(&self, with: impl FnOnce(&Exposed)) {
        // SAFETY: The watch is armed. A thread that takes the VM away disarms the watch first,
        // which waits for this function.
        if let Some(vm) = unsafe { self.vm.exposed() } {
            with(vm);
        }
    }

    /// Called every few milliseconds while it is executed, in a hard interrupt; see
    /// [`Watched::tick`] for `used` and `slept`.
    pub(super) fn look_after(&self, vm: &Exposed, used: u64, slept: u64) {
        self.interruption.look(vm, used, slept);
        if self.meter.check() {
            self.interruption.raise_over_limit(vm, DEFAULT_GRACE_MS);
        }
        // A thread that ends the calling code cancels this call, too, but it may have to wait for a
        // CPU before. And an end for a limit does not cancel this call at all.
        if self.is_interrupted_above() {
            self.cancelled_from_above.store(true, Release);
            self.cancelled.store(true, Release);
            self.interruption.raise(vm, DEFAULT_GRACE_MS);
        }
    }

    /// Whether the code that waits for the present call into this runtime is being ended. To be
    /// called while the runtime is executed, in any context.
    pub(super) fn is_interrupted_above(&self) -> bool {
        // SAFETY: By the type invariant it is null, or that runtime lives.
        let above = unsafe { self.above.load(Acquire).as_ref() };
        above.is_some_and(|above| above.interruption.is_raised())
    }
}

/// The right to execute a runtime. Dropping it gives the right up.
pub(crate) struct Entered<'a> {
    runtime: ArcBorrow<'a, Runtime>,
    /// There until this is dropped.
    owner: Option<Owner<'a>>,
}

impl<'a> Entered<'a> {
    /// For who has acquired the ownership.
    pub(super) fn of_owner(owner: Owner<'a>) -> Self {
        Self {
            runtime: owner.borrow(),
            owner: Some(owner),
        }
    }

    /// The program has left the thread. It is not executed until it goes on by
    /// [`of_owner`](Self::of_owner).
    pub(super) fn suspend(self) -> Option<SuspendedOwner> {
        Some(ManuallyDrop::new(self).owner.take()?.suspend())
    }

    /// Gives the ownership to `chain`: the one that has loaded the runtime goes its own way.
    pub(in super::super) fn hand_over(&self, chain: &Arc<Chain>) {
        if let Some(owner) = &self.owner {
            owner.hand_over(chain);
        }
    }

    /// Gives up executing a runtime that from now on only hooks execute. The ownership stays with its chain.
    pub(in super::super) fn suspend_sealed(self) -> Option<SuspendedOwner> {
        self.stop_executing();
        self.life.leave();
        self.suspend()
    }

    /// Goes on with a runtime that hooks have executed, to leave it.
    pub(in super::super) fn resume_sealed(
        runtime: ArcBorrow<'a, Runtime>,
        owner: SuspendedOwner,
    ) -> Option<Self> {
        let entered = Self::of_owner(owner.resume(runtime)?);
        entered.has_vm().then_some(entered)
    }

    /// A reference to the runtime.
    pub(crate) fn to_arc(&self) -> Arc<Runtime> {
        self.runtime.into()
    }

    fn vm_or_none(&self) -> Option<&Vm> {
        self.owner.as_ref()?.vm()
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
            // SAFETY: A caller that makes this value to execute the runtime has checked `has_vm()`;
            // other callers only drop it. The VM stays until then.
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

    /// Whether another thread told the runtime to stop.
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

impl Entered<'_> {
    /// The calling thread executes the runtime no longer.
    fn stop_executing(&self) {
        let runtime = self.runtime;
        runtime.interruption.note_end();
        // Output is sent before the runtime is told to stop: after that it waits for no reader.
        runtime.send_output();
        let caller_killed = runtime.watch.disarm();
        let executing = runtime.details.lock().executing.take();
        if executing.is_some() {
            runtime.meter.stop();
            runtime.restore_priority();
        }
        drop(executing);
        runtime.above.store(ptr::null_mut(), Release);
        let exceeded = runtime.meter.take_exceeded();
        if exceeded == Exceeded::Total {
            runtime.ends_when_left.store(true, Relaxed);
            if runtime.failure().is_none() {
                runtime.set_failure(Some(execute::or_no_memory(execute::over_limit())));
            }
        }
        let from_above = runtime.cancelled_from_above.xchg(false, Full);
        if caller_killed || from_above {
            // The caller was killed, not the runtime. Others may go on calling the runtime.
            runtime.clear_cancel();
        } else if exceeded != Exceeded::Nothing {
            runtime.clear_interrupt();
        }
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.stop_executing();
        let runtime = self.runtime;
        let mut next = self.owner.take();
        while let Some(mut owner) = next.take() {
            let was_kept = runtime.is_kept();
            if runtime.ends_when_left.load(Relaxed) || owner.has_nothing_left() {
                runtime.end_by_itself();
            }
            let ended = runtime.stop_requested();
            if ended {
                owner.tear_down();
            } else {
                runtime.life.leave();
            }
            let chain = owner.release();
            // After the check, a thread may have stopped the runtime without waiting for its end,
            // or the last `Keep` may have gone. If another thread has entered by then, that thread
            // tears the runtime down.
            let lost_keep = was_kept && !runtime.is_kept();
            let late_end = !ended && (runtime.stop_requested() || lost_keep);
            if let Some(chain) = chain.filter(|_| late_end) {
                next = Ownership::try_acquire(runtime, &chain);
            }
        }
    }
}
