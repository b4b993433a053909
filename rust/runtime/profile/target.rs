// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A runtime that a profile samples.

use core::ptr;
use kernel::{
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Relaxed, Release},
        Arc, //
    },
};

use super::{
    super::{
        instance::{Activity, Kind, Runtime},
        vm::Exposed, //
    },
    Profile,
    Refused, //
};

/// A runtime that a profile samples.
///
/// The profile lists it until the profile or the runtime ends; then it is taken out of both lists.
/// So the references from it make no circle that lasts.
///
/// # Invariants
///
/// While the runtime lists it, `vm` is the runtime's VM, which lives.
pub(in super::super) struct Target {
    profile: Arc<Profile>,
    runtime: Arc<Runtime>,
    vm: Atomic<*mut Exposed>,
    /// What the stacks of the runtime begin with.
    name: KVec<u8>,
    is_named: bool,
    /// The samples that its code has not taken yet.
    due: Atomic<u64>,
}

// SAFETY: The VM's part that `vm` leads to may be used on all CPUs.
unsafe impl Send for Target {}
// SAFETY: As above.
unsafe impl Sync for Target {}

impl Target {
    /// A target that is in no list.
    pub(super) fn new(
        profile: &Arc<Profile>,
        runtime: &Arc<Runtime>,
        is_named: bool,
    ) -> Result<Arc<Self>, Refused> {
        // INVARIANT: The runtime does not list it.
        Ok(Arc::new(
            Self {
                profile: profile.clone(),
                runtime: runtime.clone(),
                vm: Atomic::new(ptr::null_mut()),
                name: shown_name(runtime)?,
                is_named,
                due: Atomic::new(0),
            },
            GFP_KERNEL_ACCOUNT,
        )?)
    }

    /// The runtime.
    pub(super) fn runtime(&self) -> &Arc<Runtime> {
        &self.runtime
    }

    /// The profile.
    pub(in super::super) fn profile(&self) -> &Arc<Profile> {
        &self.profile
    }

    /// Whether the profile is about this runtime, rather than about one that has made it.
    pub(super) fn is_named(&self) -> bool {
        self.is_named
    }

    /// Notes the VM.
    ///
    /// # Safety
    ///
    /// The runtime must own it, and take the target out of its list before it drops the VM.
    pub(in super::super) unsafe fn set_vm(&self, vm: &Exposed) {
        // INVARIANT: As the caller promises.
        self.vm.store(ptr::from_ref(vm).cast_mut(), Release);
    }

    /// Makes the code attend.
    ///
    /// # Safety
    ///
    /// The runtime must list the target until this returns.
    pub(in super::super) unsafe fn look_up(&self) {
        // SAFETY: By the type invariant it is null or lives, as the caller promises.
        if let Some(vm) = unsafe { self.vm.load(Acquire).as_ref() } {
            vm.look_up();
        }
    }

    /// Takes the samples that are due.
    pub(super) fn take_due(&self) -> u64 {
        self.due.xchg(0, Relaxed)
    }

    /// A tick of the profile. In a softirq.
    pub(super) fn tick(&self) {
        let waits: &[u8] = match self.runtime.activity() {
            Activity::Runs => {
                self.due.fetch_add(1, Relaxed);
                self.runtime.want_sample(self);
                return;
            }
            Activity::Waits(what) => what,
            Activity::Over => return,
        };
        self.profile.count(&self.name, waits, 1);
    }

    /// The code was sampled.
    pub(in super::super) fn sampled(&self, calls: &[u8], is_cut: bool) {
        let count = self.take_due();
        if count == 0 {
            return;
        }
        self.profile.count(&self.name, calls, count);
        if is_cut {
            self.profile.cut.fetch_add(count, Relaxed);
        }
    }

    /// The code could not be sampled.
    pub(in super::super) fn lose(&self) {
        self.profile.lost.fetch_add(self.take_due(), Relaxed);
    }
}

/// The name of a runtime, without bytes that would end a call or a line; with its kind if it is part
/// of a script.
fn shown_name(runtime: &Runtime) -> Result<KVec<u8>, Refused> {
    let mut name = KVec::new();
    let mut append = |bytes: &[u8]| {
        for byte in bytes {
            let shown = match *byte {
                b';' | ..b' ' | 0x7f => b'?',
                byte => byte,
            };
            name.push(shown, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        }
        Ok::<_, Refused>(())
    };
    append(runtime.name())?;
    if runtime.kind().is_part() || runtime.kind() == Kind::Worker {
        append(b" (")?;
        append(runtime.kind().name().as_bytes())?;
        append(b")")?;
    }
    Ok(name)
}
