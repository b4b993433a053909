// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! How a runtime ends, and how the Lua code in it is ended.

use kernel::{
    prelude::*,
    sync::{
        atomic::{Acquire, Full, Relaxed, Release},
        Arc,
        ArcBorrow, //
    },
    time::{msecs_to_jiffies, Instant, Monotonic}, //
};

use super::{
    super::{
        chain::{Chain, EnterError, Owner, Ownership},
        live,
        reaper,
        registry,
        totals, //
    },
    entered::Entered,
    owned_vm::drop_vm,
    visible_vm::VisibleVm,
    Runtime,
    DEFAULT_GRACE_MS, //
};
use crate::linux::{context::MaySleep, segment};

impl Runtime {
    /// Ends the Lua code that runs in it now, uncatchably, but not the runtime.
    ///
    /// Lasts until the thread that entered calls [`clear_cancel`](Self::clear_cancel).
    pub(crate) fn cancel(&self) {
        self.cancel_here();
        self.cancel_below();
        self.boost();
    }

    fn cancel_here(&self) {
        self.cancelled.store(true, Release);
        self.interrupt(DEFAULT_GRACE_MS);
        self.wake_waits();
    }

    /// The chain that executes it, if its code may be inside a call into another runtime.
    fn chain_below(&self) -> Option<Arc<Chain>> {
        let chain = self.ownership.owner()?;
        chain
            .has_entered_after(self.entry.load(Relaxed))
            .then_some(chain)
    }

    /// Cancels the calls into other runtimes that its code is inside of.
    fn cancel_below(&self) {
        // Most runtimes have called no other. A search through all runtimes for each of thousands
        // would take long.
        let Some(chain) = self.chain_below() else {
            return;
        };
        let entry = self.entry.load(Relaxed);
        let mut id = 0;
        while let Some(other) = live::next(id) {
            id = other.id;
            let below = other.entry.load(Relaxed) > entry;
            let owner = other.ownership.owner();
            if id != self.id && below && owner.is_some_and(|owner| Arc::ptr_eq(&owner, &chain)) {
                other.cancelled_from_above.store(true, Release);
                other.cancel_here();
            }
        }
    }

    /// Makes the runtime usable after [`cancel`](Self::cancel). Returns whether there was a cancel.
    pub(crate) fn clear_cancel(&self) -> bool {
        let was = self.cancelled.xchg(false, Full);
        self.clear_interrupt();
        was
    }

    /// Takes an interrupt back, unless it ends the runtime or the present call.
    pub(in super::super) fn clear_interrupt(&self) {
        let details = self.details.lock();
        if let Some(vm) = details.vm.get() {
            if !self.killed.load(Acquire) && !self.cancelled.load(Acquire) {
                self.interruption.clear(vm);
            }
        }
    }

    /// Whether its Lua code is being ended, or a stop has already ended all code but closing
    /// methods and finalizers.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.interruption.is_raised()
    }

    /// Whether waits of its Lua code have to end.
    pub(crate) fn waits_end(&self) -> bool {
        self.stop_requested() || self.cancelled.load(Acquire)
    }

    /// Whether its Lua code is being ended uncatchably, because the runtime is killed or the present
    /// call was given up.
    pub(crate) fn is_killed(&self) -> bool {
        self.killed.load(Acquire) || self.cancelled.load(Acquire)
    }

    pub(super) fn interrupt(&self, grace_ms: u32) {
        let below = self.chain_below();
        let details = self.details.lock();
        if let Some(vm) = details.vm.get() {
            self.interruption.raise(vm, grace_ms);
            // The code of the runtime below has not been told to end yet. Its thread, once boosted,
            // would take the CPU from the thread that has to cancel it.
            if below.is_none() {
                self.boost_locked(&details);
            }
        }
    }

    fn wake_waits(&self) {
        self.wake();
        if let Some(sink) = self.printer().sink.lock().clone() {
            sink.wake();
        }
        self.ownership.wake_owner();
    }

    /// Tells the runtime to stop: its waits end, and no chain enters it any more.
    pub(crate) fn request_stop(&self) {
        self.stop_requested.store(true, Release);
        self.life.stop();
        self.wake_waits();
        if let Some(hooked) = self.hooked() {
            hooked.as_arc_borrow().close();
        }
    }

    /// Ends the Lua code that runs in it, uncatchably. Closing methods and finalizers then get
    /// `grace_ms`.
    pub(crate) fn kill(&self, grace_ms: u32) {
        self.killed.store(true, Release);
        // This comes first, so that the end does not look like a failure.
        self.stop_requested.store(true, Release);
        self.interrupt(grace_ms);
        self.request_stop();
        self.cancel_below();
        self.boost();
    }

    /// Stops the runtime. Returns when it is gone, or when the caller got a signal.
    ///
    /// At first its waits end and `thread.shouldstop()` is true. After `grace_ms` its Lua code is
    /// interrupted uncatchably. Closing methods and finalizers get the same time again, 100 ms at
    /// least, and are then interrupted, too; with a `grace_ms` of 0 everything is interrupted at
    /// once. A chain that is inside the runtime cannot wait for its own end. In that case Lua is
    /// interrupted at once, and the runtime is gone when the chain has left it.
    pub(crate) fn stop(
        self: ArcBorrow<'_, Self>,
        chain: Option<&Arc<Chain>>,
        grace_ms: u32,
    ) -> Result {
        self.stop_for(chain, None, grace_ms)
    }

    /// As [`stop`](Self::stop), for the code of `caller`. If `caller` is itself told to stop, the
    /// wait ends with `EINTR`. So two runtimes may stop each other.
    pub(crate) fn stop_for(
        self: ArcBorrow<'_, Self>,
        chain: Option<&Arc<Chain>>,
        caller: Option<&Runtime>,
        grace_ms: u32,
    ) -> Result {
        let begun = Instant::<Monotonic>::now();
        let left = || {
            let passed = u32::try_from(begun.elapsed().as_millis()).unwrap_or(u32::MAX);
            grace_ms.saturating_sub(passed)
        };
        // A caller that gives no grace wants no tidying up either.
        let tidy_ms = match grace_ms {
            0 => 0,
            grace_ms => grace_ms.max(DEFAULT_GRACE_MS),
        };
        self.stop_until(chain, caller, left, tidy_ms)
    }

    /// As [`stop_for`](Self::stop_for), with a grace that may become shorter: `left` returns the
    /// rest of it, in milliseconds. Closing methods and finalizers get `tidy_ms`.
    pub(crate) fn stop_until(
        self: ArcBorrow<'_, Self>,
        chain: Option<&Arc<Chain>>,
        caller: Option<&Runtime>,
        left: impl Fn() -> u32,
        tidy_ms: u32,
    ) -> Result {
        /// How often the wait checks whether the caller itself has to end, in milliseconds.
        const LOOK_UP_MS: u32 = 10;

        if let Some(caller) = caller {
            caller.send_output();
        }
        let inside = match (chain, self.ownership.owner()) {
            (Some(chain), Some(owner)) => Arc::ptr_eq(chain, &owner),
            _ => false,
        };
        let may = MaySleep::of_thread();
        self.ended_waits.set_grace(tidy_ms);
        let asked = if inside {
            Ok(())
        } else {
            self.ask_children(may, caller, &left, tidy_ms)
        };
        self.request_stop();
        if inside {
            self.kill(DEFAULT_GRACE_MS);
            return Ok(());
        }
        asked?;
        loop {
            let slice = match left() {
                0 => {
                    // An interrupt that lands while Lua enters a script's hook is lost, so it is
                    // sent again and again.
                    self.kill(tidy_ms);
                    LOOK_UP_MS
                }
                left => left.min(LOOK_UP_MS),
            };
            if self
                .ownership
                .wait_released(may, msecs_to_jiffies(slice))
                .ok_or(EINTR)?
            {
                return self.finish(chain);
            }
            if let Some(caller) = caller.filter(|caller| caller.waits_end()) {
                caller.end_waiter();
                return Err(EINTR);
            }
        }
    }

    /// Tears the VM down, unless the last thread that left has done so.
    fn finish(self: ArcBorrow<'_, Self>, chain: Option<&Arc<Chain>>) -> Result {
        let own;
        let chain = match chain {
            Some(chain) => chain,
            None => {
                own = Chain::new()?;
                &own
            }
        };
        match Ownership::acquire(self, MaySleep::of_thread(), chain, || Ok(())) {
            Ok(owner) => {
                // Tears it down.
                drop(Entered::of_owner(owner));
                Ok(())
            }
            Err(EnterError::Deadlock) => Err(EDEADLK),
            Err(_) => Err(EINTR),
        }
    }
}

impl Owner<'_> {
    /// Ends the runtime's life.
    pub(super) fn tear_down(&mut self) {
        if self.vm().is_none() {
            return;
        }
        if segment::with_room(|| self.tear_down_here()).is_err() {
            // This happens only in a context that must not sleep, and nobody ends a runtime there.
            pr_warn!("a runtime was to be ended where one must not sleep\n");
        }
    }

    fn tear_down_here(&mut self) {
        let runtime = self.borrow();
        // The VM is taken only below, after Lua's finalizers have run: they may look at the
        // runtime.
        if let Some(vm) = self.vm() {
            let watch = runtime.watch.as_ref();
            // Code that exceeds the grace gets no more time for tidying up.
            watch.arm(self.borrow().into(), 0, runtime.tidy_ms());
            vm.state().run_finalizers();
            watch.disarm();
        }
        // From here on no thread interrupts the VM. There is no Lua code left to run.
        runtime.details.lock().vm = VisibleVm::none();
        runtime.end_profiles();
        if let Some(vm) = self.take_vm() {
            let (_, peak) = vm.exposed().memory();
            runtime.memory_peak.store(peak, Relaxed);
            drop_vm(Some(vm));
        }
        if let Some(hooked) = runtime.hooked() {
            hooked.abandon_plan();
        }
        // Before the phase changes: lists leave out a runtime whose phase is over.
        runtime.leave_place();
        let failed = runtime.details.lock().failure.is_some();
        runtime.life.end(failed);
        totals::count_end(runtime.kind, failed);
        runtime.set_sink(None);
        runtime.log.close();
        registry::ended(runtime);
        live::remove(runtime.id);
        // The parent's ends of the mailboxes went with the VM, so the workers know that it is gone.
        reaper::finish_all(runtime.children.close());
        let child = runtime.details.lock().child.take();
        if let Some(child) = child {
            child.parent.children.remove(runtime.id);
            child.parent.wake();
        }
    }
}
