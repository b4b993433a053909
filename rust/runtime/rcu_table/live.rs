// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! All RCU tables. The list is needed to empty tables that refer to each other in a cycle before
//! the module's code goes away.
//!
//! Lock order: [`LIVE`], then a table's lock.

use core::ptr;
use kernel::{
    prelude::*,
    sync::{GlobalGuard, GlobalLockedBy}, //
};

use super::{
    budget,
    reclaim::{self, Reclaimer},
    RcuTable, //
};

/// Tables alive at one time, in all.
pub(crate) const MAX_TABLES: usize = 65_536;

/// How often unloading waits for references to go away, one grace period each time.
const PATIENCE: usize = 100;

/// A table that is on the list, or null.
///
/// # Invariants
///
/// The table lives: it takes itself off the list, with [`LIVE`] held, before it is freed.
#[derive(Clone, Copy)]
struct Listed(*const RcuTable);

// SAFETY: Tables are `Sync`.
unsafe impl Send for Listed {}

impl Listed {
    const NONE: Self = Self(ptr::null());

    /// The table, which stays while the lock is held.
    fn get<'a>(self, _live: &'a GlobalGuard<LIVE>) -> Option<&'a RcuTable> {
        // SAFETY: By the type invariant.
        unsafe { self.0.as_ref() }
    }
}

struct Live {
    first: Listed,
    count: usize,
    closed: bool,
}

kernel::sync::global_lock! {
    // SAFETY: `Tables::new()` initialises it before there is any table.
    unsafe(uninit) static LIVE: Mutex<Live> = Live {
        first: Listed::NONE,
        count: 0,
        closed: false,
    };
}

/// The neighbours of a table in the list.
pub(super) struct Links(GlobalLockedBy<Neighbours, LIVE>);

struct Neighbours {
    previous: Listed,
    next: Listed,
    listed: bool,
}

impl Links {
    pub(super) fn new() -> Self {
        Self(GlobalLockedBy::new(Neighbours {
            previous: Listed::NONE,
            next: Listed::NONE,
            listed: false,
        }))
    }
}

/// Changes the neighbours of `table`, if there is one.
fn change(live: &mut GlobalGuard<LIVE>, table: Listed, with: impl FnOnce(&mut Neighbours)) {
    // SAFETY: By the type invariant the table lives, and stays while the lock is held.
    if let Some(table) = unsafe { table.0.as_ref() } {
        with(table.links.0.as_mut(live));
    }
}

/// Puts a new table on the list. If there are too many, waits until removed tables are freed, and
/// tries once more; fails if there are still too many. May sleep.
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
    let (listed, next) = (Listed(table), live.first);
    change(&mut live, next, |first| first.previous = listed);
    *table.links.0.as_mut(&mut live) = Neighbours {
        previous: Listed::NONE,
        next,
        listed: true,
    };
    // INVARIANT: It lives, and takes itself off when it is dropped.
    live.first = listed;
    Ok(())
}

/// Takes a table that is about to be freed off the list.
pub(super) fn remove(table: &RcuTable) {
    let mut live = LIVE.lock();
    let links = table.links.0.as_mut(&mut live);
    if !core::mem::replace(&mut links.listed, false) {
        return;
    }
    let (previous, next) = (links.previous, links.next);
    live.count = live.count.saturating_sub(1);
    if previous.0.is_null() {
        live.first = next;
    }
    change(&mut live, previous, |previous| previous.next = next);
    change(&mut live, next, |next| next.previous = previous);
}

/// The tables that exist now.
pub(crate) fn count() -> usize {
    LIVE.lock().count
}

/// Forbids new tables, and empties all existing ones.
fn close() {
    let mut live = LIVE.lock();
    live.closed = true;
    let mut at = live.first;
    while let Some(table) = at.get(&live) {
        table.close();
        at = table.links.0.as_ref(&live).next;
        crate::linux::task::cond_resched();
    }
}

/// The existence of RCU tables. The module drops this after everything that uses them.
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

    /// Empties all tables for good, and returns when their values are released.
    ///
    /// From then on nothing can be put into a table. To be called when all runtimes are stopped,
    /// while the code that releases handles still works.
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
