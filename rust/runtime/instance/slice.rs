// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Executing a runtime of the pool, a slice at a time.

use core::{
    ffi::c_int,
    mem::ManuallyDrop, //
};
use kernel::{
    bindings::task_struct,
    prelude::*,
    sync::{
        atomic::Relaxed,
        Arc,
        ArcBorrow, //
    },
    task::Task, //
};

use super::{
    super::{
        chain::{Chain, Ownership},
        executor::{Executor, Program},
        meter::Paused,
        parking::Deadline,
        pooled::Progress,
        reaper,
        vm::Vm, //
    },
    Entered,
    Phase,
    Runtime, //
};
use crate::lua::{self, Error, ProgramEnd, State};

/// Why a runtime has left its thread.
pub(crate) enum Left {
    /// It has ended.
    Ended,
    /// Its slice of time is over.
    SliceOver,
    /// It waits: to be woken, or until then.
    Waits(Deadline),
}

impl Runtime {
    /// Notes what it is going to do, on the threads of `executor`. For who has just made it.
    pub(crate) fn set_program(
        &self,
        program: KBox<dyn Program>,
        executor: Arc<dyn Executor>,
    ) -> Result {
        let progress = Progress {
            program,
            chain: Chain::new()?,
            begun: false,
            phase: Phase::Loading,
        };
        let progress = KBox::new(progress, GFP_KERNEL_ACCOUNT)?;
        // SAFETY: Nobody executes it.
        unsafe { *self.pooled().progress() = Some(progress) };
        self.pooled().set_executor(executor);
        Ok(())
    }

    /// Begins its program or goes on with it, until it leaves the calling thread.
    ///
    /// # Safety
    ///
    /// The caller must have the runtime, as a thread of the pool.
    pub(crate) unsafe fn run_slice(self: ArcBorrow<'_, Self>) -> Left {
        // SAFETY: As the caller promises. It is the only one until this returns.
        let program = unsafe { self.pooled().progress() };
        let Some(progress) = program else {
            return Left::Ended;
        };
        self.pooled().begin_slice();
        let mut arguments = 0;
        // Left as it is when the program leaves the thread: the ownership stays with its chain.
        let entered;
        if progress.begun {
            entered = ManuallyDrop::new(Entered::of_owner(self));
            self.life.unblock(progress.phase);
            self.meter.start();
        } else {
            match self.begin_program(progress) {
                Begun::Gone => {
                    *program = None;
                    // It was told to stop, and has a VM still if nobody waited for it.
                    if self.stop(None, 0).is_err() {
                        reaper::finish(self.into());
                    }
                    return Left::Ended;
                }
                Begun::Failed(owner, error) => {
                    self.end_program(progress, owner, Err(error));
                    *program = None;
                    return Left::Ended;
                }
                Begun::Runs(owner, count) => {
                    entered = ManuallyDrop::new(owner);
                    arguments = count;
                }
            }
        }
        let state = entered.state();
        // SAFETY: It is the main state, which does nothing but run programs, one at a time. Where it
        // leaves, nobody else enters the runtime, for its chain keeps the ownership.
        let outcome = match unsafe { state.run_program(arguments) } {
            ProgramEnd::Left => {
                let leaves = self.parking().take_leaves();
                self.stop_slice(state);
                return match leaves {
                    Some(deadline) => {
                        self.meter.wait();
                        progress.phase = self.life.block();
                        Left::Waits(deadline)
                    }
                    None => Left::SliceOver,
                };
            }
            ProgramEnd::Returned(results) => Ok(results),
            ProgramEnd::Failed => Err(Error::Raised),
        };
        self.end_program(progress, ManuallyDrop::into_inner(entered), outcome);
        *program = None;
        Left::Ended
    }

    fn begin_program<'a>(self: ArcBorrow<'a, Self>, progress: &mut Progress) -> Begun<'a> {
        let Some(entered) = Self::acquire_for_program(self, &progress.chain) else {
            return Begun::Gone;
        };
        self.pooled().set_owned(true);
        progress.begun = true;
        self.meter.start();
        entered.waits_begin_stretches();
        match progress.program.begin(&entered) {
            Ok(count) => Begun::Runs(entered, count),
            Err(error) => Begun::Failed(entered, error),
        }
    }

    fn acquire_for_program<'a>(
        this: ArcBorrow<'a, Self>,
        chain: &Arc<Chain>,
    ) -> Option<Entered<'a>> {
        use super::super::chain::EnterError;

        Ownership::acquire(this, chain, || {
            if this.stop_requested() {
                Err(EnterError::Gone)
            } else {
                Ok(())
            }
        })
        .ok()?;
        this.entry.store(chain.count_entry(), Relaxed);
        let entered = Entered::of_owner(this);
        entered.has_vm().then_some(entered)
    }

    fn end_program(
        &self,
        progress: &mut Progress,
        entered: Entered<'_>,
        outcome: lua::Result<c_int>,
    ) {
        self.interruption.note_end();
        progress.program.end(&entered, outcome);
        entered.state().set_top(0);
        entered.end_when_left();
        self.stop_slice(entered.state());
        if let Some(thread) = Vm::pool_thread(entered.state()) {
            // The VM goes away.
            thread.look_after_nothing();
        }
        self.pooled().set_owned(false);
        drop(entered);
    }

    fn stop_slice(&self, state: State) {
        match Vm::pool_thread(state) {
            Some(thread) => self.meter.stop_slice(thread.account()),
            None => self.meter.stop(),
        }
        self.restore_priority();
    }

    /// The calling thread, which executes the runtime and `state` of it, waits until another one has
    /// done so for it, until [`continue_meter`](Self::continue_meter).
    pub(in super::super) fn pause_meter(&self, state: State) -> Paused {
        let paused = match Vm::pool_thread(state) {
            Some(thread) if self.is_pooled_on(Task::current_raw()) => {
                self.meter.pause_slice(thread.account())
            }
            _ => self.meter.pause(),
        };
        self.restore_priority();
        paused
    }

    /// The calling thread executes the runtime again.
    pub(in super::super) fn continue_meter(&self, state: State, paused: Paused) {
        match Vm::pool_thread(state) {
            Some(thread) if self.is_pooled_on(Task::current_raw()) => {
                self.meter.resume_slice(paused, thread.account());
            }
            _ => self.meter.resume(paused),
        }
    }

    /// Called every few milliseconds while a thread of the pool executes it, in a hard interrupt, which
    /// that thread waits for before it takes the VM away. `passed` is the time from one call to the
    /// next, in nanoseconds.
    pub(crate) fn tick_from_pool(&self, passed: u64) {
        if !self.pooled().is_owned() {
            // It has not begun: whoever stops it may be taking the VM away just now.
            return;
        }
        // SAFETY: The thread owns the runtime and does not take the VM away meanwhile.
        if let Some(vm) = unsafe { (*self.vm.get()).as_ref() } {
            vm.look_up();
            // The meter knows which it was.
            self.tick(vm, 0, passed);
        }
    }

    /// Whether `task` is a thread of the pool that executes it.
    pub(super) fn is_pooled_on(&self, task: *mut task_struct) -> bool {
        self.pooled().is_executed_by(task)
    }
}

enum Begun<'a> {
    /// It was stopped before it began.
    Gone,
    /// It could not begin.
    Failed(Entered<'a>, Error),
    /// Its function and so many arguments are on the stack.
    Runs(Entered<'a>, c_int),
}

/// Whether the program of a VM is to leave its kernel thread, for others wait for one.
///
/// # Safety
///
/// `vm` is a VM that lives, and the calling thread executes it.
#[no_mangle]
unsafe extern "C" fn lunatik_slice_is_over(vm: *mut core::ffi::c_void) -> c_int {
    // SAFETY: As the caller promises.
    let vm = unsafe { &*vm.cast::<Vm>() };
    let runtime = vm.runtime();
    if !runtime.pooled().is_slice_over() {
        return 0;
    }
    if runtime.pooled().ask_to_leave() {
        // It could not when it was asked before.
        if let Some(thread) = Vm::pool_thread(vm.state()) {
            thread.stand_back(runtime);
        }
    }
    1
}
