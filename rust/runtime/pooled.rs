// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The state of a runtime that runs on the threads of a pool.

use core::{
    cell::{Cell, UnsafeCell},
    ptr::{self, NonNull}, //
};
use kernel::{
    bindings::task_struct,
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Relaxed, Release},
        Arc,
        ArcBorrow, //
    },
    task::Task,
    time::{
        hrtimer::{
            AbsoluteHardMode,
            ArcHrTimerHandle,
            HrTimerCallback,
            HrTimerCallbackContext,
            HrTimerPointer,
            HrTimerRestart, //
        },
        Instant,
        Monotonic, //
    },
};

use super::{
    chain::{Chain, SuspendedOwner},
    executor::{Executor, ExecutorThread, Link, Program},
    instance::{Phase, Runtime},
    vm::Vm, //
};

/// The progress of a program.
pub(super) struct Progress {
    pub(super) program: KBox<dyn Program>,
    pub(super) chain: Arc<Chain>,
    /// The ownership of the runtime, when its program has begun and has left its thread.
    pub(super) owner: Option<SuspendedOwner>,
    /// The phase of the runtime when it left its thread.
    pub(super) phase: Phase,
    /// Whether its main function has returned, and what is called at the end runs.
    pub(super) has_returned: bool,
}

/// The part of a runtime that the pool needs.
///
/// Only the owner of the runtime may access the cells: the pool's thread that executes it or parks
/// it. See `parking.rs` for the rules of ownership.
pub(crate) struct Pooled {
    /// The link to the next runtime in a run queue.
    link: Link,
    /// The number of the only worker that may execute the runtime, plus one; 0 if all may.
    bound: Atomic<u32>,
    progress: UnsafeCell<Option<KBox<Progress>>>,
    /// Ends the present wait.
    timer: UnsafeCell<Option<ArcHrTimerHandle<Runtime>>>,
    /// The executor whose threads execute the runtime, from before it first enters a run queue until its
    /// program has ended.
    executor: UnsafeCell<Option<Arc<dyn Executor>>>,
    /// The number of the executor, plus one; 0 without one.
    context: Atomic<u32>,
    /// The thread that executes the runtime now, and its task; `None` and null while no thread
    /// does.
    thread: Cell<Option<NonNull<dyn ExecutorThread>>>,
    task: Atomic<*mut task_struct>,
    /// Whether its program must leave its thread because other runtimes wait for one.
    slice_over: Atomic<bool>,
    /// Whether the program was told so and still runs.
    asked_to_leave: Cell<bool>,
    /// Whether its program's chain owns the runtime, so that the VM stays.
    owned: Atomic<bool>,
}

// SAFETY: Only the owner accesses the cells, as the type's documentation says.
unsafe impl Send for Pooled {}
// SAFETY: As above.
unsafe impl Sync for Pooled {}

impl Pooled {
    pub(super) fn new() -> Self {
        Self {
            link: Link::new(),
            bound: Atomic::new(0),
            progress: UnsafeCell::new(None),
            timer: UnsafeCell::new(None),
            executor: UnsafeCell::new(None),
            context: Atomic::new(0),
            thread: Cell::new(None),
            task: Atomic::new(ptr::null_mut()),
            slice_over: Atomic::new(false),
            asked_to_leave: Cell::new(false),
            owned: Atomic::new(false),
        }
    }

    /// Its link in a run queue.
    pub(crate) fn link(&self) -> &Link {
        &self.link
    }

    /// Has only this worker of its executor execute it, with `None` all of them, when it next leaves
    /// its thread. Only for the thread that executes it, or before its program is started.
    pub(crate) fn bind(&self, worker: Option<u32>) {
        let bound = worker.map_or(0, |worker| worker.saturating_add(1));
        self.bound.store(bound, Relaxed);
    }

    /// The only worker that may execute it.
    pub(crate) fn bound(&self) -> Option<u32> {
        self.bound.load(Relaxed).checked_sub(1)
    }

    /// The progress of its program.
    ///
    /// # Safety
    ///
    /// The caller must own the runtime, and must not use two results at the same time.
    #[allow(clippy::mut_from_ref)]
    pub(super) unsafe fn progress(&self) -> &mut Option<KBox<Progress>> {
        // SAFETY: As the caller promises.
        unsafe { &mut *self.progress.get() }
    }

    /// The executor whose threads execute it; `None` if its callers' threads do, or after its end.
    ///
    /// # Safety
    ///
    /// The caller must own the runtime while it uses the result.
    pub(super) unsafe fn executor(&self) -> Option<&Arc<dyn Executor>> {
        // SAFETY: As the caller promises.
        unsafe { (*self.executor.get()).as_ref() }
    }

    /// Sets the executor whose threads execute it.
    ///
    /// # Safety
    ///
    /// The runtime must have been made just now, and nobody else may know it.
    pub(super) unsafe fn set_executor(&self, executor: Arc<dyn Executor>) {
        let context = executor.number().saturating_add(1);
        self.context.store(context, Relaxed);
        // SAFETY: As the caller promises.
        unsafe { *self.executor.get() = Some(executor) };
    }

    /// Its program has ended. From now on it does not keep the executor, also if it is remembered for long.
    ///
    /// # Safety
    ///
    /// The caller must own the runtime.
    pub(super) unsafe fn drop_executor(&self) {
        // SAFETY: As the caller promises. Nobody parks the runtime any more, so nobody wakes it.
        let executor = unsafe { (*self.executor.get()).take() };
        drop(executor);
    }

    /// The number of the executor whose threads execute it, or have until its end. In any context.
    pub(crate) fn context(&self) -> Option<u32> {
        self.context.load(Relaxed).checked_sub(1)
    }

    /// The thread of the executor that executes it now, if one does.
    ///
    /// `vm` is that of the runtime: it shows that the calling thread executes it, or does so for the thread
    /// that does.
    pub(super) fn thread<'a>(&'a self, _vm: &'a Vm) -> Option<&'a dyn ExecutorThread> {
        // SAFETY: What `set_thread()` has noted lives until it is taken back, which is after the thread has
        // left the VM.
        self.thread.get().map(|thread| unsafe { thread.as_ref() })
    }

    /// Stores that `thread`, which is the calling thread, executes it from now on.
    ///
    /// # Safety
    ///
    /// [`forget_thread`](Self::forget_thread) must be called before `thread` ceases to exist.
    pub(crate) unsafe fn set_thread(&self, thread: &'static dyn ExecutorThread) {
        self.thread.set(Some(NonNull::from(thread)));
        self.task.store(Task::current_raw(), Relaxed);
    }

    /// Stores that no thread executes it any more.
    pub(crate) fn forget_thread(&self) {
        self.thread.set(None);
        self.task.store(ptr::null_mut(), Relaxed);
    }

    /// Whether `task` is the pool's thread that executes it.
    pub(crate) fn is_executed_by(&self, task: *mut task_struct) -> bool {
        self.task.load(Relaxed) == task
    }

    /// Stores whether its program's chain owns it. Only for the thread that executes it.
    pub(super) fn set_owned(&self, owned: bool) {
        self.owned.store(owned, Release);
    }

    /// Whether its program's chain owns it.
    pub(super) fn is_owned(&self) -> bool {
        self.owned.load(Acquire)
    }

    /// Whether the thread that executes it is runnable but waits for a CPU. May be called in any
    /// context while the thread executes it.
    pub(crate) fn waits_for_cpu(&self) -> bool {
        /// `TASK_RUNNING`
        const RUNNABLE: u32 = 0;
        let task = self.task.load(Relaxed);
        // SAFETY: The thread executes the runtime, so it has not ended.
        unsafe {
            (&raw const (*task).on_cpu).read_volatile() == 0
                && (&raw const (*task).__state).read_volatile() == RUNNABLE
        }
    }

    /// Makes it leave its thread soon, if it can. May be called in any context.
    pub(crate) fn end_slice(&self) {
        self.slice_over.store(true, Release);
    }

    /// Whether it must leave its thread.
    pub(super) fn is_slice_over(&self) -> bool {
        self.slice_over.load(Acquire)
    }

    /// Stores that it was told to leave its thread. Returns whether it had been told before.
    pub(super) fn ask_to_leave(&self) -> bool {
        self.asked_to_leave.replace(true)
    }

    /// Starts a new slice.
    pub(super) fn begin_slice(&self) {
        self.asked_to_leave.set(false);
        self.slice_over.store(false, Relaxed);
    }
}

impl Runtime {
    /// Wakes the runtime at `at`, unless [`clear_timer`](Self::clear_timer) comes first.
    ///
    /// # Safety
    ///
    /// The caller must own the runtime, and no timer may be set.
    pub(crate) unsafe fn set_timer(self: ArcBorrow<'_, Self>, at: Instant<Monotonic>) {
        let handle = Arc::from(self).start(at);
        // SAFETY: As the caller promises.
        unsafe { *self.pooled().timer.get() = Some(handle) };
    }

    /// Cancels the timer of [`set_timer`](Self::set_timer).
    ///
    /// # Safety
    ///
    /// The caller must own the runtime.
    pub(crate) unsafe fn clear_timer(&self) {
        // SAFETY: As the caller promises.
        let handle = unsafe { (*self.pooled().timer.get()).take() };
        drop(handle);
    }
}

impl HrTimerCallback for Runtime {
    type Pointer<'a> = Arc<Self>;

    fn run(
        this: ArcBorrow<'_, Self>,
        _context: HrTimerCallbackContext<'_, Self>,
    ) -> HrTimerRestart {
        this.wake();
        HrTimerRestart::NoRestart
    }
}

kernel::impl_has_hr_timer! {
    impl HasHrTimer<Self> for Runtime {
        mode: AbsoluteHardMode<Monotonic>, field: self.timer
    }
}
