// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Runtimes that are bound to one worker of their pool, and pools that are made for a script.
//!
//! A runtime is bound only while its owner executes it, or before it is started. So the queue that it
//! lies in is always the right one.

use kernel::{prelude::*, sync::Arc};

use super::{context::Context, drainer::Drainer, Pool, Shared, MAX_CONTEXTS};
use crate::{
    linux::{
        account::{kmalloc_size, Account, Charge},
        cpu,
    },
    runtime::instance::Runtime,
};

/// About how many bytes a workqueue needs, and how many more for each CPU.
const WORKQUEUE: (usize, usize) = (1024, 512);

impl Pool {
    /// As [`new`](Self::new), for a script: the memory counts against `account`.
    pub(crate) fn of_script(threads: u32, account: &Arc<Account>) -> Result<Arc<Self>> {
        let threads = threads.clamp(1, MAX_CONTEXTS);
        let drainers = kmalloc_size(size_of::<Drainer>()).saturating_mul(2);
        let each = kmalloc_size(size_of::<Context>()).saturating_add(drainers);
        let (workqueue, each_cpu) = WORKQUEUE;
        let bytes = (threads as usize)
            .saturating_mul(each)
            .saturating_add((cpu::online() as usize).saturating_mul(each_cpu))
            .saturating_add(workqueue);
        Self::charged(threads, Charge::new(account, bytes)?)
    }
}

impl Shared {
    /// The context that the runtime is bound to.
    pub(super) fn home(&self, runtime: &Runtime) -> Option<&Context> {
        let number = runtime.pooled().bound()?;
        self.contexts.get(number as usize).map(|context| &**context)
    }

    /// As [`add`](Self::add), for a runtime that is bound to the worker of `home`.
    pub(super) fn add_bound(&self, home: &Context, runtime: Arc<Runtime>) {
        home.add_bound(runtime);
        home.kick(self);
    }

    /// Queues a runtime that was woken while it left its thread, which is a drainer of `context`.
    pub(super) fn add_again(&self, context: &Context, runtime: Arc<Runtime>) {
        match self.home(&runtime) {
            None => {
                context.add(runtime);
            }
            Some(home) => self.add_bound(home, runtime),
        }
    }

    /// Queues a runtime that has used up its slice on a drainer of `context`.
    pub(super) fn add_expired(&self, context: &Context, runtime: Arc<Runtime>) {
        match self.home(&runtime) {
            None => context.add_expired(runtime),
            Some(home) => {
                home.add_bound_expired(runtime);
                home.kick(self);
            }
        }
    }
}
