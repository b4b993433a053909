// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Executing a runtime of the pool, one slice at a time.

use core::ffi::c_int;
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
        at_end,
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
use crate::{
    linux::context::MaySleep,
    lua::{self, Error, ProgramEnd}, //
};

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
    /// Sets the program that it will run on the threads of `executor`. For the caller that has just
    /// made the runtime.
    pub(crate) fn set_program(
        &self,
        program: KBox<dyn Program>,
        executor: Arc<dyn Executor>,
    ) -> Result {
        let progress = Progress {
            program,
            chain: Chain::new()?,
            owner: None,
            phase: Phase::Loading,
            has_returned: false,
        };
        let progress = KBox::new(progress, GFP_KERNEL_ACCOUNT)?;
        // SAFETY: Nobody executes it.
        unsafe { *self.pooled().progress() = Some(progress) };
        // SAFETY: As above.
        unsafe { self.pooled().set_executor(executor) };
        Ok(())
    }

    /// Begins its program or goes on with it, until it leaves the calling thread.
    ///
    /// # Safety
    ///
    /// The caller must have the runtime, as a thread of the pool.
    pub(crate) unsafe fn run_slice(self: ArcBorrow<'_, Self>) -> Left {
        // SAFETY: As the caller promises.
        let left = unsafe { self.run_until_it_leaves() };
        if matches!(left, Left::Ended) {
            // SAFETY: As the caller promises.
            unsafe { self.pooled().drop_executor() };
        }
        left
    }

    /// See [`run_slice`](Self::run_slice).
    ///
    /// # Safety
    ///
    /// As there.
    #[inline(always)]
    unsafe fn run_until_it_leaves(self: ArcBorrow<'_, Self>) -> Left {
        // SAFETY: As the caller promises. It is the only such thread until this returns.
        let program = unsafe { self.pooled().progress() };
        let Some(progress) = program else {
            return Left::Ended;
        };
        self.pooled().begin_slice();
        let mut arguments = 0;
        let entered;
        if let Some(owner) = progress.owner.take().and_then(|owner| owner.resume(self)) {
            entered = Entered::of_owner(owner);
            self.life.unblock(progress.phase);
            self.meter.start();
        } else {
            match self.begin_program(progress) {
                Begun::Gone => {
                    *program = None;
                    // The runtime was told to stop. It still has a VM if no thread waited for its
                    // end.
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
                    entered = owner;
                    arguments = count;
                }
            }
        }
        let state = entered.state();
        let outcome = loop {
            // SAFETY: It is the main state, which only runs programs, one at a time. When a program
            // leaves its thread, no other chain enters the runtime: the program's chain keeps the
            // ownership.
            match unsafe { state.run_program(arguments) } {
                ProgramEnd::Left => {
                    let leaves = self.parking().take_leaves();
                    self.stop_slice(entered.vm());
                    // The ownership stays with the program's chain.
                    progress.owner = entered.suspend();
                    return match leaves {
                        Some(deadline) => {
                            self.meter.wait();
                            progress.phase = self.life.block();
                            Left::Waits(deadline)
                        }
                        None => Left::SliceOver,
                    };
                }
                ProgramEnd::Failed if at_end::has_exited(state) => break Ok(0),
                ProgramEnd::Failed => break Err(Error::Raised),
                ProgramEnd::Returned(results) if progress.has_returned => break Ok(results),
                ProgramEnd::Returned(results) => {
                    progress.has_returned = true;
                    arguments = 0;
                    match at_end::push(state) {
                        Ok(true) => (),
                        Ok(false) => break Ok(results),
                        Err(error) => break Err(error),
                    }
                }
            }
        };
        self.end_program(progress, entered, outcome);
        *program = None;
        Left::Ended
    }

    fn begin_program<'a>(self: ArcBorrow<'a, Self>, progress: &mut Progress) -> Begun<'a> {
        let Some(entered) = Self::acquire_for_program(self, &progress.chain) else {
            return Begun::Gone;
        };
        self.pooled().set_owned(true);
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

        let owner = Ownership::acquire(this, MaySleep::of_thread(), chain, || {
            if this.stop_requested() {
                Err(EnterError::Gone)
            } else {
                Ok(())
            }
        })
        .ok()?;
        this.entry.store(chain.count_entry(), Relaxed);
        let entered = Entered::of_owner(owner);
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
        self.stop_slice(entered.vm());
        if let Some(thread) = entered.vm().pool_thread() {
            // The VM goes away.
            thread.look_after_nothing();
        }
        self.pooled().set_owned(false);
        drop(entered);
    }

    fn stop_slice(&self, vm: &Vm) {
        match vm.pool_thread() {
            Some(thread) => self.meter.stop_slice(thread.account()),
            None => self.meter.stop(),
        }
        self.restore_priority();
    }

    /// The calling thread, which executes the runtime, waits while another thread executes it in
    /// its place. The pause lasts until [`continue_meter`](Self::continue_meter). `vm` is the
    /// runtime's own.
    pub(in super::super) fn pause_meter(&self, vm: &Vm) -> Paused {
        let paused = match vm.pool_thread() {
            Some(thread) if self.is_pooled_on(Task::current_raw()) => {
                self.meter.pause_slice(thread.account())
            }
            _ => self.meter.pause(),
        };
        self.restore_priority();
        paused
    }

    /// The calling thread executes the runtime again.
    pub(in super::super) fn continue_meter(&self, vm: &Vm, paused: Paused) {
        match vm.pool_thread() {
            Some(thread) if self.is_pooled_on(Task::current_raw()) => {
                self.meter.resume_slice(paused, thread.account());
            }
            _ => self.meter.resume(paused),
        }
    }

    /// Called every few milliseconds while a thread of the pool executes it, in a hard interrupt.
    /// `passed` is the time from one call to the next, in nanoseconds.
    ///
    /// # Safety
    ///
    /// That thread must wait for the end of this before it takes the VM away.
    pub(crate) unsafe fn tick_from_pool(&self, passed: u64) {
        if !self.pooled().is_owned() {
            // The runtime has not begun. A thread that stops it may be taking the VM away right
            // now.
            return;
        }
        // SAFETY: The thread's chain owns the runtime, and the caller promises that the thread does
        // not take the VM away meanwhile.
        if let Some(vm) = unsafe { self.vm.exposed() } {
            vm.look_up();
            // The meter knows which it was.
            self.look_after(vm, 0, passed);
        }
    }

    /// Whether its program has to leave its kernel thread because other runtimes wait for one. For
    /// the thread that executes `vm`, which is the runtime's own.
    pub(in super::super) fn is_slice_over(&self, vm: &Vm) -> bool {
        if !vm.context().may_sleep() || !self.pooled().is_slice_over() {
            return false;
        }
        if self.pooled().ask_to_leave() {
            // The program was told to leave before, and could not. So its thread gets a lower
            // priority.
            if let Some(thread) = vm.pool_thread() {
                thread.stand_back(self);
            }
        }
        true
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
    /// The function and this many arguments are on the stack.
    Runs(Entered<'a>, c_int),
}
