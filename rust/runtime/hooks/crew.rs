// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Crews: the same script in a runtime for each CPU.
//!
//! The kernel has the hooks of the first member, which pass each call to the member of the CPU that they run
//! on. So the members wait for nobody. A CPU without a member, because it came later, uses the first one.

use kernel::{prelude::*, sync::Arc};

use super::{seal::Plan, slot::Slot, Hooked};
use crate::runtime::instance::Runtime;

/// Another member than the first one.
struct Member {
    hooked: Arc<Hooked>,
    /// Its slots, in the order of those of the first member.
    slots: KVec<Arc<Slot>>,
}

/// The other members, by the numbers of their CPUs. Only the first member has this.
pub(crate) struct Crew {
    members: KVec<Option<Member>>,
}

impl Crew {
    /// A crew without other members, and room for those of `cpus` CPUs. Sleeps.
    pub(crate) fn new(cpus: usize) -> Result<Self> {
        let mut members = KVec::with_capacity(cpus, GFP_KERNEL_ACCOUNT)?;
        for _ in 0..cpus {
            members.push(None, GFP_KERNEL_ACCOUNT)?;
        }
        Ok(Self { members })
    }

    /// Adds `runtime` as the member of a CPU, whose hooks are those of `first`. Fails with `EINVAL` if they
    /// are not. Sleeps.
    pub(crate) fn add(&mut self, cpu: u32, runtime: &Runtime, first: &Hooked) -> Result {
        let hooked = runtime.hooked().ok_or(EINVAL)?;
        let mut slots = KVec::new();
        first.with_slots(|wanted| {
            hooked.with_slots(|own| {
                let same =
                    wanted.len() == own.len() && wanted.iter().zip(own).all(|(a, b)| a.is_like(b));
                if !same {
                    return Err(EINVAL);
                }
                for slot in own {
                    slots.push(slot.clone(), GFP_KERNEL_ACCOUNT)?;
                }
                Ok(())
            })
        })?;
        let place = usize::try_from(cpu)
            .ok()
            .and_then(|cpu| self.members.get_mut(cpu));
        *place.ok_or(EINVAL)? = Some(Member {
            hooked: hooked.clone(),
            slots,
        });
        Ok(())
    }

    /// The runtime of a CPU, and its slot with that number. `None` if the first member serves.
    #[inline]
    pub(super) fn pick(&self, cpu: u32, slot: usize) -> Option<(&Arc<Hooked>, &Arc<Slot>)> {
        let member = self.members.get(cpu as usize)?.as_ref()?;
        Some((&member.hooked, member.slots.get(slot)?))
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
        let hooks = Plan::take_hooks(&mut plan);
        drop(plan);
        // None was attached.
        drop(hooks);
    }
}
