// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A runtime: one Lua virtual machine with a name, limits, a log and a life.
//!
//! Lock order: ownership (see `chain.rs`, held across Lua code), then any one of `details`, `sink`,
//! the log and the registry's locks, none of which is held across Lua code or within another.

use kernel::{
    impl_has_work,
    new_mutex,
    new_spinlock,
    new_work,
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Relaxed},
        Arc,
        Mutex,
        SetOnce,
        SpinLock, //
    },
    time::{hrtimer::HrTimer, Instant, Monotonic},
    workqueue::Work, //
};

use super::{
    chain::{self, Chain, Owner, Ownership},
    children::{Child, Children},
    handle::Handle,
    hooks::Hooked,
    live,
    log::Log,
    meter::{Budget, Meter},
    parameters,
    parking::Parking,
    permissions::Held,
    pooled::Pooled,
    sink::Sink,
    totals,
    vm::Vm,
    waiting::Waiting, //
};
use crate::linux::{
    account::{Account, Charge},
    context::Context,
    memcg::MemoryCgroup,
    net_namespace::NetNamespace,
    watch::Watch, //
};

mod about;
mod asking;
mod boost;
mod crew;
mod ended_waits;
mod ending;
mod entered;
mod executing;
mod failure;
mod interruption;
mod life;
mod memory;
mod owned_vm;
mod permitted;
mod phase;
mod place;
mod printing;
mod sampled;
mod slice;
mod staying;
mod stopping;
mod traced;
mod visible_vm;

use self::{
    about::About,
    ended_waits::EndedWaits,
    executing::Executing,
    interruption::Interruption,
    life::Life,
    memory::OBJECTS,
    owned_vm::OwnedVm,
    place::Place,
    sampled::Sampled,
    staying::Staying,
    visible_vm::VisibleVm, //
};
pub(crate) use self::{
    asking::Asked,
    entered::Entered,
    executing::may_execute,
    failure::Failure,
    phase::{Kind, Phase},
    sampled::Activity,
    slice::Left,
    staying::{Keep, KeepOfActor}, //
};

/// The grace of a stop whose caller names none, in milliseconds.
pub(crate) const DEFAULT_GRACE_MS: u32 = 100;

/// What a new runtime needs to know.
pub(crate) struct Options<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) kind: Kind,
    /// The context in which its code runs once it is loaded.
    pub(crate) context: Context,
    /// The CPU that it is for, as a member of a crew.
    pub(crate) cpu: Option<u32>,
    /// The bytes of memory that it may use, together with everything that it makes. Not more than
    /// its maker may use.
    pub(crate) memory: usize,
    /// The account of its maker, if that is a runtime.
    pub(crate) account: Option<&'a Arc<Account>>,
    pub(crate) memcg: MemoryCgroup,
    /// The network namespace of its hooks.
    pub(crate) net: NetNamespace,
    /// What its code may do.
    pub(crate) permissions: Arc<Held>,
    /// CPU time that it may use.
    pub(crate) budget: Budget,
    /// Whose worker it is.
    pub(crate) parent: Option<Arc<Runtime>>,
    /// The runtime that made it for its own use, and that stays while the new runtime has something
    /// to do.
    pub(crate) made_by: Option<Arc<Runtime>>,
}

impl<'a> Options<'a> {
    /// Options for a runtime below `parent`, which has its limits, and no more.
    pub(crate) fn below(
        parent: &'a Arc<Runtime>,
        name: &'a [u8],
        kind: Kind,
        permissions: Arc<Held>,
    ) -> Self {
        Self {
            name,
            kind,
            context: Context::Process,
            cpu: None,
            memory: parent.account().limit(),
            account: Some(parent.account()),
            budget: parent
                .meter()
                .budget()
                .narrowed(parameters::budget(Budget::default())),
            memcg: parent.memcg().clone(),
            net: parent.net().clone(),
            permissions,
            parent: Some(parent.clone()),
            made_by: Some(parent.clone()),
        }
    }
}

struct Details {
    executing: Option<Executing>,
    /// The kernel thread that runs its body now.
    thread: Option<Handle>,
    /// The last error.
    failure: Option<Arc<Failure>>,
    /// The permissions of its main thread, to be shown; the thread has a reference of its own.
    permissions: Arc<Held>,
    /// Set if it is a worker: its place among its parent's children. Taken when it ends, so that a
    /// drop never follows a chain of them.
    child: Option<Child>,
    /// The VM, for interrupts from other CPUs. None before the VM is made, and while it is torn
    /// down.
    vm: VisibleVm,
}

/// A runtime.
///
/// # Invariants
///
/// `above` is null, or points to a runtime whose code waits for the present call into this one, and
/// which therefore lives.
#[pin_data]
pub(crate) struct Runtime {
    id: u64,
    name: KVec<u8>,
    kind: Kind,
    about: KBox<About>,
    started: Instant<Monotonic>,
    memcg: MemoryCgroup,
    /// Whether it has an account of its own, not its maker's.
    has_own_account: bool,
    /// The account that this runtime and everything that it makes count against.
    account: Arc<Account>,
    /// What it takes beside its heap.
    #[pin]
    objects: SpinLock<Charge>,
    life: Life,
    /// Told to stop: waits end, and it cannot be entered any more.
    stop_requested: Atomic<bool>,
    /// Whether Lua code in it is being ended uncatchably.
    killed: Atomic<bool>,
    ended_waits: EndedWaits,
    /// Whether the present call into it was given up: its waits end.
    cancelled: Atomic<bool>,
    /// Whether the call was given up because a runtime further up in its chain was.
    cancelled_from_above: Atomic<bool>,
    /// The number of the entry by which the present chain came; see [`Chain::count_entry`].
    entry: Atomic<u64>,
    /// Whether the runtime ends when the chain that executes it leaves. Only the owner touches
    /// this.
    ends_when_left: Atomic<bool>,
    /// Whether its code has pledged permissions, and still has all others.
    pledges_in_vain: Atomic<bool>,
    /// What keeps it alive after its chunk has returned.
    staying: Staying,
    /// Handles to it, in Lua or in tables.
    handles: Atomic<usize>,
    meter: Meter,
    interruption: Interruption,
    /// The runtime whose code is waiting for the present call into this one; null without one.
    above: Atomic<*mut Runtime>,
    memory_used: Atomic<usize>,
    memory_peak: Atomic<usize>,
    /// Ends Lua code whose caller is killed, and finalizers that do not end. Only the owner uses
    /// it. It has a block of its own: inside the runtime it would push the runtime into the next
    /// size class, twice as large.
    watch: Pin<KBox<Watch<Runtime>>>,
    /// The chain that enters the runtime to end it when nobody waits for the end.
    ending_chain: Arc<Chain>,
    /// When the grace of such an end is over, in milliseconds of the runtime's age.
    ending_at: Atomic<u64>,
    /// Queued when nobody waits for its end; see `reaper.rs`.
    #[pin]
    ending: Work<Runtime>,
    #[pin]
    ownership: Ownership,
    #[pin]
    details: SpinLock<Details>,
    /// Its workers.
    #[pin]
    children: Children,
    /// The runtime whose sink and log get its output. For a worker this is the topmost runtime
    /// above it, which is no worker.
    prints_to: Option<Arc<Runtime>>,
    parking: Parking,
    waiting: Waiting,
    /// How it is asked to end before its parent is stopped, if it is.
    asked: SetOnce<Arc<dyn Asked>>,
    /// Where it is shown, if its parent does not say it, or if other runtimes are shown below it.
    place: SetOnce<Arc<Place>>,
    pooled: Pooled,
    /// Ends a wait of a runtime of the pool.
    #[pin]
    pub(super) timer: HrTimer<Runtime>,
    #[pin]
    sink: Mutex<Option<Arc<dyn Sink>>>,
    #[pin]
    log: Log,
    vm: OwnedVm,
}

impl_has_work! {
    impl HasWork<Self> for Runtime { self.ending }
}

// SAFETY: All fields but `above` are; the comment on `above` says why that one may be.
unsafe impl Send for Runtime {}
// SAFETY: As above.
unsafe impl Sync for Runtime {}

static NEXT_ID: Atomic<u64> = Atomic::new(1);

impl Runtime {
    /// Creates a runtime with an empty VM in which nothing has run yet. Sleeps.
    pub(crate) fn new(options: Options<'_>) -> Result<Arc<Self>> {
        // The process that started the runtime pays, no matter which thread this is.
        let memcg = options.memcg.clone();
        memcg.charge(|| Self::make(options))
    }

    fn make(options: Options<'_>) -> Result<Arc<Self>> {
        let mut name = KVec::with_capacity(options.name.len(), GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        name.extend_from_slice(options.name, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        let permissions = options.permissions.clone();
        let parent = options.parent;
        let child = parent.clone().map(Child::new).transpose()?;
        let prints_to = parent.as_ref().map(|parent| match &parent.prints_to {
            Some(above) => above.clone(),
            None => parent.clone(),
        });
        let account = match options.account {
            Some(above) => above.child(options.memory)?,
            None => Account::root(options.memory)?,
        };
        let charge = Charge::new(&account, OBJECTS.saturating_add(name.capacity()))?;
        let has_own_account = !options
            .account
            .is_some_and(|above| Arc::ptr_eq(above, &account));
        let log_account = account.clone();
        let hooked = match options.context {
            Context::Process => None,
            _ => Some(Hooked::new()?),
        };
        let about = About {
            context: options.context,
            cpu: options.cpu,
            net: options.net,
            hooked,
            sampled: KBox::pin_init(Sampled::new(), GFP_KERNEL_ACCOUNT)?,
            mail: SetOnce::new(),
        };
        let about = KBox::new(about, GFP_KERNEL_ACCOUNT)?;
        let ending_chain = Chain::new()?;
        let graph = chain::graph()?;
        let watch = KBox::pin(Watch::new(), GFP_KERNEL_ACCOUNT)?;
        let runtime = Arc::pin_init(
            pin_init!(Self {
                id: NEXT_ID.fetch_add(1, Relaxed),
                name,
                kind: options.kind,
                about,
                started: Instant::now(),
                memcg: options.memcg,
                has_own_account,
                account,
                objects <- new_spinlock!(charge, "lunatik::Runtime::objects"),
                life: Life::new(),
                stop_requested: Atomic::new(false),
                killed: Atomic::new(false),
                ended_waits: EndedWaits::new(),
                cancelled: Atomic::new(false),
                cancelled_from_above: Atomic::new(false),
                entry: Atomic::new(0),
                ends_when_left: Atomic::new(false),
                pledges_in_vain: Atomic::new(false),
                staying: Staying::new(options.made_by.as_ref()),
                handles: Atomic::new(0),
                meter: Meter::new(options.budget),
                interruption: Interruption::new(),
                above: Atomic::new(core::ptr::null_mut()),
                memory_used: Atomic::new(0),
                memory_peak: Atomic::new(0),
                watch,
                ending_chain,
                ending_at: Atomic::new(u64::MAX),
                ending <- new_work!("lunatik::Runtime::ending"),
                ownership <- Ownership::new(graph),
                details <- new_spinlock!(Details {
                    executing: None,
                    thread: None,
                    failure: None,
                    permissions,
                    child,
                    vm: VisibleVm::none(),
                }, "lunatik::Runtime::details"),
                children <- Children::new(),
                prints_to,
                parking: Parking::new(),
                waiting: Waiting::new(),
                asked: SetOnce::new(),
                place: SetOnce::new(),
                pooled: Pooled::new(),
                timer <- HrTimer::new(),
                sink <- new_mutex!(None, "lunatik::Runtime::sink"),
                log <- Log::new(&log_account),
                vm: OwnedVm::none(),
            }),
            GFP_KERNEL_ACCOUNT,
        )?;
        runtime.begin(options.permissions, parent.as_deref())?;
        Ok(runtime)
    }

    /// Gives the runtime its VM, and lets others find it.
    fn begin(self: &Arc<Self>, permissions: Arc<Held>, parent: Option<&Self>) -> Result {
        let vm = Vm::new(
            self,
            self.account.limit(),
            self.memcg.clone(),
            self.account.clone(),
            permissions,
        )?;
        // SAFETY: `tear_down()` replaces it before it takes the VM, which does not move.
        let visible = unsafe { VisibleVm::of(vm.exposed()) };
        // Nobody else knows the runtime yet.
        let mut owner = self.try_own().ok_or(EBUSY)?;
        owner.set_vm(vm);
        drop(owner.release());
        self.details.lock().vm = visible;
        let added = live::add(self).and_then(|()| match parent {
            Some(parent) => parent.children.add(self),
            None => Ok(()),
        });
        if let Err(error) = added {
            // A thread that has found and entered it meanwhile ends it.
            self.request_stop();
            if let Some(mut owner) = self.try_own() {
                owner.tear_down();
                drop(owner.release());
            }
            return Err(error);
        }
        totals::count_start(self.kind);
        self.inherit_profiles(parent);
        Ok(())
    }

    /// The ownership, if nobody has it.
    fn try_own(self: &Arc<Self>) -> Option<Owner<'_>> {
        Ownership::try_acquire(self.as_arc_borrow(), &self.ending_chain)
    }

    /// The CPU time used, in nanoseconds, up to this moment.
    pub(crate) fn cpu_ns(&self) -> u64 {
        let hooks = self.hooked().map_or(0, |hooked| hooked.used_ns());
        self.meter.total().saturating_add(hooks)
    }

    /// The CPU time that it uses, and its limits.
    pub(crate) fn meter(&self) -> &Meter {
        &self.meter
    }

    /// How long its Lua program took to end after the last interrupt, in nanoseconds; 0 if there
    /// was none.
    pub(crate) fn stop_latency_ns(&self) -> u64 {
        self.interruption.latency()
    }

    /// The kernel thread that runs its body now.
    pub(crate) fn thread(&self) -> Option<Handle> {
        self.details.lock().thread.clone()
    }

    /// Whether a kernel thread runs its body. Unlike [`thread`](Self::thread), this frees nothing.
    pub(crate) fn has_thread(&self) -> bool {
        self.details.lock().thread.is_some()
    }

    /// Notes which thread runs its body. The thread clears this when it ends.
    pub(crate) fn set_thread(&self, thread: Option<Handle>) {
        let former = core::mem::replace(&mut self.details.lock().thread, thread);
        // May free memory, so the lock is released first.
        drop(former);
    }

    /// Whose worker it is, while it lives.
    pub(crate) fn parent(&self) -> Option<Arc<Runtime>> {
        let details = self.details.lock();
        details.child.as_ref().map(|child| child.parent.clone())
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
        if self.is_pooled_on(task) {
            return true;
        }
        let details = self.details.lock();
        details
            .executing
            .as_ref()
            .is_some_and(|executing| executing.is(task))
    }

    /// Whether it was told to stop.
    pub(crate) fn stop_requested(&self) -> bool {
        self.stop_requested.load(Acquire)
    }

    /// How its code waits.
    pub(crate) fn parking(&self) -> &Parking {
        &self.parking
    }

    pub(super) fn waiting(&self) -> &Waiting {
        &self.waiting
    }

    /// Its data as a runtime of the pool.
    pub(crate) fn pooled(&self) -> &Pooled {
        &self.pooled
    }

    /// Its code begins to wait. Returns the phase before that.
    pub(super) fn block(&self) -> Phase {
        self.meter.wait();
        self.life.block()
    }

    /// Its code has waited, and returns to its former phase.
    pub(super) fn unblock(&self, phase: Phase) {
        self.life.unblock(phase);
    }
}
