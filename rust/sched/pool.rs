// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The pool: many runtimes on few threads.
//!
//! Each CPU has a run queue. Who wakes a runtime puts it into the queue of the CPU that it is on, so
//! that a hand-over on one CPU costs next to nothing; another CPU is woken when there is more to do
//! than one. The queue is drained by work items of a workqueue, which supplies the threads. One
//! drainer has the slot of a queue; one that is going to sleep in the midst of a runtime, because
//! Lua cannot yield there, gives the slot to another one first.
//!
//! Lock order: the lock of a queue is a leaf, taken for a few instructions. The list of drainers is
//! locked by who adds one, and nothing is locked within.

use core::{
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
        Mutex, //
    },
    workqueue::{impl_has_work, RawWorkItem, Work, WorkItem}, //
};

mod context;
mod drainer;
mod queue;

use self::context::Context;
pub(crate) use self::{drainer::Drainer, queue::Link};
use super::program::Program;
use crate::{
    lua::{self, Error},
    runtime::instance::Runtime,
    sys::kernel_helpers as sys, //
};

/// The most run queues.
const MAX_CONTEXTS: u32 = 32;

/// Drainers that there may be, and so runtimes that hold a thread while they wait.
const MAX_DRAINERS: usize = 1024;

/// What all threads of the pool share.
#[pin_data]
pub(crate) struct Shared {
    contexts: KVec<Pin<KBox<Context>>>,
    workqueue: *mut bindings::workqueue_struct,
    #[pin]
    drainers: Mutex<KVec<Arc<Drainer>>>,
}

// SAFETY: The workqueue may be used by all threads.
unsafe impl Send for Shared {}
// SAFETY: As above.
unsafe impl Sync for Shared {}

static POOL: Atomic<*mut Shared> = Atomic::new(ptr::null_mut());

/// The existence of the pool; held by the module, and dropped after the last runtime.
pub(crate) struct Pool {
    shared: Pin<KBox<Shared>>,
    replenisher: Arc<Replenisher>,
}

impl Pool {
    /// Makes the pool. There is one at a time.
    pub(crate) fn new() -> Result<Self> {
        // SAFETY: No conditions.
        let cpus = unsafe { sys::lunatik_num_online_cpus() }.clamp(1, MAX_CONTEXTS);
        let mut contexts = KVec::with_capacity(cpus as usize, GFP_KERNEL | __GFP_NOWARN)?;
        for cpu in 0..cpus {
            contexts.push(
                KBox::pin_init(Context::new(cpu), GFP_KERNEL)?,
                GFP_KERNEL | __GFP_NOWARN,
            )?;
        }
        let replenisher = Replenisher::new()?;
        // SAFETY: No conditions.
        let workqueue = unsafe { sys::lunatik_alloc_pool_queue() };
        if workqueue.is_null() {
            return Err(ENOMEM);
        }
        let shared = KBox::pin_init(
            pin_init!(Shared {
                contexts,
                workqueue,
                drainers <- new_mutex!(KVec::new(), "lunatik::Pool::drainers"),
            }),
            GFP_KERNEL,
        );
        let shared = shared.inspect_err(|_| {
            // SAFETY: It was made above, and nobody else knows it.
            unsafe { bindings::destroy_workqueue(workqueue) };
        })?;
        let pool = Self {
            replenisher,
            shared,
        };
        // SAFETY: Nobody uses the reference longer than the pool lives.
        let shared: &'static Shared = unsafe { &*ptr::from_ref(&*pool.shared) };
        for context in shared.contexts.iter() {
            shared.add_drainer(context)?;
            shared.add_drainer(context)?;
        }
        REPLENISHER.store(Arc::as_ptr(&pool.replenisher).cast_mut(), Relaxed);
        POOL.store(ptr::from_ref(shared).cast_mut(), Release);
        Ok(pool)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // SAFETY: There are no runtimes any more, so nobody queues anything; what is queued still
        // runs, and finds the pool.
        unsafe { bindings::destroy_workqueue(self.shared.workqueue) };
        POOL.store(ptr::null_mut(), Release);
        let drainers = core::mem::take(&mut *self.shared.drainers.lock());
        for drainer in drainers.iter() {
            // SAFETY: There are no threads any more.
            unsafe { drainer.stop_ticks() };
        }
        drop(drainers);
        let _ = &self.replenisher;
    }
}

/// The pool.
fn shared() -> &'static Shared {
    // SAFETY: The module holds the `Pool` as long as there are runtimes, whose code alone comes here.
    unsafe { &*POOL.load(Acquire) }
}

impl Shared {
    /// The context of the CPU that the caller is on; it may be on another one at once.
    fn here(&'static self) -> &'static Context {
        // SAFETY: No conditions.
        let cpu = unsafe { sys::lunatik_current_cpu() } as usize;
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
        // SAFETY: The pool has a reference as long as it lives.
        let replenisher = unsafe { &*REPLENISHER.load(Relaxed) };
        // SAFETY: As above.
        let replenisher: Arc<Replenisher> =
            unsafe { kernel::sync::ArcBorrow::from_raw(replenisher) }.into();
        // The pool's own queue is empty before the pool goes.
        self.queue(context.cpu as core::ffi::c_int, replenisher);
    }
}

/// Makes drainers for contexts that have none left, on behalf of interrupts.
#[pin_data]
struct Replenisher {
    #[pin]
    work: Work<Replenisher>,
}

static REPLENISHER: Atomic<*mut Replenisher> = Atomic::new(ptr::null_mut());

impl_has_work! {
    impl HasWork<Self> for Replenisher { self.work }
}

impl Replenisher {
    fn new() -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Self {
                work <- new_work!("lunatik::pool::Replenisher"),
            }),
            GFP_KERNEL,
        )
    }
}

impl WorkItem for Replenisher {
    type Pointer = Arc<Replenisher>;

    fn run(_this: Arc<Replenisher>) {
        let shared = shared();
        for context in shared.contexts.iter() {
            if !context.has_idle() && shared.add_drainer(context).is_err() {
                return;
            }
        }
    }
}

/// Runs `program` in `runtime`, which nothing has run in, on the threads of the pool; the runtime
/// ends with it. Sleeps for memory. Where this fails, the runtime is the caller's to end.
pub(crate) fn start(runtime: Arc<Runtime>, program: KBox<dyn Program>) -> Result {
    runtime.set_program(program)?;
    runtime.parking().set_queued();
    shared().add(runtime);
    Ok(())
}

/// Gives a runtime that was parked a thread. In any context.
///
/// # Safety
///
/// The caller must have taken the runtime's token from parked to queued.
pub(crate) unsafe fn resume(runtime: &Runtime) {
    // SAFETY: The pool's reference was given up to whoever wakes a parked runtime.
    let runtime = unsafe { Arc::from_raw(runtime) };
    shared().add(runtime);
}

/// The code of `runtime` is going to block the calling thread, which executes it. If that is one of
/// the pool, others take over what else it had to do.
///
/// Fails if there are too many that do.
pub(crate) fn thread_blocks(runtime: &Runtime) -> lua::Result<()> {
    // SAFETY: The calling thread executes it.
    let Some(drainer) = (unsafe { runtime.pooled().drainer() }) else {
        return Ok(());
    };
    drainer.block(runtime).map_err(|error| {
        if error == EAGAIN {
            Error::message(fmt!(
                "too many runtimes hold a thread while they wait, where Lua cannot yield"
            ))
        } else {
            error.into()
        }
    })
}

/// The thread has blocked, and goes on with `runtime`.
pub(crate) fn thread_goes_on(runtime: &Runtime) {
    // SAFETY: The calling thread executes it.
    if let Some(drainer) = unsafe { runtime.pooled().drainer() } {
        drainer.unblock(runtime);
    }
}

/// What the pool does just now, for tests.
pub(crate) struct Snapshot {
    /// Threads that it can use at one time; they exist while they run something.
    pub(crate) drainers: usize,
    /// Those that execute a runtime.
    pub(crate) busy: usize,
    /// Runtimes that wait for a thread.
    pub(crate) backlog: usize,
    /// Run queues that somebody takes from.
    pub(crate) taken: usize,
}

/// Looks at the pool.
pub(crate) fn snapshot() -> Snapshot {
    let shared = shared();
    let taken = shared.contexts.iter().filter(|context| !context.is_free());
    let taken = taken.count();
    let drainers = shared.drainers.lock();
    let busy = drainers.iter().filter(|drainer| drainer.is_busy());
    Snapshot {
        drainers: drainers.len(),
        busy: busy.count(),
        backlog: shared.backlog(),
        taken,
    }
}
