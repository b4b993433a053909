// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! All runtimes that have a VM, named or not, so that shutting down misses none.
//!
//! Lock order: [`LIVE`] is a leaf.

use kernel::{
    new_mutex,
    prelude::*,
    rbtree::{
        RBTree,
        RBTreeNodeReservation, //
    },
    sync::{
        Arc,
        Mutex, //
    },
};

use super::instance::Runtime;
use crate::linux::global::{Global, Installed};

/// Runtimes alive at one time, in all.
pub(crate) const LIMIT: usize = 131_072;

struct Live {
    runtimes: RBTree<u64, Arc<Runtime>>,
    count: usize,
    /// Set while the module is being unloaded: no runtime may start any more.
    closed: bool,
}

/// There as long as runtimes may exist.
static LIVE: Global<Mutex<Live>> = Global::new();

/// The existence of the list. Dropped after all runtimes have ended.
pub(super) struct List {
    _live: Installed<Mutex<Live>>,
}

impl List {
    /// Prepares the list. There is one list at a time; without it no runtime can be made.
    pub(super) fn new() -> Result<Self> {
        let live = Live {
            runtimes: RBTree::new(),
            count: 0,
            closed: false,
        };
        let lock = new_mutex!(live, "lunatik::LIVE");
        Ok(Self {
            _live: LIVE.set(Arc::pin_init(lock, GFP_KERNEL)?)?,
        })
    }
}

/// Adds a runtime that has a VM.
pub(super) fn add(runtime: &Arc<Runtime>) -> Result {
    let lock = LIVE.get().ok_or(ENODEV)?;
    let node = RBTreeNodeReservation::new(GFP_KERNEL_ACCOUNT)?;
    let node = node.into_node(runtime.id(), runtime.clone());
    let mut live = lock.lock();
    if live.closed {
        drop(live);
        return Err(ESHUTDOWN);
    }
    if live.count >= LIMIT {
        drop(live);
        return Err(EAGAIN);
    }
    let replaced = live.runtimes.insert(node);
    live.count += 1;
    drop(live);
    drop(replaced);
    Ok(())
}

/// Removes a runtime whose VM is gone.
pub(super) fn remove(id: u64) {
    let Some(lock) = LIVE.get() else {
        return;
    };
    let mut live = lock.lock();
    let removed = live.runtimes.remove_node(&id);
    if removed.is_some() {
        live.count -= 1;
    }
    drop(live);
    // Drops a reference, perhaps the last one, so the lock is released first.
    drop(removed);
}

/// The first runtime with a number above `id`.
pub(crate) fn next(id: u64) -> Option<Arc<Runtime>> {
    let lock = LIVE.get()?;
    let live = lock.lock();
    let after = id.checked_add(1)?;
    let cursor = live.runtimes.cursor_lower_bound(&after)?;
    Some(cursor.current().1.clone())
}

/// From now on, no runtime may be added.
pub(super) fn close() {
    if let Some(lock) = LIVE.get() {
        lock.lock().closed = true;
    }
}
