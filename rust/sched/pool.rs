// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The pool: many runtimes on few threads.
//!
//! Each CPU has a run queue. The code that wakes a runtime puts it into the queue of its own CPU,
//! so that a hand-over on one CPU costs almost nothing. Another CPU is woken when more than one
//! runtime waits. Work items of a workqueue, which supplies the threads, drain the queues. At most
//! one drainer holds the slot of a queue. A drainer that is about to sleep while it executes a
//! runtime, because Lua cannot yield there, first passes the slot to another drainer.
//!
//! Runtimes run on the default pool unless they are given another one. A pool lives as long as a
//! runtime or its creator refers to it. A thread of the pool may drop the last reference, and
//! cannot wait for its own end. So a work item of another queue destroys the pool.
//!
//! Lock order: the lock of a queue is a leaf, held for a few instructions. The code that adds a
//! drainer locks the list of drainers, and takes no other lock meanwhile. A pool that grows has
//! another lock above that one; see `contexts.rs`.

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
        atomic::{Acquire, Atomic, Relaxed, Release},
        Arc,
        ArcBorrow,
        Mutex,
        SetOnce, //
    },
    workqueue::{impl_has_work, RawWorkItem, Work, WorkItem}, //
};

mod bound;
mod context;
mod contexts;
mod drainer;
mod gone;
mod queue;

use self::{context::Context, contexts::Contexts, drainer::Drainer, gone::Living};
use crate::{
    linux::{self, account::Charge},
    runtime::{
        executor::Executor,
        instance::Runtime, //
    },
    sys::kernel_helpers as sys, //
};

/// The most run queues of a pool.
pub(crate) const MAX_CONTEXTS: u32 = 32;

/// The most drainers of a pool, and so the most runtimes that can hold a thread while they wait.
const MAX_DRAINERS: usize = 1024;

/// The state that all threads of a pool share.
#[pin_data]
pub(super) struct Shared {
    #[pin]
    contexts: Contexts,
    workqueue: *mut bindings::workqueue_struct,
    #[pin]
    drainers: Mutex<KVec<Arc<Drainer>>>,
    replenisher: SetOnce<Arc<Replenisher>>,
    /// The work item that destroys the pool.
    #[pin]
    end: Work<Shared>,
    /// Dropped last.
    _living: Living,
}

// SAFETY: All threads may use the workqueue.
unsafe impl Send for Shared {}
// SAFETY: As above.
unsafe impl Sync for Shared {}

impl_has_work! {
    impl HasWork<Self> for Shared { self.end }
}

impl WorkItem for Shared {
    type Pointer = Pin<KBox<Self>>;

    fn run(this: Pin<KBox<Self>>) {
        // SAFETY: Nobody refers to the pool any more, so only its own work items queue anything.
        // Items that are queued still run, while the pool exists.
        unsafe { bindings::destroy_workqueue(this.workqueue) };
        let drainers = core::mem::take(&mut *this.drainers.lock());
        for drainer in drainers.iter() {
            // SAFETY: No thread of the pool is left.
            unsafe { drainer.stop_ticks() };
        }
        drop(drainers);
        drop(this);
    }
}

/// The number of the next pool that is not the default one.
static NEXT_NUMBER: Atomic<u32> = Atomic::new(1);

/// A pool: threads that execute the runtimes that refer to it.
pub(crate) struct Pool {
    /// See [`Executor::number`].
    number: u32,
    /// Whether it keeps its one thread.
    is_single: Atomic<bool>,
    /// Given up for destruction when this is dropped.
    shared: ManuallyDrop<Pin<KBox<Shared>>>,
}

impl Pool {
    /// Makes a pool that executes `threads` runtimes at a time, from 1 to [`MAX_CONTEXTS`]. The
    /// first of its contexts is on the CPU `first_cpu`, modulo the number of CPUs. `charge` is that
    /// of the pool without its contexts; they count against the same account. May sleep.
    ///
    /// Must be called while [`Pools`] lives. Fails with `ENOMEM`.
    fn make(threads: u32, number: u32, first_cpu: u32, charge: Charge) -> Result<Arc<Self>> {
        let threads = threads.clamp(1, MAX_CONTEXTS);
        let living = Living::new();
        // SAFETY: The function has no conditions; the result is checked.
        let workqueue = unsafe { sys::lunatik_alloc_pool_queue() };
        if workqueue.is_null() {
            return Err(ENOMEM);
        }
        let shared = KBox::pin_init(
            pin_init!(Shared {
                contexts <- Contexts::new(first_cpu, charge),
                workqueue,
                drainers <- new_mutex!(KVec::new(), "lunatik::Pool::drainers"),
                replenisher: SetOnce::new(),
                end <- new_work!("lunatik::Pool::end"),
                _living: living,
            }),
            GFP_KERNEL,
        );
        let shared = shared.inspect_err(|_| {
            // SAFETY: It was made above, and nobody else refers to it.
            unsafe { bindings::destroy_workqueue(workqueue) };
        })?;
        // From here on, dropping this gives the shared state up.
        let pool = Arc::new(
            Self {
                number,
                is_single: Atomic::new(false),
                shared: ManuallyDrop::new(shared),
            },
            GFP_KERNEL,
        )?;
        let shared = pool.shared();
        shared.grow(threads)?;
        shared.replenisher.populate(Replenisher::new(shared)?);
        Ok(pool)
    }

    /// The state that the threads share.
    fn shared(&self) -> &'static Shared {
        // SAFETY: After this pool was dropped, a work item first waits for the threads and then
        // frees the state. Only threads of the pool and holders of a reference to the pool use it.
        unsafe { &*ptr::from_ref(&**self.shared) }
    }

    /// The pool of runtimes that are given no other. Only for code of runtimes.
    pub(crate) fn default() -> Arc<Self> {
        // SAFETY: While code of runtimes runs, the module holds `Pools`, which has a reference.
        unsafe { ArcBorrow::from_raw(DEFAULT.load(Acquire)) }.into()
    }

    /// The current activity of the pool, for tests.
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

    fn workers(&self) -> u32 {
        self.shared().contexts.count()
    }

    fn grow(&self, threads: u32) -> Result {
        if self.is_single.load(Relaxed) {
            return Err(EOPNOTSUPP);
        }
        self.shared().grow(threads)
    }

    fn number(&self) -> u32 {
        self.number
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // SAFETY: It is not used again.
        let shared = unsafe { ManuallyDrop::take(&mut self.shared) };
        gone::give_up(shared);
    }
}

/// The pool of the workers that the code of a VM makes. Attached to a VM that has a pool for them.
#[derive(Clone)]
pub(crate) struct Home(pub(crate) Arc<Pool>);

/// The pool of runtimes that are given no other.
static DEFAULT: Atomic<*mut Pool> = Atomic::new(ptr::null_mut());

/// The module holds this as long as pools may exist, and drops it after the last runtime.
pub(crate) struct Pools {
    default: Option<Arc<Pool>>,
    // Dropped last: waits for the pools that are being destroyed.
    _gone: gone::Queue,
}

impl Pools {
    /// Makes the pool of runtimes that are given no other. It executes one runtime on each CPU.
    ///
    /// # Safety
    ///
    /// Must be called once, at the start of the module's `init()`.
    pub(crate) unsafe fn new() -> Result<Self> {
        // SAFETY: As the caller promises.
        let gone = unsafe { gone::Queue::new()? };
        let default = Pool::make(linux::cpu::online(), 0, 0, Charge::none())?;
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
    /// The context of the CPU that the caller is on. The caller may migrate to another CPU at any
    /// moment.
    fn here(&'static self) -> &'static Context {
        let number = self.contexts.nearest(linux::cpu::current());
        match self.contexts.get(number) {
            Some(context) => context,
            // SAFETY: `Pool::make()` makes at least one context before runtimes use the pool. The
            // number is below the count of contexts, which only grows.
            None => unsafe { core::hint::unreachable_unchecked() },
        }
    }

    /// Queues a runtime that has no thread until a thread executes it. May be called in any
    /// context.
    fn add(&'static self, runtime: Arc<Runtime>) {
        if let Some(home) = self.home(&runtime) {
            return self.add_bound(home, runtime);
        }
        let context = self.here();
        let backlog = context.add(runtime);
        context.kick(self);
        if backlog > 1 {
            self.kick_others(context);
        }
    }

    /// The number of runtimes that wait for a thread.
    fn backlog(&self) -> usize {
        let each = self.contexts.iter().map(|context| context.backlog());
        each.fold(0, usize::saturating_add)
    }

    /// Makes another CPU help, if one has nothing to do. May be called in any context.
    fn kick_others(&self, but: &Context) {
        let mut others = self.contexts.iter().filter(|other| !ptr::eq(*other, but));
        if let Some(free) = others.find(|other| other.is_free()) {
            free.kick(self);
        }
    }

    /// Takes a runtime from the queue of another CPU.
    fn steal(&self, but: &Context) -> Option<Arc<Runtime>> {
        let mut others = self.contexts.iter().filter(|other| !ptr::eq(*other, but));
        others.find_map(|other| other.steal())
    }

    /// Makes the workqueue run `drainer`.
    fn queue_on(&self, cpu: u32, drainer: &'static Drainer) {
        self.queue(cpu as core::ffi::c_int, drainer.this());
    }

    /// Makes the workqueue run `item` on that CPU, unless the item is queued already.
    fn queue<I: RawWorkItem<0>>(&self, cpu: core::ffi::c_int, item: I) {
        // SAFETY: The closure queues the work that it is given, or returns that it is queued
        // already.
        let _ = unsafe {
            item.__enqueue(move |work| bindings::queue_work_on(cpu, self.workqueue, work))
        };
    }

    /// Adds an idle drainer to `context`.
    fn add_drainer(&'static self, context: &'static Context) -> Result {
        let drainer = Drainer::new(self, context)?;
        // SAFETY: The pool has a reference until it is destroyed.
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

    /// Ensures that `context` soon has an idle drainer. May be called in any context.
    fn relieve(&self, context: &Context) {
        if context.has_idle() {
            return;
        }
        if let Some(replenisher) = self.replenisher.as_ref() {
            self.queue(context.cpu as core::ffi::c_int, replenisher.clone());
        }
    }
}

/// Makes drainers for contexts that have none left, on behalf of code in interrupts.
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

/// The current activity of a pool, for tests.
pub(crate) struct Snapshot {
    /// Threads that the pool can use at a time. They exist while they run something.
    pub(crate) drainers: usize,
    /// Threads that execute a runtime.
    pub(crate) busy: usize,
    /// Runtimes that wait for a thread.
    pub(crate) backlog: usize,
    /// Run queues whose slot a drainer holds.
    pub(crate) taken: usize,
    /// The number of pools, including those that are being destroyed.
    pub(crate) pools: usize,
}
