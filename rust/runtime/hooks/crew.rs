// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Crews: the same script in a runtime for each CPU.
//!
//! The kernel has the hooks of the first member, which pass each call to the member of the CPU that they run
//! on. So the members wait for nobody. A CPU without a member, because it came later, uses the first one.

use kernel::{prelude::*, sync::Arc};

use super::{slot::Slot, Hooked};
use crate::runtime::instance::Runtime;

/// The other members, by the numbers of their CPUs. Only the first member has this.
pub(crate) struct Crew {
    members: KVec<Option<Arc<Hooked>>>,
}

impl Crew {
    /// A crew without other members, and room for those of `cpus` CPUs. Sleeps.
    pub(crate) fn new(cpus: usize) -> Result<Self> {
        let mut members = KVec::with_capacity(cpus, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        for _ in 0..cpus {
            members.push(None, GFP_NOWAIT)?;
        }
        Ok(Self { members })
    }

    /// Adds `runtime`, which is sealed, as the member of a CPU. Fails with `EINVAL` if its hooks are not those
    /// of `first`, which is not sealed yet. Sleeps.
    pub(crate) fn add(&mut self, cpu: u32, runtime: &Runtime, first: &Hooked) -> Result {
        let hooked = runtime.hooked().ok_or(EINVAL)?;
        if !first.plan.lock().is_like(hooked.slots()) {
            return Err(EINVAL);
        }
        let place = usize::try_from(cpu).ok();
        let place = place.and_then(|cpu| self.members.get_mut(cpu));
        *place.ok_or(EINVAL)? = Some(hooked.clone());
        Ok(())
    }

    /// The runtime of a CPU, and its slot with that number. `None` if the first member serves.
    #[inline]
    pub(super) fn pick(&self, cpu: u32, slot: usize) -> Option<(&Arc<Hooked>, &Arc<Slot>)> {
        let hooked = self.members.get(cpu as usize)?.as_ref()?;
        Some((hooked, hooked.slots().get(slot)?))
    }
}

impl Hooked {
    /// Makes this the first member of a crew. To be called once, before it is sealed.
    pub(crate) fn lead(&self, crew: Crew) -> Result {
        match self.crew.populate(crew) {
            true => Ok(()),
            false => Err(EBUSY),
        }
    }

    /// Makes this a member of a crew that is led by another one: the kernel does not get its hooks.
    pub(crate) fn follow(&self) {
        let mut plan = self.plan.lock();
        let hooks = plan.take_hooks();
        drop(plan);
        // None was attached.
        drop(hooks);
    }
}
