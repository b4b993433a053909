// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Sealing: from here to the stop of a runtime, hooks alone execute it.

use core::ptr;
use kernel::{
    prelude::*,
    sync::{
        atomic::{Full, Release},
        Arc, //
    },
};

use super::{
    super::{
        chain::{Chain, SuspendedOwner},
        instance::{Entered, Keep, Runtime}, //
    },
    slot::Slot,
    Hooked,
    KernelHook, //
};
use crate::linux::{hook::HookStacks, rcu};

/// The most hooks of one runtime.
pub(crate) const MOST_HOOKS: usize = 64;

/// The hooks that a script has registered while it was loaded.
pub(super) struct Plan {
    slots: KVec<Arc<Slot>>,
    /// Those of the kernel, in the same order. Taken by sealing.
    hooks: KVec<KBox<dyn KernelHook>>,
    /// Whether no more are taken.
    is_sealed: bool,
}

impl Plan {
    pub(super) const fn new() -> Self {
        Self {
            slots: KVec::new(),
            hooks: KVec::new(),
            is_sealed: false,
        }
    }

    /// Takes the hooks for the kernel; the slots stay.
    pub(super) fn take_hooks(&mut self) -> KVec<KBox<dyn KernelHook>> {
        core::mem::take(&mut self.hooks)
    }

    /// Whether the slots are for the same hooks as those of another member of a crew.
    pub(super) fn is_like(&self, slots: &[Arc<Slot>]) -> bool {
        let mut pairs = self.slots.iter().zip(slots);
        self.slots.len() == slots.len() && pairs.all(|(a, b)| a.is_like(b))
    }
}

/// What a sealed runtime has.
pub(super) struct Sealed {
    owner: SuspendedOwner,
    pub(super) runtime: Arc<Runtime>,
    /// In the order of the slots.
    hooks: KVec<KBox<dyn KernelHook>>,
    _keep: Keep,
}

impl Hooked {
    /// The number that the next slot gets. Fails with `EPERM` if the runtime is sealed, and with `ENOSPC` if
    /// it has too many hooks. For the code that loads the script.
    pub(crate) fn next_slot(&self) -> Result<usize> {
        let plan = self.plan.lock();
        if plan.is_sealed {
            Err(EPERM)
        } else if plan.slots.len() >= MOST_HOOKS {
            Err(ENOSPC)
        } else {
            Ok(plan.slots.len())
        }
    }

    /// Plans that `hook` calls the function of `slot` once the runtime is sealed. As
    /// [`next_slot`](Self::next_slot), of which the slot has its number. Sleeps.
    pub(crate) fn plan(&self, slot: Arc<Slot>, hook: KBox<dyn KernelHook>) -> Result {
        let mut plan = self.plan.lock();
        if plan.is_sealed || slot.number() != plan.slots.len() {
            return Err(EPERM);
        }
        plan.slots.reserve(1, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        plan.hooks.push(hook, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        plan.slots.push(slot, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        Ok(())
    }
}

/// Seals the runtime that was entered to load its script, if it has a class. A script that nothing can call
/// any more ends instead, as any other. Fails if the kernel refuses a hook, or there is no memory; then the
/// runtime ends. Sleeps.
pub(crate) fn seal(entered: Entered<'_>) -> Result {
    let Some(hooked) = entered.hooked().cloned() else {
        return Ok(());
    };
    let runtime = entered.to_arc();
    let mut plan = hooked.plan.lock();
    plan.is_sealed = true;
    let hooks = plan.take_hooks();
    let slots = core::mem::take(&mut plan.slots);
    drop(plan);
    let is_called = !slots.is_empty() || entered.vm().body().is_some();
    // Nobody else does this.
    hooked.slots.populate(slots);
    if !is_called {
        return Ok(());
    }
    let made = HookStacks::make().and_then(|()| {
        let chain = Chain::new()?;
        let memcg = runtime.memcg();
        memcg.charge(|| entered.vm().outgoing().open(&runtime))?;
        entered.vm().make_room_to_lend()?;
        hooked.sealed_once.store(true, Release);
        entered.hand_over(&chain);
        if !entered.state().seal() {
            return Err(ENOMEM);
        }
        entered.vm().begin_reserve()
    });
    if let Err(error) = made {
        entered.end_when_left();
        return Err(error);
    }
    let vm = ptr::from_ref(entered.vm()).cast_mut();
    let Some(owner) = entered.suspend_sealed() else {
        return Err(ENODEV);
    };
    // INVARIANT: From here on only `execute()` executes it. `unseal()` undoes this.
    hooked.vm.store(vm, Release);
    let mut sealed = hooked.sealed.lock();
    let stored = sealed.insert(Sealed {
        owner,
        _keep: Keep::new(&runtime),
        runtime: runtime.clone(),
        hooks,
    });
    hooked.open.xchg(true, Full);
    let attached = stored.hooks.iter().try_for_each(|hook| hook.attach());
    drop(sealed);
    if let Err(error) = attached {
        hooked.open.xchg(false, Full);
        runtime.request_stop();
        hooked.unseal();
        return Err(error);
    }
    if runtime.stop_requested() {
        // The stop may have come before there was something to close.
        hooked.as_arc_borrow().close();
    }
    Ok(())
}

impl Hooked {
    /// Drops the hooks of a script that ends before it was sealed: they hold this. Sleeps.
    pub(in super::super) fn abandon_plan(&self) {
        let mut plan = self.plan.lock();
        plan.is_sealed = true;
        let hooks = core::mem::take(&mut plan.hooks);
        drop(plan);
        drop(hooks);
    }

    /// Takes the hooks off, and gives the runtime up, which ends if it was told to stop. Does nothing if
    /// the runtime is not sealed. Sleeps.
    pub(super) fn unseal(&self) {
        let Some(sealed) = self.sealed.lock().take() else {
            return;
        };
        for hook in sealed.hooks.iter() {
            hook.detach();
        }
        self.vm.xchg(ptr::null_mut(), Full);
        // After this, no hook calls and nobody executes the VM: all of that has bottom halves off.
        rcu::synchronize_rcu_expedited();
        let Sealed {
            owner,
            runtime,
            hooks,
            _keep,
        } = sealed;
        drop(hooks);
        // The interrupt was for calls of hooks; finalizers have yet to run.
        runtime.clear_interrupt();
        let entered = Entered::resume_sealed(runtime.as_arc_borrow(), owner);
        if let Some(entered) = &entered {
            self.deliver_rest(entered);
            entered.vm().end_reserve();
            entered.state().unseal();
        }
        // Tears it down.
        drop(entered);
    }

    /// Takes the hooks off whose slots were stopped. Sleeps.
    pub(super) fn detach_stopped(&self) {
        let sealed = self.sealed.lock();
        let Some(sealed) = &*sealed else {
            return;
        };
        for (slot, hook) in self.slots().iter().zip(sealed.hooks.iter()) {
            if slot.state() == super::SlotState::Stopped {
                hook.detach();
            }
        }
    }

    /// The runtime, while it is sealed.
    pub(super) fn runtime(&self) -> Option<Arc<Runtime>> {
        self.sealed
            .lock()
            .as_ref()
            .map(|sealed| sealed.runtime.clone())
    }
}
