// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Drainers, which run the runtimes of a run queue one after another.

use core::{
    cell::{Cell, UnsafeCell},
    ptr, //
};
use kernel::{
    bindings,
    new_work,
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Full, Relaxed, Release},
        Arc,
        ArcBorrow, //
    },
    task::Task,
    time::{
        hrtimer::{
            ArcHrTimerHandle,
            HrTimer,
            HrTimerCallback,
            HrTimerCallbackContext,
            HrTimerPointer,
            HrTimerRestart,
            RelativePinnedHardMode, //
        },
        Delta,
        Monotonic, //
    },
    workqueue::{impl_has_work, Work, WorkItem}, //
};

use super::{context::Context, Shared};
use crate::{
    linux::cpu,
    runtime::{
        executor::ExecutorThread,
        instance::{Left, Runtime},
        meter::Account, //
    },
    sys::kernel_helpers as sys, //
};

/// The period of the timer that checks a working drainer.
const TICK: Delta = Delta::from_millis(4);

/// The same, in nanoseconds.
const TICK_NS: u64 = 4_000_000;

/// Ticks without work after which the timer is stopped. Starting it costs more than running a
/// runtime for a moment.
const IDLE_TICKS: u32 = 4;

/// Set in [`Drainer::current`] while the timer's interrupt uses the runtime.
const LOOKED_AT: usize = 1;

/// A work item that runs the runtimes of a context.
///
/// # Invariants
///
/// `current` is null, or a runtime that the drainer's thread executes, perhaps with [`LOOKED_AT`].
/// With that mark, only the timer's interrupt changes it.
#[pin_data]
pub(super) struct Drainer {
    shared: &'static Shared,
    pub(super) context: &'static Context,
    /// The link of the list of idle drainers.
    pub(super) next_idle: Atomic<*mut Drainer>,
    /// Whether it holds the slot of the context.
    has_slot: Atomic<bool>,
    current: Atomic<*mut Runtime>,
    /// The CPU on which the timer ran last.
    timer_cpu: Atomic<u32>,
    /// The number of ticks in the present slice.
    ticks: Atomic<u32>,
    /// The number of those ticks at which its thread ran or slept.
    used_ticks: Atomic<u32>,
    idle_ticks: Atomic<u32>,
    /// Whether its thread has a low priority. Only its thread uses this.
    stands_back: Cell<bool>,
    ticking: Atomic<bool>,
    account: Account,
    #[pin]
    work: Work<Drainer>,
    #[pin]
    timer: HrTimer<Drainer>,
    /// Accessed by the drainer's thread, and when the pool is destroyed.
    running_timer: UnsafeCell<Option<ArcHrTimerHandle<Drainer>>>,
}

// SAFETY: Only the thread of the drainer accesses the account.
unsafe impl Send for Drainer {}
// SAFETY: As above.
unsafe impl Sync for Drainer {}

impl_has_work! {
    impl HasWork<Self> for Drainer { self.work }
}

kernel::impl_has_hr_timer! {
    impl HasHrTimer<Self> for Drainer {
        mode: RelativePinnedHardMode<Monotonic>, field: self.timer
    }
}

/// Returns a reference that is valid as long as the pool lives.
///
/// # Safety
///
/// The pool must live as long as the result is used.
unsafe fn as_static(drainer: &Drainer) -> &'static Drainer {
    // SAFETY: As the caller promises; the pool has a reference to each drainer.
    unsafe { &*ptr::from_ref(drainer) }
}

impl Drainer {
    pub(super) fn new(shared: &'static Shared, context: &'static Context) -> Result<Arc<Self>> {
        // INVARIANT: It executes nothing.
        Arc::pin_init(
            pin_init!(Self {
                shared,
                context,
                next_idle: Atomic::new(ptr::null_mut()),
                has_slot: Atomic::new(false),
                current: Atomic::new(ptr::null_mut()),
                timer_cpu: Atomic::new(0),
                ticks: Atomic::new(0),
                used_ticks: Atomic::new(0),
                idle_ticks: Atomic::new(0),
                stands_back: Cell::new(false),
                ticking: Atomic::new(false),
                account: Account::new(),
                work <- new_work!("lunatik::pool::Drainer"),
                timer <- HrTimer::new(),
                running_timer: UnsafeCell::new(None),
            }),
            GFP_KERNEL,
        )
    }

    /// Runs the queued runtimes. The slot must have been taken for this drainer.
    fn drain(&'static self) {
        self.has_slot.store(true, Relaxed);
        self.account.begin();
        loop {
            let Some(runtime) = self
                .context
                .next()
                .or_else(|| self.shared.steal(self.context))
            else {
                break;
            };
            self.run(runtime);
            if !self.has_slot.load(Acquire) && !self.take_slot_again() {
                return;
            }
            // SAFETY: No locks are held.
            unsafe { sys::lunatik_give_way() };
        }
        self.has_slot.store(false, Relaxed);
        // From here on, other code may queue this drainer again; it runs again after this function.
        self.context.add_idle(self);
        self.context.release_slot(self.shared);
    }

    /// Takes the slot again, which was passed on while this drainer was blocked. If another drainer
    /// holds it, becomes idle and returns false.
    fn take_slot_again(&'static self) -> bool {
        if self.context.take_slot() {
            self.has_slot.store(true, Relaxed);
            return true;
        }
        self.context.add_idle(self);
        false
    }

    /// Runs `runtime` until it leaves the thread.
    fn run(&'static self, runtime: Arc<Runtime>) {
        runtime.parking().set_running();
        // SAFETY: It was in the queue, so this thread owns it now, until the runtime is parked,
        // queued or dropped.
        unsafe { runtime.clear_timer() };
        let pooled = runtime.pooled();
        // SAFETY: The drainer lives as long as the pool, which the runtime refers to.
        unsafe { pooled.set_thread(self) };
        self.begin(&runtime);
        // SAFETY: As above.
        let left = unsafe { runtime.as_arc_borrow().run_slice() };
        self.detach();
        if self.stands_back.replace(false) {
            // SAFETY: It is the calling thread, and this restores its priority.
            unsafe { bindings::set_user_nice(Task::current_raw(), 0) };
        }
        pooled.forget_thread();
        match left {
            Left::Ended => (),
            Left::SliceOver => {
                runtime.parking().set_queued();
                self.shared.add_expired(self.context, runtime);
            }
            Left::Waits(deadline) => {
                if let Some(deadline) = deadline {
                    // SAFETY: As above.
                    unsafe { runtime.as_arc_borrow().set_timer(deadline) };
                }
                let raw = Arc::into_raw(runtime);
                // SAFETY: This function owns the reference until the runtime is parked; after that
                // its waker owns it.
                if !unsafe { (*raw).parking().park() } {
                    // SAFETY: The runtime was woken before it was parked, so this function still
                    // owns the reference.
                    let runtime = unsafe { Arc::from_raw(raw) };
                    runtime.parking().set_queued();
                    self.shared.add_again(self.context, runtime);
                }
            }
        }
    }

    /// Stores that the thread executes `runtime` from now on.
    fn begin(&'static self, runtime: &Runtime) {
        self.ticks.store(0, Relaxed);
        self.used_ticks.store(0, Relaxed);
        // INVARIANT: The caller executes it, and it was null.
        self.current
            .store(ptr::from_ref(runtime).cast_mut(), Release);
        // The timer and the thread were on another CPU while their own was offline.
        if !self.ticking.load(Relaxed) || self.timer_cpu.load(Relaxed) != cpu::current() {
            self.start_ticks();
        }
    }

    /// Whether its thread executes a runtime now and does not sleep in it.
    pub(super) fn is_busy(&self) -> bool {
        !self.current.load(Relaxed).is_null()
    }

    /// Must be called when the thread no longer executes the runtime, or when the runtime's VM is
    /// about to be freed. After this returns, the timer does not use the runtime.
    fn detach(&self) {
        loop {
            let current = self.current.load(Relaxed);
            if current.is_null() {
                return;
            }
            // INVARIANT: It was not marked, so it may change, and null is always valid.
            if current.addr() & LOOKED_AT == 0
                && self.current.cmpxchg(current, ptr::null_mut(), Full).is_ok()
            {
                return;
            }
            // The timer's interrupt uses the runtime, on another CPU that the timer was moved to.
            // That takes only a moment.
            core::hint::spin_loop();
        }
    }

    fn start_ticks(&'static self) {
        self.idle_ticks.store(0, Relaxed);
        self.timer_cpu.store(cpu::current(), Relaxed);
        self.ticking.store(true, Relaxed);
        // SAFETY: This is the drainer's thread.
        unsafe { self.stop_ticks() };
        let timer = self.this().start(TICK);
        // SAFETY: As above.
        unsafe { *self.running_timer.get() = Some(timer) };
    }

    /// Stops the timer.
    ///
    /// # Safety
    ///
    /// Only the drainer's thread may call this, or other code when that thread is gone.
    pub(super) unsafe fn stop_ticks(&self) {
        // SAFETY: As the caller promises.
        let timer = unsafe { (*self.running_timer.get()).take() };
        drop(timer);
    }

    /// Returns an owned reference.
    pub(super) fn this(&'static self) -> Arc<Self> {
        // SAFETY: All drainers are made in an `Arc`, and the pool has a reference as long as it
        // lives.
        unsafe { ArcBorrow::from_raw(self) }.into()
    }

    /// Passes the slot to an idle drainer, if there is one.
    fn give_slot_up(&self) {
        if self.context.has_idle() && self.has_slot.xchg(false, Full) {
            self.context.release_slot(self.shared);
        }
    }

    /// Checks the runtime that is executed. Runs in a hard interrupt on the drainer's CPU, or on
    /// any other CPU if that went offline.
    fn tick(&'static self) -> HrTimerRestart {
        self.timer_cpu.store(cpu::current(), Relaxed);
        let current = self.current.load(Acquire);
        if current.is_null() {
            let idle = self.idle_ticks.load(Relaxed).wrapping_add(1);
            self.idle_ticks.store(idle, Relaxed);
            if idle >= IDLE_TICKS {
                self.ticking.store(false, Release);
                return HrTimerRestart::NoRestart;
            }
            return HrTimerRestart::Restart;
        }
        self.idle_ticks.store(0, Relaxed);
        let looked_at = current.map_addr(|address| address | LOOKED_AT);
        // INVARIANT: It is the same runtime.
        if self.current.cmpxchg(current, looked_at, Full).is_ok() {
            // SAFETY: By the type invariants the thread executes it until the mark is gone.
            self.look_after(unsafe { &*current });
            // INVARIANT: It is the same runtime as before.
            self.current.store(current, Release);
        }
        HrTimerRestart::Restart
    }

    /// Checks `runtime`, which the drainer's thread executes meanwhile. Runs in a hard interrupt.
    fn look_after(&'static self, runtime: &Runtime) {
        // SAFETY: The thread detaches the runtime before it takes the VM away, which waits for this.
        unsafe { runtime.tick_from_pool(TICK_NS) };
        let ticks = self.ticks.load(Relaxed).wrapping_add(1);
        self.ticks.store(ticks, Relaxed);
        // A thread that waits for the CPU cannot leave its runtime. If that counted as computing,
        // the pool would add threads, and each of them would get even less of the CPU.
        let used = u32::from(!runtime.pooled().waits_for_cpu());
        let used = self.used_ticks.load(Relaxed).wrapping_add(used);
        self.used_ticks.store(used, Relaxed);
        if self.shared.backlog() > 0 {
            if ticks > 1 {
                runtime.pooled().end_slice();
            }
            if used > 3 {
                // The runtime cannot leave its thread, or has not left it yet. So another thread
                // continues the queue.
                self.shared.relieve(self.context);
                self.give_slot_up();
            }
            self.context.set_overdue();
            self.shared.kick_others(self.context);
        }
    }
}

impl ExecutorThread for Drainer {
    fn account(&self) -> &Account {
        &self.account
    }

    fn worker(&self) -> u32 {
        self.context.number
    }

    fn block(&self, runtime: &Runtime) -> Result {
        if self.has_slot.load(Acquire) {
            if !self.context.has_idle() {
                self.shared.add_drainer(self.context)?;
            }
            self.give_slot_up();
        }
        if runtime.pooled().is_executed_by(Task::current_raw()) {
            self.detach();
        }
        Ok(())
    }

    fn unblock(&self, runtime: &Runtime) {
        // If the code runs on a segment, the drainer's own thread waits elsewhere, and the timer
        // checks that thread already.
        if runtime.pooled().is_executed_by(Task::current_raw()) {
            // SAFETY: The pool lives while its thread executes a runtime.
            unsafe { as_static(self) }.begin(runtime);
        }
    }

    fn look_after_nothing(&self) {
        self.detach();
    }

    fn stand_back(&self, runtime: &Runtime) {
        /// The lowest priority: a 68th of the usual share.
        const NICE: kernel::ffi::c_long = 19;
        if self.stands_back.get() || !runtime.pooled().is_executed_by(Task::current_raw()) {
            return;
        }
        self.stands_back.set(true);
        // SAFETY: It is the calling thread.
        unsafe { bindings::set_user_nice(Task::current_raw(), NICE) };
    }
}

impl WorkItem for Drainer {
    type Pointer = Arc<Drainer>;

    fn run(this: Arc<Drainer>) {
        // SAFETY: Work items are queued only while the pool lives.
        unsafe { as_static(&this) }.drain();
    }
}

impl HrTimerCallback for Drainer {
    type Pointer<'a> = Arc<Self>;

    fn run(
        this: ArcBorrow<'_, Self>,
        mut context: HrTimerCallbackContext<'_, Self>,
    ) -> HrTimerRestart {
        // SAFETY: The timer is stopped before the pool is destroyed.
        let restart = unsafe { as_static(&this) }.tick();
        if restart == HrTimerRestart::Restart {
            context.forward_now(TICK);
        }
        restart
    }
}
