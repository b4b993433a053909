// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A runtime: one Lua virtual machine with a name, limits, a log and a life.
//!
//! Lock order: ownership (see `chain.rs`, held across Lua code), then any one of `details`, `sink`,
//! the log and the registry's locks, none of which is held across Lua code or within another.

use core::{
    cell::UnsafeCell,
    ffi::c_void,
    ops::Deref,
    ptr, //
};
use kernel::{
    new_condvar,
    new_mutex,
    new_spinlock,
    prelude::*,
    sync::{
        aref::ARef,
        atomic::{Acquire, Atomic, Full, Relaxed, Release},
        Arc,
        ArcBorrow,
        CondVar,
        CondVarTimeoutResult,
        Mutex,
        SpinLock, //
    },
    task::Task,
    time::{msecs_to_jiffies, Delta, Instant, Jiffies, Monotonic}, //
};

use super::{
    chain::{Chain, EnterError, Ownership},
    live,
    log::Log,
    registry,
    sink::{Sink, Stream},
    vm::Vm, //
};
use crate::{
    linux::{
        memcg::MemoryCgroup,
        watch::Watch, //
    },
    lua::State,
    sched::thread::Thread,
    sys::kernel_helpers as sys, //
};

/// Grace that a stop gives where the caller names none, in milliseconds.
pub(crate) const DEFAULT_GRACE_MS: u32 = 100;

/// How a runtime was started, and so who executes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// `run`: executed by whoever calls into it.
    Run,
    /// `spawn`: has a kernel thread.
    Spawn,
    /// `lunatik.runtime`: belongs to another runtime.
    Child,
    /// `eval` and `repl`: belongs to a session of the device.
    Eval,
}

impl Kind {
    /// The word that users see.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Spawn => "spawn",
            Self::Child => "child",
            Self::Eval => "eval",
        }
    }
}

/// Where a runtime is in its life.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(u32)]
pub(crate) enum Phase {
    /// Its script is being loaded and run for the first time.
    Loading,
    /// It waits to be called.
    Ready,
    /// It executes.
    Running,
    /// It executes, and waits for something.
    Blocked,
    /// It was told to stop.
    Stopping,
    /// It has ended well.
    Finished,
    /// It has ended with an error.
    Failed,
}

impl Phase {
    /// The word that users see.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Loading => "loading",
            Self::Ready => "ready",
            Self::Running => "running",
            Self::Blocked => "blocked",
            Self::Stopping => "stopping",
            Self::Finished => "finished",
            Self::Failed => "failed",
        }
    }

    fn from_raw(raw: u32) -> Self {
        match raw {
            0 => Self::Loading,
            1 => Self::Ready,
            2 => Self::Running,
            3 => Self::Blocked,
            4 => Self::Stopping,
            5 => Self::Finished,
            _ => Self::Failed,
        }
    }
}

/// What a new runtime needs to know.
pub(crate) struct Options<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) kind: Kind,
    /// Bytes of memory that it may use.
    pub(crate) memory: usize,
    pub(crate) memcg: MemoryCgroup,
}

/// An error with all that a user needs to find it.
pub(crate) struct Failure {
    /// What failed, as Lua says it.
    pub(crate) message: KVVec<u8>,
    /// Where; empty if there was no memory for it.
    pub(crate) traceback: KVVec<u8>,
}

struct Executing {
    task: ARef<Task>,
    cpu_at_entry: u64,
}

struct Details {
    executing: Option<Executing>,
    /// The kernel thread that runs its body now.
    thread: Option<Arc<Thread>>,
    /// The last error.
    failure: Option<Arc<Failure>>,
    /// The VM, for interrupts from other CPUs; null before it is made and while it is torn down.
    vm: *const Vm,
}

// SAFETY: The pointer is only used under the lock; see `Runtime::interrupt()`.
unsafe impl Send for Details {}

/// A runtime.
///
/// # Invariants
///
/// `vm` is only touched by whoever owns `ownership`.
#[pin_data]
pub(crate) struct Runtime {
    id: u64,
    name: KVec<u8>,
    kind: Kind,
    started: Instant<Monotonic>,
    memcg: MemoryCgroup,
    memory_limit: usize,
    phase: Atomic<u32>,
    /// Told to stop: waits end, and it cannot be entered any more.
    stop_requested: Atomic<bool>,
    /// Whether Lua code in it is being ended uncatchably.
    killed: Atomic<bool>,
    /// Whether the present call into it was given up: its waits end.
    cancelled: Atomic<bool>,
    /// Whether the call was given up because a runtime further up in its chain was.
    cancelled_from_above: Atomic<bool>,
    /// The number of the entry by which the present chain came; see [`Chain::count_entry`].
    entry: Atomic<u64>,
    /// Whether it ends when the chain that executes it leaves it. Only the owner touches this.
    ends_when_left: Atomic<bool>,
    /// Handles to it, in Lua or in tables.
    handles: Atomic<usize>,
    cpu_ns: Atomic<u64>,
    memory_used: Atomic<usize>,
    memory_peak: Atomic<usize>,
    /// Ends Lua code whose caller is killed, and finalizers that do not end. Only the owner uses it.
    watch: Watch,
    #[pin]
    ownership: Ownership,
    #[pin]
    details: SpinLock<Details>,
    #[pin]
    sleep_lock: SpinLock<()>,
    #[pin]
    sleep: CondVar,
    #[pin]
    sink: Mutex<Option<Arc<dyn Sink>>>,
    #[pin]
    log: Log,
    vm: UnsafeCell<Option<Pin<KBox<Vm>>>>,
}

// SAFETY: All fields but `vm` and the pointer in `details` are; these are guarded as the type
// invariants and the field say, and a VM belongs to no thread.
unsafe impl Send for Runtime {}
// SAFETY: As above.
unsafe impl Sync for Runtime {}

static NEXT_ID: Atomic<u64> = Atomic::new(1);

impl Runtime {
    /// Creates a runtime with an empty VM in which nothing has run yet. Sleeps.
    pub(crate) fn new(options: Options<'_>) -> Result<Arc<Self>> {
        let mut name = KVec::with_capacity(options.name.len(), GFP_KERNEL_ACCOUNT)?;
        name.extend_from_slice(options.name, GFP_KERNEL_ACCOUNT)?;
        let runtime = Arc::pin_init(
            pin_init!(Self {
                id: NEXT_ID.fetch_add(1, Relaxed),
                name,
                kind: options.kind,
                started: Instant::now(),
                memcg: options.memcg,
                memory_limit: options.memory,
                phase: Atomic::new(Phase::Loading as u32),
                stop_requested: Atomic::new(false),
                killed: Atomic::new(false),
                cancelled: Atomic::new(false),
                cancelled_from_above: Atomic::new(false),
                entry: Atomic::new(0),
                ends_when_left: Atomic::new(false),
                handles: Atomic::new(0),
                cpu_ns: Atomic::new(0),
                memory_used: Atomic::new(0),
                memory_peak: Atomic::new(0),
                watch: Watch::new(),
                ownership <- Ownership::new(),
                details <- new_spinlock!(Details {
                    executing: None,
                    thread: None,
                    failure: None,
                    vm: core::ptr::null(),
                }, "lunatik::Runtime::details"),
                sleep_lock <- new_spinlock!((), "lunatik::Runtime::sleep_lock"),
                sleep <- new_condvar!("lunatik::Runtime::sleep"),
                sink <- new_mutex!(None, "lunatik::Runtime::sink"),
                log <- Log::new(),
                vm: UnsafeCell::new(None),
            }),
            GFP_KERNEL,
        )?;
        let vm = Vm::new(&runtime, options.memory, runtime.memcg.clone())?;
        let pointer: *const Vm = &*vm;
        // SAFETY: Nobody else knows the runtime yet.
        unsafe { *runtime.vm.get() = Some(vm) };
        runtime.details.lock().vm = pointer;
        if let Err(error) = live::add(&runtime) {
            runtime.tear_down();
            return Err(error);
        }
        Ok(runtime)
    }

    /// A number that no other runtime has or had since the module was loaded.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// The name, without a trailing `.lua`.
    pub(crate) fn name(&self) -> &[u8] {
        &self.name
    }

    /// How it was started.
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// Who pays for its memory.
    pub(crate) fn memcg(&self) -> &MemoryCgroup {
        &self.memcg
    }

    /// Where it is in its life.
    pub(crate) fn phase(&self) -> Phase {
        Phase::from_raw(self.phase.load(Relaxed))
    }

    /// How long ago it was created.
    pub(crate) fn age(&self) -> Delta {
        self.started.elapsed()
    }

    /// Bytes of memory in use: now, at most so far, and allowed.
    pub(crate) fn memory(&self) -> (usize, usize, usize) {
        let details = self.details.lock();
        // SAFETY: While the lock is held, a VM that is not null stays; see `tear_down()`.
        let (used, peak) = match unsafe { details.vm.as_ref() } {
            Some(vm) => vm.memory(),
            None => (
                self.memory_used.load(Relaxed),
                self.memory_peak.load(Relaxed),
            ),
        };
        (used, peak, self.memory_limit)
    }

    /// CPU time used, in nanoseconds; what is being used right now is included.
    pub(crate) fn cpu_ns(&self) -> u64 {
        let details = self.details.lock();
        let current = details.executing.as_ref().map_or(0, |executing| {
            // SAFETY: The reference keeps the task alive.
            let now = unsafe { sys::lunatik_task_cpu_ns(executing.task.as_ptr()) };
            now.saturating_sub(executing.cpu_at_entry)
        });
        self.cpu_ns.load(Relaxed).saturating_add(current)
    }

    /// Adds CPU time that another thread spent for this runtime.
    pub(crate) fn add_cpu_ns(&self, ns: u64) {
        self.cpu_ns.fetch_add(ns as i64 as u64, Relaxed);
    }

    /// The last error.
    pub(crate) fn failure(&self) -> Option<Arc<Failure>> {
        self.details.lock().failure.clone()
    }

    /// Notes an error; the runtime will end as failed unless a later success is noted.
    pub(crate) fn set_failure(&self, failure: Option<Arc<Failure>>) {
        let former = core::mem::replace(&mut self.details.lock().failure, failure);
        // Frees memory, so after unlocking.
        drop(former);
    }

    /// The kernel thread that runs its body now.
    pub(crate) fn thread(&self) -> Option<Arc<Thread>> {
        self.details.lock().thread.clone()
    }

    /// Notes which thread runs its body. The thread takes this back when it ends.
    pub(crate) fn set_thread(&self, thread: Option<Arc<Thread>>) {
        let former = core::mem::replace(&mut self.details.lock().thread, thread);
        // Frees memory perhaps, so after unlocking.
        drop(former);
    }

    /// The log of what it prints.
    pub(crate) fn log(&self) -> &Log {
        &self.log
    }

    /// Sends what it prints to `sink`, and to the log again with `None`.
    pub(crate) fn set_sink(&self, sink: Option<Arc<dyn Sink>>) {
        let former = core::mem::replace(&mut *self.sink.lock(), sink);
        drop(former);
    }

    /// Takes what the script printed. Sleeps, while the reader is slow and the runtime is not
    /// told to stop.
    pub(crate) fn output(&self, stream: Stream, text: &[u8]) {
        let sink = self.sink.lock().clone();
        let taken = sink.is_some_and(|sink| sink.take(self, stream, text));
        if !taken {
            self.log.append(stream, text);
        }
    }

    pub(super) fn ownership(&self) -> &Ownership {
        &self.ownership
    }

    /// The chain that executes it now.
    pub(crate) fn executing_chain(&self) -> Option<Arc<Chain>> {
        self.ownership.owner()
    }

    /// Whether `task` has entered it and not left it.
    pub(crate) fn is_executed_by(&self, task: *mut kernel::bindings::task_struct) -> bool {
        let details = self.details.lock();
        details
            .executing
            .as_ref()
            .is_some_and(|executing| executing.task.as_ptr() == task)
    }

    /// Whether it was told to stop.
    pub(crate) fn stop_requested(&self) -> bool {
        self.stop_requested.load(Acquire)
    }

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

    /// Sleeps for `ms` milliseconds, or until the runtime is told to stop or a signal comes.
    /// Returns the milliseconds that were left.
    pub(crate) fn sleep(&self, ms: u32) -> u32 {
        let phase = self.phase.xchg(Phase::Blocked as u32, Relaxed);
        let mut jiffies: Jiffies = msecs_to_jiffies(ms);
        let mut guard = self.sleep_lock.lock();
        while !self.waits_end() && jiffies > 0 {
            match self.sleep.wait_interruptible_timeout(&mut guard, jiffies) {
                CondVarTimeoutResult::Timeout => jiffies = 0,
                CondVarTimeoutResult::Woken { jiffies: left } => jiffies = left,
                CondVarTimeoutResult::Signal { jiffies: left } => {
                    jiffies = left;
                    break;
                }
            }
        }
        drop(guard);
        self.phase.store(phase, Relaxed);
        // SAFETY: No conditions.
        unsafe { sys::lunatik_jiffies_to_msecs(jiffies) }
    }

    /// Ends the Lua code that runs in it now, uncatchably, but not the runtime.
    ///
    /// Lasts until [`clear_cancel`](Self::clear_cancel), which whoever entered calls.
    pub(crate) fn cancel(&self) {
        self.cancel_here();
        self.cancel_below();
    }

    fn cancel_here(&self) {
        self.cancelled.store(true, Release);
        self.interrupt();
        self.wake_waits();
    }

    /// Cancels the calls into other runtimes that the code of this one is in the midst of.
    fn cancel_below(&self) {
        let Some(chain) = self.ownership.owner() else {
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

    /// Makes the runtime usable after [`cancel`](Self::cancel). Returns whether there was one.
    pub(crate) fn clear_cancel(&self) -> bool {
        let was = self.cancelled.xchg(false, Full);
        let details = self.details.lock();
        // SAFETY: While the lock is held, a VM that is not null stays; see `tear_down()`.
        if let Some(vm) = unsafe { details.vm.as_ref() } {
            if !self.killed.load(Acquire) {
                vm.clear_interrupt();
            }
        }
        was
    }

    /// Whether waits of its Lua code are to end.
    pub(crate) fn waits_end(&self) -> bool {
        self.stop_requested() || self.cancelled.load(Acquire)
    }

    /// Whether its Lua code is being ended uncatchably.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.killed.load(Acquire) || self.cancelled.load(Acquire)
    }

    fn interrupt(&self) {
        let details = self.details.lock();
        // SAFETY: While the lock is held, a VM that is not null stays; see `tear_down()`.
        if let Some(vm) = unsafe { details.vm.as_ref() } {
            vm.interrupt();
        }
    }

    fn wake_waits(&self) {
        // The lock orders this after the check of a thread that goes to sleep.
        drop(self.sleep_lock.lock());
        self.sleep.notify_all();
        if let Some(sink) = self.sink.lock().clone() {
            sink.wake();
        }
        self.ownership.wake_owner();
    }

    /// Tells the runtime to stop: its waits end, and nobody enters it any more.
    pub(crate) fn request_stop(&self) {
        self.stop_requested.store(true, Release);
        self.mark_stopping();
        self.wake_waits();
    }

    fn mark_stopping(&self) {
        let phase = self.phase();
        if phase != Phase::Finished && phase != Phase::Failed {
            self.phase.store(Phase::Stopping as u32, Relaxed);
        }
    }

    /// Ends Lua code that runs in it, uncatchably.
    pub(crate) fn kill(&self) {
        self.killed.store(true, Release);
        self.request_stop();
        self.interrupt();
        self.cancel_below();
    }

    /// Stops the runtime and returns when it is gone, or when the caller got a signal.
    ///
    /// First its waits end and `thread.shouldstop()` is true; after `grace_ms` its Lua code is
    /// interrupted uncatchably. A chain that is inside the runtime cannot wait for its own end:
    /// then Lua is interrupted at once, and the runtime is gone when the chain has left it.
    pub(crate) fn stop(
        self: ArcBorrow<'_, Self>,
        chain: Option<&Arc<Chain>>,
        grace_ms: u32,
    ) -> Result {
        self.stop_for(chain, None, grace_ms)
    }

    /// As [`stop`](Self::stop), for the code of `caller`: when that is itself told to stop, the
    /// wait ends with `EINTR`. So two runtimes may stop each other.
    pub(crate) fn stop_for(
        self: ArcBorrow<'_, Self>,
        chain: Option<&Arc<Chain>>,
        caller: Option<&Runtime>,
        grace_ms: u32,
    ) -> Result {
        /// How often the caller's own end is looked for, in milliseconds.
        const LOOK_UP_MS: u32 = 10;

        self.request_stop();
        let inside = match (chain, self.ownership.owner()) {
            (Some(chain), Some(owner)) => Arc::ptr_eq(chain, &owner),
            _ => false,
        };
        if inside {
            self.kill();
            return Ok(());
        }
        let mut grace_left = grace_ms;
        loop {
            let slice = if grace_left == 0 {
                // An interrupt that lands while Lua enters a script's hook is lost, so it is sent
                // again and again.
                self.kill();
                LOOK_UP_MS
            } else {
                grace_left.min(LOOK_UP_MS)
            };
            grace_left = grace_left.saturating_sub(slice);
            if self
                .ownership
                .wait_released(msecs_to_jiffies(slice))
                .ok_or(EINTR)?
            {
                return self.finish(chain);
            }
            if caller.is_some_and(Runtime::waits_end) {
                return Err(EINTR);
            }
        }
    }

    /// Tears the VM down, if whoever left last has not.
    fn finish(self: ArcBorrow<'_, Self>, chain: Option<&Arc<Chain>>) -> Result {
        let own;
        let chain = match chain {
            Some(chain) => chain,
            None => {
                own = Chain::new()?;
                &own
            }
        };
        match Ownership::acquire(&self, chain, || Ok(())) {
            Ok(()) => {
                // Tears it down.
                drop(Entered { runtime: self });
                Ok(())
            }
            Err(EnterError::Deadlock) => Err(EDEADLK),
            Err(_) => Err(EINTR),
        }
    }

    /// Ends the runtime's life. Only its owner calls this.
    fn tear_down(&self) {
        // SAFETY: By the type invariants the owner may.
        if unsafe { (*self.vm.get()).is_none() } {
            return;
        }
        // SAFETY: As above. Taken only below, after Lua's finalizers have run, which may look at
        // the runtime.
        if let Some(vm) = unsafe { (*self.vm.get()).as_ref() } {
            // SAFETY: The runtime is pinned and its owner alone uses the watch; the VM outlives it.
            unsafe {
                self.watch.arm(
                    interrupt_vm,
                    wake_vm,
                    ptr::from_ref(&**vm).cast_mut().cast(),
                    DEFAULT_GRACE_MS,
                )
            };
            vm.run_finalizers();
            // SAFETY: It was armed above.
            unsafe { self.watch.disarm() };
        }
        // From here on nobody interrupts; there is no Lua code left to run.
        self.details.lock().vm = core::ptr::null();
        // SAFETY: As above.
        let vm = unsafe { (*self.vm.get()).take() };
        if let Some(vm) = vm {
            let (_, peak) = vm.memory();
            self.memory_peak.store(peak, Relaxed);
            drop(vm);
        }
        let phase = if self.details.lock().failure.is_some() {
            Phase::Failed
        } else {
            Phase::Finished
        };
        self.phase.store(phase as u32, Relaxed);
        self.set_sink(None);
        self.log.close();
        registry::ended(self);
        live::remove(self.id);
    }

    /// Notes one more handle.
    pub(super) fn add_handle(&self) {
        self.handles.fetch_add(1, Relaxed);
    }

    /// Notes that a handle is gone. Returns whether it was the last.
    pub(super) fn remove_handle(&self) -> bool {
        self.handles.fetch_sub(1, Full) == 1
    }
}

/// Makes the Lua code of a VM give way to other threads, for a [`Watch`].
///
/// # Safety
///
/// `vm` must be a VM that lives.
unsafe extern "C" fn wake_vm(vm: *mut c_void) {
    // SAFETY: As the caller promises.
    unsafe { (*vm.cast::<Vm>()).look_up() };
}

/// Ends the Lua code of a VM, for a [`Watch`].
///
/// # Safety
///
/// `vm` must be a VM that lives.
unsafe extern "C" fn interrupt_vm(vm: *mut c_void) {
    // SAFETY: As the caller promises.
    unsafe { (*vm.cast::<Vm>()).interrupt() };
}

/// The right to execute a runtime; dropping it gives it up.
pub(crate) struct Entered<'a> {
    runtime: ArcBorrow<'a, Runtime>,
}

impl Entered<'_> {
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
