// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The pool: many runtimes on few threads.
//!
//! Each CPU has a run queue. Who wakes a runtime puts it into the queue of the CPU that it is on, so
//! that a hand-over on one CPU costs next to nothing; another CPU is woken when there is more to do
//! than one. The queue is drained by work items of a workqueue, which supplies the threads. One
//! drainer has the slot of a queue; one that is going to sleep in the midst of a runtime, because
//! Lua cannot yield there, gives the slot to another one first.
//!
//! Runtimes run on the default pool unless they are given another one. A pool lives as long as a runtime or its maker
//! refers to it. The last reference may be dropped by a thread of the pool, which cannot wait for its own end, so a work
//! item of another queue destroys the pool.
//!
//! Lock order: the lock of a queue is a leaf, taken for a few instructions. The list of drainers is
//! locked by who adds one, and nothing is locked within.

use core::{
    mem::ManuallyDrop,
    pin::Pin,
    ptr, //
};
use kernel::{
    bindings,
    new_mutex,
    new_work,
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Release},
        Arc,
        ArcBorrow,
        Mutex,
        SetOnce, //
    },
    workqueue::{impl_has_work, RawWorkItem, Work, WorkItem}, //
};

mod context;
mod drainer;
mod gone;
mod queue;

use self::{context::Context, drainer::Drainer, gone::Living};
use crate::{
    linux,
    runtime::{
        executor::Executor,
        instance::Runtime, //
    },
    sys::kernel_helpers as sys, //
};

/// The most run queues of a pool.
pub(crate) const MAX_CONTEXTS: u32 = 32;

/// Drainers that a pool may have, and so runtimes that hold a thread while they wait.
const MAX_DRAINERS: usize = 1024;

/// What all threads of a pool share.
#[pin_data]
pub(super) struct Shared {
    contexts: KVec<Pin<KBox<Context>>>,
    workqueue: *mut bindings::workqueue_struct,
    #[pin]
    drainers: Mutex<KVec<Arc<Drainer>>>,
    replenisher: SetOnce<Arc<Replenisher>>,
    /// Gives the pool up.
    #[pin]
    end: Work<Shared>,
    /// Dropped last.
    _living: Living,
}

// SAFETY: The workqueue may be used by all threads.
unsafe impl Send for Shared {}
// SAFETY: As above.
unsafe impl Sync for Shared {}

impl_has_work! {
    impl HasWork<Self> for Shared { self.end }
}

impl WorkItem for Shared {
    type Pointer = Pin<KBox<Self>>;

    fn run(this: Pin<KBox<Self>>) {
        // SAFETY: Nobody refers to the pool any more, so only its own work queues anything; what is
        // queued still runs, and finds the pool.
        unsafe { bindings::destroy_workqueue(this.workqueue) };
        let drainers = core::mem::take(&mut *this.drainers.lock());
        for drainer in drainers.iter() {
            // SAFETY: There are no threads any more.
            unsafe { drainer.stop_ticks() };
        }
        drop(drainers);
        drop(this);
    }
}

/// A pool: threads that execute the runtimes that refer to it.
pub(crate) struct Pool {
    /// Given up when this is dropped.
    shared: ManuallyDrop<Pin<KBox<Shared>>>,
}

impl Pool {
    /// Makes a pool that executes so many runtimes at a time, from 1 to [`MAX_CONTEXTS`]. Sleeps.
    ///
    /// To be called while [`Pools`] lives. Fails with `ENOMEM`.
    pub(crate) fn new(threads: u32) -> Result<Arc<Self>> {
        let threads = threads.clamp(1, MAX_CONTEXTS);
        let cpus = linux::cpu::online();
        let living = Living::new();
        let mut contexts = KVec::with_capacity(threads as usize, GFP_KERNEL | __GFP_NOWARN)?;
        for number in 0..threads {
            let cpu = number.checked_rem(cpus).unwrap_or(0);
            contexts.push(
                KBox::pin_init(Context::new(cpu), GFP_KERNEL)?,
                GFP_KERNEL | __GFP_NOWARN,
            )?;
        }
        // SAFETY: The function has no conditions; the result is checked.
        let workqueue = unsafe { sys::lunatik_alloc_pool_queue() };
        if workqueue.is_null() {
            return Err(ENOMEM);
        }
        let shared = KBox::pin_init(
            pin_init!(Shared {
                contexts,
                workqueue,
                drainers <- new_mutex!(KVec::new(), "lunatik::Pool::drainers"),
                replenisher: SetOnce::new(),
                end <- new_work!("lunatik::Pool::end"),
                _living: living,
            }),
            GFP_KERNEL,
        );
        let shared = shared.inspect_err(|_| {
            // SAFETY: It was made above, and nobody else knows it.
            unsafe { bindings::destroy_workqueue(workqueue) };
        })?;
        // From here on, dropping this gives it up.
        let pool = Arc::new(
            Self {
                shared: ManuallyDrop::new(shared),
            },
            GFP_KERNEL,
        )?;
        let shared = pool.shared();
        for context in shared.contexts.iter() {
            shared.add_drainer(context)?;
            shared.add_drainer(context)?;
        }
        shared.replenisher.populate(Replenisher::new(shared)?);
        Ok(pool)
    }

    /// What the threads share.
    fn shared(&self) -> &'static Shared {
        // SAFETY: It is given up after this pool was dropped, by a work item that first waits for the threads. All
        // uses are by threads of the pool, or by who refers to the pool meanwhile.
        unsafe { &*ptr::from_ref(&**self.shared) }
    }

    /// The pool of runtimes that are given no other. For code of runtimes.
    pub(crate) fn default() -> Arc<Self> {
        // SAFETY: The module holds `Pools`, which has a reference, while code of runtimes runs.
        unsafe { ArcBorrow::from_raw(DEFAULT.load(Acquire)) }.into()
    }

    /// What the pool does just now, for tests.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let shared = self.shared();
        let taken = shared.contexts.iter().filter(|context| !context.is_free());
        let taken = taken.count();
        let drainers = shared.drainers.lock();
        let busy = drainers.iter().filter(|drainer| drainer.is_busy());
        Snapshot {
            drainers: drainers.len(),
            busy: busy.count(),
            backlog: shared.backlog(),
            taken,
            pools: gone::count(),
        }
    }
}

impl Executor for Pool {
    fn add(&self, runtime: Arc<Runtime>) {
        self.shared().add(runtime);
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // SAFETY: It is not used again.
        let shared = unsafe { ManuallyDrop::take(&mut self.shared) };
        gone::give_up(shared);
    }
}

/// Where the workers run that the code of a VM makes; attached to the VM that has a pool for them.
#[derive(Clone)]
pub(crate) struct Home(pub(crate) Arc<Pool>);

/// The pool of runtimes that are given no other.
static DEFAULT: Atomic<*mut Pool> = Atomic::new(ptr::null_mut());

/// The existence of pools; held by the module, and dropped after the last runtime.
pub(crate) struct Pools {
    default: Option<Arc<Pool>>,
    // Dropped last: waits for the pools that are being given up.
    _gone: gone::Queue,
}

impl Pools {
    /// Makes the pool of runtimes that are given no other, which executes one on each CPU.
    ///
    /// # Safety
    ///
    /// To be called once, at the start of the module's `init()`.
    pub(crate) unsafe fn new() -> Result<Self> {
        // SAFETY: As the caller promises.
        let gone = unsafe { gone::Queue::new()? };
        let default = Pool::new(linux::cpu::online())?;
        DEFAULT.store(Arc::as_ptr(&default).cast_mut(), Release);
        Ok(Self {
            default: Some(default),
            _gone: gone,
        })
    }
}

impl Drop for Pools {
    fn drop(&mut self) {
        DEFAULT.store(ptr::null_mut(), Release);
        drop(self.default.take());
    }
}

impl Shared {
    /// The context of the CPU that the caller is on; it may be on another one at once.
    fn here(&'static self) -> &'static Context {
        let cpu = linux::cpu::current() as usize;
        let place = cpu.checked_rem(self.contexts.len()).unwrap_or(0);
        match self.contexts.get(place) {
            Some(context) => context,
            // SAFETY: `Pool::new()` makes one at least, and the place is below their number.
            None => unsafe { core::hint::unreachable_unchecked() },
        }
    }

    /// Gives a runtime that has no thread one, some time. In any context.
    fn add(&'static self, runtime: Arc<Runtime>) {
        let context = self.here();
        let backlog = context.add(runtime);
        context.kick(self);
        if backlog > 1 {
            self.kick_others(context);
        }
    }

    /// How many runtimes wait for a thread.
    fn backlog(&self) -> usize {
        let each = self.contexts.iter().map(|context| context.backlog());
        each.fold(0, usize::saturating_add)
    }

    /// Has another CPU help, if one has nothing to do. In any context.
    fn kick_others(&self, but: &Context) {
        let mut others = self
            .contexts
            .iter()
            .filter(|other| !ptr::eq(&***other, but));
        if let Some(free) = others.find(|other| other.is_free()) {
            free.kick(self);
        }
    }

    /// Takes a runtime out of the queue of another CPU.
    fn steal(&self, but: &Context) -> Option<Arc<Runtime>> {
        let mut others = self
            .contexts
            .iter()
            .filter(|other| !ptr::eq(&***other, but));
        others.find_map(|other| other.steal())
    }

    /// Has the workqueue run `drainer`.
    fn queue_on(&self, cpu: u32, drainer: &'static Drainer) {
        self.queue(cpu as core::ffi::c_int, drainer.this());
    }

    /// Has the workqueue run `item` on that CPU, if it is not going to run it anyway.
    fn queue<I: RawWorkItem<0>>(&self, cpu: core::ffi::c_int, item: I) {
        // SAFETY: The closure queues the work that it is given, or says that it is queued already.
        let _ = unsafe {
            item.__enqueue(move |work| bindings::queue_work_on(cpu, self.workqueue, work))
        };
    }

    /// Adds an idle drainer to `context`.
    fn add_drainer(&'static self, context: &'static Context) -> Result {
        let drainer = Drainer::new(self, context)?;
        // SAFETY: The pool has a reference until it is given up.
        let known: &'static Drainer = unsafe { &*Arc::as_ptr(&drainer) };
        let mut drainers = self.drainers.lock();
        if drainers.len() >= MAX_DRAINERS {
            drop(drainers);
            return Err(EAGAIN);
        }
        let added = drainers.push(drainer, GFP_KERNEL | __GFP_NOWARN);
        drop(drainers);
        added?;
        context.add_idle(known);
        Ok(())
    }

    /// Sees to it that `context` has an idle drainer soon. In any context.
    fn relieve(&self, context: &Context) {
        if context.has_idle() {
            return;
        }
        if let Some(replenisher) = self.replenisher.as_ref() {
            self.queue(context.cpu as core::ffi::c_int, replenisher.clone());
        }
    }
}

/// Makes drainers for contexts that have none left, on behalf of interrupts.
#[pin_data]
struct Replenisher {
    shared: &'static Shared,
    #[pin]
    work: Work<Replenisher>,
}

impl_has_work! {
    impl HasWork<Self> for Replenisher { self.work }
}

impl Replenisher {
    fn new(shared: &'static Shared) -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Self {
                shared,
                work <- new_work!("lunatik::pool::Replenisher"),
            }),
            GFP_KERNEL,
        )
    }
}

impl WorkItem for Replenisher {
    type Pointer = Arc<Replenisher>;

    fn run(this: Arc<Replenisher>) {
        for context in this.shared.contexts.iter() {
            if !context.has_idle() && this.shared.add_drainer(context).is_err() {
                return;
            }
        }
    }
}

/// What a pool does just now, for tests.
pub(crate) struct Snapshot {
    /// Threads that it can use at one time; they exist while they run something.
    pub(crate) drainers: usize,
    /// Those that execute a runtime.
    pub(crate) busy: usize,
    /// Runtimes that wait for a thread.
    pub(crate) backlog: usize,
    /// Run queues that somebody takes from.
    pub(crate) taken: usize,
    /// Pools that there are, those that are being given up included.
    pub(crate) pools: usize,
}
