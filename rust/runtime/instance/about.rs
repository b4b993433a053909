// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What others ask a runtime about itself.

use kernel::{
    prelude::*,
    sync::{
        atomic::{Full, Relaxed},
        Arc,
        SetOnce, //
    },
    time::Delta, //
};

use super::{
    super::{
        hooks::Hooked,
        mail::{Count, Figures, Mail}, //
    },
    phase::{Kind, Phase},
    sampled::Sampled,
    Runtime, //
};
use crate::linux::{context::Context, net_namespace::NetNamespace};

/// What does not change. It has a block of its own: inside the runtime it would push the runtime into the next
/// size class, twice as large.
pub(super) struct About {
    pub(super) context: Context,
    pub(super) cpu: Option<u32>,
    pub(super) net: NetNamespace,
    /// There unless the context is a process.
    pub(super) hooked: Option<Arc<Hooked>>,
    /// The profiles that sample it. This changes, but nothing that the rest says.
    pub(super) sampled: Pin<KBox<Sampled>>,
    /// The queues from which it receives; set with the first one.
    pub(super) mail: SetOnce<Pin<KBox<Mail>>>,
}

impl Runtime {
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

    /// The context in which its code runs once it is loaded. Loading takes place in process context.
    pub(crate) fn context(&self) -> Context {
        self.about.context
    }

    /// The CPU that it is for, as a member of a crew.
    pub(crate) fn cpu(&self) -> Option<u32> {
        self.about.cpu
    }

    /// What it has for hooks, unless its context is a process.
    pub(crate) fn hooked(&self) -> Option<&Arc<Hooked>> {
        self.about.hooked.as_ref()
    }

    /// Creates the counters of a new queue from which only this runtime receives. Only for the
    /// creator of a new runtime, or for the thread that executes it. Sleeps. Fails with `ENOMEM`.
    pub(crate) fn count_messages(&self) -> Result<Count> {
        let mail = &self.about.mail;
        if mail.as_ref().is_none() {
            mail.populate(KBox::pin_init(Mail::new(), GFP_KERNEL_ACCOUNT)?);
        }
        mail.as_ref().ok_or(EBUSY)?.count(&self.account)
    }

    /// The messages that wait for it and those that it has received; none if it has never had a queue. Sleeps.
    pub(crate) fn messages(&self) -> Option<Figures> {
        self.about.mail.as_ref().map(|mail| mail.figures())
    }

    /// The network namespace of its hooks.
    pub(crate) fn net(&self) -> &NetNamespace {
        &self.about.net
    }

    /// Where it is in its life.
    pub(crate) fn phase(&self) -> Phase {
        self.life.phase()
    }

    /// How long ago it was created.
    pub(crate) fn age(&self) -> Delta {
        self.started.elapsed()
    }

    /// Notes one more handle.
    pub(in super::super) fn add_handle(&self) {
        self.handles.fetch_add(1, Relaxed);
    }

    /// Notes that a handle is gone. Returns whether that was the last one.
    pub(in super::super) fn remove_handle(&self) -> bool {
        self.handles.fetch_sub(1, Full) == 1
    }
}
