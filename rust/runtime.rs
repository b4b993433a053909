// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Runtimes: Lua virtual machines with a life, limits, a name and a log.

pub(crate) mod at_end;
pub(crate) mod chain;
pub(crate) mod children;
pub(crate) mod directory;
pub(crate) mod execute;
pub(crate) mod executor;
pub(crate) mod handle;
mod heap;
pub(crate) mod hooks;
pub(crate) mod instance;
pub(crate) mod interruptible;
pub(crate) mod live;
pub(crate) mod log;
pub(crate) mod mail;
pub(crate) mod message;
pub(crate) mod meter;
pub(crate) mod objects;
pub(crate) mod parameters;
pub(crate) mod parking;
pub(crate) mod parts;
pub(crate) mod percpu;
pub(crate) mod permissions;
pub(crate) mod pooled;
pub(crate) mod profile;
pub(crate) mod program;
pub(crate) mod rcu_table;
pub(crate) mod reaper;
pub(crate) mod registry;
mod shared;
pub(crate) mod sink;
pub(crate) mod sort;
pub(crate) mod surroundings;
pub(crate) mod timers;
pub(crate) mod totals;
pub(crate) mod tracing;
pub(crate) mod userdata;
pub(crate) mod vm;
pub(crate) mod waiters;
pub(crate) mod waiting;

use kernel::prelude::*;

/// What must exist for runtimes to. Dropping it stops all of them.
pub(crate) struct Runtimes {
    // Dropped in this order: the names, then what is in the tables, which may be counters,
    // last the list of runtimes.
    _registry: registry::Registry,
    tables: rcu_table::Tables,
    _percpu: percpu::Names,
    _shared: shared::Shared,
    _live: live::List,
}

impl Runtimes {
    /// Prepares for runtimes, whose code finds what `library` opens.
    ///
    /// # Safety
    ///
    /// To be called once, by the module's `init()`, before any other function of this folder but
    /// [`chain::GraphLock::new`].
    pub(crate) unsafe fn new(library: vm::Open) -> Result<Self> {
        vm::set_library(library);
        let live = live::List::new()?;
        // SAFETY: The caller promises that this is called once, before any runtime or table exists.
        let tables = unsafe {
            interruptible::init();
            rcu_table::Tables::new()?
        };
        // Each of these may fail, and what was made before goes then, the last one first.
        let registry = registry::Registry::new()?;
        Ok(Self {
            _registry: registry,
            tables,
            _percpu: percpu::Names::new()?,
            _shared: shared::Shared::new()?,
            _live: {
                totals::clear();
                live
            },
        })
    }
}

impl Drop for Runtimes {
    fn drop(&mut self) {
        live::close();
        shutdown(instance::DEFAULT_GRACE_MS);
        // Handles in tables may end child runtimes, so these come before the tables go.
        self.tables.close();
        shutdown(0);
    }
}

/// Stops every runtime and returns when they are gone.
pub(crate) fn shutdown(grace_ms: u32) {
    let mut id = 0;
    while let Some(runtime) = live::next(id) {
        id = runtime.id();
        runtime.request_stop();
    }
    let mut id = 0;
    while let Some(runtime) = live::next(id) {
        id = runtime.id();
        if let Err(error) = runtime.as_arc_borrow().stop(None, grace_ms) {
            pr_warn!("a runtime could not be stopped: {error:?}\n");
        }
    }
}
