// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Runtimes whose code runs in hooks: functions that the kernel calls where it must not sleep.
//!
//! A script is loaded in process context as any other. Then its runtime is *sealed* (`seal.rs`): until it
//! is stopped, only hooks execute it (`entry.rs`), one CPU at a time, and its *attendant*
//! (`attendant.rs`), a work item that does for it whatever may sleep. See Documentation/hooks.md.
//!
//! Lock order: `sealed`, then `plan`; `courier` (see `delivery.rs`). All are for process context. The [`CpuOwner`] of a runtime is taken
//! with bottom halves off and held while its code runs, which takes none of the others.

use core::{
    cell::UnsafeCell,
    ptr, //
};
use kernel::{
    impl_has_work,
    new_mutex,
    new_work,
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Full, Relaxed},
        Arc,
        ArcBorrow,
        Mutex,
        SetOnce, //
    },
    workqueue::{Work, WorkItem}, //
};

use super::{
    parameters,
    vm::{Exposed, Vm}, //
};
use crate::linux::{
    context::Context,
    cpu_owner::{CpuOwner, Held, Refused},
    global::{Global, Installed},
    hook::{self, HookStacks, Over, Softirq},
    workqueue::OwnedQueue, //
};

mod attendant;
mod crew;
mod delivery;
mod entry;
mod failure;
mod outbox;
mod place;
mod resume;
mod seal;
mod sending;
mod slot;
mod status;
mod tally;
mod trouble;

pub(super) use self::sending::Outgoing;
use self::{
    attendant::Wants,
    delivery::Courier,
    failure::Note,
    seal::{Plan, Sealed},
    tally::Sends, //
};
pub(crate) use self::{
    crew::Crew,
    delivery::{Delivered, Destination, Origin},
    entry::{call, Called, Subject},
    resume::resume,
    seal::{seal, MOST_HOOKS},
    sending::{may_sleep, post},
    slot::{Slot, State as SlotState},
    status::{status, HookStatus},
    tally::{Missed, SendFigures},
};

/// A hook of the kernel that calls functions of a runtime.
pub(crate) trait KernelHook: Send + Sync {
    /// Makes the kernel call the hook from now on. Sleeps.
    fn attach(&self) -> Result;

    /// Takes the hook off; nothing if it is not attached. Calls that have begun may still run. The caller
    /// waits for a grace period before it drops the hook. Sleeps.
    fn detach(&self);
}

/// The queue of the attendants.
static QUEUE: Global<OwnedQueue> = Global::new();

/// What must exist for hooks to. It is dropped after all runtimes.
pub(crate) struct Hooks {
    // Dropped in this order: no attendant calls a hook when the stacks go.
    _queue: Installed<OwnedQueue>,
    _stacks: HookStacks,
}

impl Hooks {
    /// Prepares for hooks. To be called once, by the module's `init()`. Sleeps.
    pub(crate) fn new() -> Result<Self> {
        let stacks = HookStacks::new(parameters::hook_slice_ns());
        let queue = Arc::new(OwnedQueue::for_hooks()?, GFP_KERNEL)?;
        Ok(Self {
            _queue: QUEUE.set(queue)?,
            _stacks: stacks,
        })
    }
}

/// What a runtime has whose context is not a process.
///
/// # Invariants
///
/// - `vm` is null, or the runtime is sealed and has this VM. It is set to null before the VM is executed
///   in another way than by [`execute`](Self::execute), and a grace period later nobody uses it any more.
/// - Only who holds `owner` touches `note`.
#[pin_data]
pub(crate) struct Hooked {
    owner: CpuOwner,
    /// Whether hooks call their functions. A stop clears this first of all.
    open: Atomic<bool>,
    /// The time of one call, in nanoseconds.
    slice_ns: u64,
    /// Whether it is sealed, or was.
    sealed_once: Atomic<bool>,
    vm: Atomic<*mut Vm>,
    note: UnsafeCell<Note>,
    wants: Wants,
    /// Whether the VM executes what a process has resumed. Who holds `owner` sets it.
    resumed: Atomic<bool>,
    /// The calls so far. Who holds `owner` counts them.
    calls: Atomic<u64>,
    /// The other members of its crew, if it is the first one of a crew.
    crew: SetOnce<Crew>,
    /// The hooks of the script, once the runtime is sealed.
    slots: SetOnce<KVec<Arc<Slot>>>,
    /// What finalizers have cost.
    finalizers: trouble::Trouble,
    /// Whether they are not called any more until the runtime ends.
    finalizers_off: Atomic<bool>,
    /// The hooks of the script, until the runtime is sealed.
    #[pin]
    plan: Mutex<Plan>,
    /// There while the runtime is sealed.
    #[pin]
    sealed: Mutex<Option<Sealed>>,
    sends: Sends,
    #[pin]
    courier: Mutex<Courier>,
    #[pin]
    attendant: Work<Hooked>,
}

impl_has_work! {
    impl HasWork<Self> for Hooked { self.attendant }
}

// SAFETY: The type invariants say who uses what the pointer leads to, and the cell.
unsafe impl Send for Hooked {}
// SAFETY: As above.
unsafe impl Sync for Hooked {}

impl WorkItem for Hooked {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        attendant::attend(&this);
    }
}

/// Tells code that runs too long to end.
struct Watched<'a> {
    vm: &'a Exposed,
    /// How often its code was told to end.
    told: Atomic<u64>,
}

impl Over for Watched<'_> {
    fn over(&self, all: bool) {
        // Only one CPU stores, and nothing interrupts this on it that does.
        self.told
            .store(self.told.load(Relaxed).saturating_add(1), Relaxed);
        self.vm.interrupt_over(all);
    }
}

/// The VM was executed. The CPU still holds it.
struct Executed<'a> {
    _held: Held<'a>,
    /// The slices in which it ran, if it took too long so that it was told to end. Otherwise 0.
    slices: u64,
}

impl Hooked {
    /// Of a runtime that is not sealed yet.
    pub(super) fn new() -> Result<Arc<Self>> {
        let note = Note::new()?;
        Ok(Arc::pin_init(
            pin_init!(Self {
                owner: CpuOwner::new(),
                open: Atomic::new(false),
                slice_ns: parameters::hook_slice_ns(),
                sealed_once: Atomic::new(false),
                // INVARIANT: It is null.
                vm: Atomic::new(ptr::null_mut()),
                note: UnsafeCell::new(note),
                wants: Wants::none(),
                resumed: Atomic::new(false),
                calls: Atomic::new(0),
                crew: SetOnce::new(),
                slots: SetOnce::new(),
                finalizers: trouble::Trouble::new(),
                finalizers_off: Atomic::new(false),
                plan <- new_mutex!(Plan::new(), "lunatik::Hooked::plan"),
                sealed <- new_mutex!(None, "lunatik::Hooked::sealed"),
                sends: Sends::new(),
                courier <- new_mutex!(Courier::default(), "lunatik::Hooked::courier"),
                attendant <- new_work!("lunatik::Hooked::attendant"),
            }),
            GFP_KERNEL_ACCOUNT,
        )?)
    }

    /// Whether only hooks execute the runtime. In any context.
    pub(crate) fn is_sealed(&self) -> bool {
        self.sealed_once.load(Acquire)
    }

    /// Whether the code of the runtime, which calls this, works for a process: while the script is loaded, and
    /// when it is resumed. In any context.
    pub(crate) fn works_for_process(&self) -> bool {
        !self.is_sealed() || self.resumed.load(Relaxed)
    }

    /// Whether hooks call their functions.
    fn is_open(&self) -> bool {
        // Whoever finds it open looks for the VM, and may find none.
        self.open.load(Relaxed)
    }

    /// The VM, for the CPU that has `owner`.
    #[inline]
    fn sealed_vm<'a>(&'a self, _context: &'a Softirq) -> Result<&'a Vm, Missed> {
        // SAFETY: By the type invariant it is null or lives for a grace period from now on; bottom halves
        // are off, so that is not over before the context is left. Whoever executes it has `owner`. What was
        // written before the pointer is found through it, by the dependency.
        unsafe { self.vm.load(Relaxed).as_ref() }.ok_or(Missed::Closed)
    }

    /// Executes the VM: calls `body` with it on a stack for hooks. Waits up to `wait_ns` nanoseconds for
    /// another CPU that executes it. Then the caller has `owner` until it drops the result.
    #[inline]
    fn execute<'a>(
        &'a self,
        context: &'a Softirq,
        wait_ns: u64,
        body: impl Fn(&Vm),
    ) -> Result<Executed<'a>, Missed> {
        let held = self
            .owner
            .take(context, wait_ns)
            .map_err(|refused| match refused {
                Refused::Nested => Missed::Busy,
                Refused::Contended => Missed::Contended,
            })?;
        let vm = self.sealed_vm(context)?;
        let stack = hook::Stack::find(context).ok_or(Missed::Depth)?;
        let watched = Watched {
            vm: vm.exposed(),
            told: Atomic::new(0),
        };
        vm.begin_hook(Context::Softirq);
        hook::call(stack, &|| body(vm), &watched);
        vm.end_hook();
        let told = watched.told.load(Relaxed);
        // A stop closes first, and interrupts then. So its interrupt stays, or finds no code any more.
        if told != 0 && self.is_open() {
            vm.exposed().clear_interrupt();
        }
        Ok(Executed {
            _held: held,
            // It is told at the end of the second slice first, and then at the end of each.
            slices: if told == 0 { 0 } else { told.saturating_add(1) },
        })
    }

    /// What a failing call of `ns` nanoseconds counts, where calls have more time than they have by default.
    fn cost(&self, ns: u64) -> u64 {
        /// The default.
        const SLICE: u64 = 1_000_000;
        ns.checked_div(self.slice_ns / SLICE).unwrap_or(ns)
    }

    /// Counts a call, for the CPU that holds `owner`, and returns its number.
    fn count_call(&self) -> u64 {
        let number = self.calls.load(Relaxed).wrapping_add(1);
        self.calls.store(number, Relaxed);
        number
    }

    /// Makes the attendant do what is wanted. In any context but NMI.
    fn want(self: ArcBorrow<'_, Self>, wants: u32) {
        if self.wants.add(wants) {
            // If it is queued already, it has not looked yet.
            QUEUE.with(|queue| drop(queue.enqueue(Arc::from(self)).err()));
        }
    }

    /// From now on hooks do not call their functions, and the attendant takes them off. Code that runs ends
    /// at once. For a stop; in any context but NMI. Does nothing if the runtime is not sealed.
    pub(super) fn close(self: ArcBorrow<'_, Self>) {
        self.open.xchg(false, Full);
        // Where interrupts are off, the code has the rest of its slice.
        if let Some(context) = Softirq::enter() {
            if let Ok(vm) = self.sealed_vm(&context) {
                vm.exposed().interrupt_hook();
            }
        }
        self.want(attendant::DISARM);
    }

    /// Stops a function of this runtime for good; its hook is taken off soon. In any context but NMI.
    pub(crate) fn stop_slot(self: ArcBorrow<'_, Self>, slot: &Slot) {
        slot.stop();
        self.want(attendant::DETACH);
    }

    /// The hooks of the script; none until the runtime is sealed. In any context.
    pub(crate) fn slots(&self) -> &[Arc<Slot>] {
        self.slots.as_ref().map_or(&[], |slots| slots)
    }

    /// What its hooks have sent. In any context.
    pub(crate) fn sends(&self) -> SendFigures {
        self.sends.figures()
    }

    /// The nanoseconds of CPU time that hooks have used. In any context.
    pub(super) fn used_ns(&self) -> u64 {
        let used = self.slots().iter().map(|slot| slot.tally().figures().ns);
        used.fold(0, u64::saturating_add)
    }
}
