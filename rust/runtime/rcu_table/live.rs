// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! All RCU tables, so that those which hold each other in a circle are emptied, too, before the
//! module's code goes away.
//!
//! Lock order: [`LIVE`], then a table's lock.

use core::{
    cell::UnsafeCell,
    ptr, //
};
use kernel::prelude::*;

use super::{
    budget,
    reclaim::{self, Reclaimer},
    RcuTable, //
};

/// Tables alive at one time, in all.
pub(crate) const MAX_TABLES: usize = 65_536;

/// Turns that unloading waits for references to go away, a grace period each.
const PATIENCE: usize = 100;

struct Live {
    first: *const RcuTable,
    count: usize,
    closed: bool,
}

// SAFETY: Tables are `Sync`, and the list is only followed under the lock.
unsafe impl Send for Live {}

kernel::sync::global_lock! {
    // SAFETY: `Tables::new()` initialises it before there is any table.
    unsafe(uninit) static LIVE: Mutex<Live> = Live {
        first: ptr::null(),
        count: 0,
        closed: false,
    };
}

/// The neighbours of a table in the list. Guarded by [`LIVE`].
pub(super) struct Links(UnsafeCell<Neighbours>);

#[derive(Clone, Copy)]
struct Neighbours {
    previous: *const RcuTable,
    next: *const RcuTable,
    listed: bool,
}

// SAFETY: The cell is only touched with `LIVE` held.
unsafe impl Send for Links {}
// SAFETY: As above.
unsafe impl Sync for Links {}

impl Links {
    pub(super) fn new() -> Self {
        Self(UnsafeCell::new(Neighbours {
            previous: ptr::null(),
            next: ptr::null(),
            listed: false,
        }))
    }
}

/// Puts a new table on the list; fails if there are too many. May sleep: where tables only wait to
/// be freed, so does the caller.
pub(super) fn add(table: &RcuTable) -> Result {
    match try_add(table) {
        Err(error) if error == ENOSPC => {
            reclaim::wait();
            try_add(table)
        }
        result => result,
    }
}

fn try_add(table: &RcuTable) -> Result {
    let mut live = LIVE.lock();
    if live.closed {
        return Err(ESHUTDOWN);
    }
    if live.count >= MAX_TABLES {
        return Err(ENOSPC);
    }
    live.count += 1;
    // SAFETY: `LIVE` is held, and a listed table lives.
    unsafe {
        if let Some(first) = live.first.as_ref() {
            (*first.links.0.get()).previous = table;
        }
        *table.links.0.get() = Neighbours {
            previous: ptr::null(),
            next: live.first,
            listed: true,
        };
    }
    live.first = table;
    Ok(())
}

/// Takes a table off the list, which is about to be freed.
pub(super) fn remove(table: &RcuTable) {
    let mut live = LIVE.lock();
    // SAFETY: `LIVE` is held.
    let Neighbours {
        previous,
        next,
        listed,
    } = unsafe { *table.links.0.get() };
    if !listed {
        return;
    }
    live.count = live.count.saturating_sub(1);
    // SAFETY: `LIVE` is held, and a listed table lives.
    unsafe {
        match previous.as_ref() {
            Some(previous) => (*previous.links.0.get()).next = next,
            None => live.first = next,
        }
        if let Some(next) = next.as_ref() {
            (*next.links.0.get()).previous = previous;
        }
        (*table.links.0.get()).listed = false;
    }
}

/// The tables that exist now.
pub(crate) fn count() -> usize {
    LIVE.lock().count
}

/// Forbids new tables and empties all that there are.
fn close() {
    let mut live = LIVE.lock();
    live.closed = true;
    let mut at = live.first;
    // SAFETY: `LIVE` is held, and a listed table lives.
    while let Some(table) = unsafe { at.as_ref() } {
        table.close();
        // SAFETY: As above.
        at = unsafe { (*table.links.0.get()).next };
        crate::linux::task::cond_resched();
    }
}

/// The existence of RCU tables. The module drops it after all that uses them.
pub(crate) struct Tables {
    _reclaimer: Reclaimer,
}

impl Tables {
    /// Prepares for tables.
    ///
    /// # Safety
    ///
    /// To be called once, before any table exists.
    pub(crate) unsafe fn new() -> Result<Self> {
        // SAFETY: As the caller promises.
        unsafe { LIVE.init() };
        budget::init();
        Ok(Self {
            _reclaimer: Reclaimer::new()?,
        })
    }

    /// Empties all tables for good and returns when what was in them is released.
    ///
    /// From then on nothing can be put into a table. To be called when all runtimes are stopped,
    /// and while that which releases handles still works.
    pub(crate) fn close(&self) {
        close();
        for _ in 0..PATIENCE {
            if reclaim::is_idle() {
                break;
            }
            reclaim::wait();
        }
    }
}

impl Drop for Tables {
    fn drop(&mut self) {
        self.close();
        let left = count();
        if left > 0 {
            pr_err!("{left} RCU tables are still referred to\n");
        }
    }
}
