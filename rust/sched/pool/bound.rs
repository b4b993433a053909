// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Runtimes that are bound to one worker of their pool, and pools that are made for a script.
//!
//! A runtime is bound only while its owner executes it, or before it is started. So the queue that it
//! lies in is always the right one.

use kernel::{
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        Arc, //
    },
};

use super::{context::Context, Pool, Shared, MAX_CONTEXTS, NEXT_NUMBER};
use crate::{
    linux::{
        account::{kmalloc_size, Account, Charge},
        cpu,
    },
    runtime::instance::Runtime,
};

/// About how many bytes a workqueue needs, and how many more for each CPU.
const WORKQUEUE: (usize, usize) = (1024, 512);

/// The first CPU of the next pool of a script, modulo the number of CPUs.
static NEXT_CPU: Atomic<u32> = Atomic::new(0);

impl Pool {
    /// Makes a pool for a script, which executes `threads` runtimes at a time, from 1 to
    /// [`MAX_CONTEXTS`]. The memory counts against `account`. The threads are on the CPUs that
    /// follow those of the previous pool, so that many small pools use all CPUs. May sleep.
    ///
    /// Only for code of runtimes. Fails with `ENOMEM`.
    pub(crate) fn of_script(threads: u32, account: &Arc<Account>) -> Result<Arc<Self>> {
        let (workqueue, each_cpu) = WORKQUEUE;
        let bytes = (cpu::online() as usize)
            .saturating_mul(each_cpu)
            .saturating_add(workqueue)
            .saturating_add(kmalloc_size(size_of::<Shared>()));
        let charge = Charge::new(account, bytes)?;
        let threads = threads.clamp(1, MAX_CONTEXTS);
        let first_cpu = NEXT_CPU.fetch_add(threads, Relaxed);
        let number = NEXT_NUMBER.fetch_add(1, Relaxed);
        Self::make(threads, number, first_cpu, charge)
    }

    /// As [`of_script`](Self::of_script) with one thread; with `is_single`, the pool never gets a second
    /// one.
    pub(crate) fn for_context(is_single: bool, account: &Arc<Account>) -> Result<Arc<Self>> {
        let pool = Self::of_script(1, account)?;
        pool.is_single.store(is_single, Relaxed);
        Ok(pool)
    }
}

impl Shared {
    /// The context that the runtime is bound to.
    pub(super) fn home(&self, runtime: &Runtime) -> Option<&Context> {
        let number = runtime.pooled().bound()?;
        self.contexts.get(number)
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
