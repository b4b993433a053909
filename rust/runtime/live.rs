// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! All runtimes that have a VM, named or not, so that shutting down misses none.
//!
//! Lock order: [`LIVE`] is a leaf.

use kernel::{
    prelude::*,
    rbtree::{
        RBTree,
        RBTreeNodeReservation, //
    },
    sync::Arc,
};

use super::instance::Runtime;

/// Runtimes alive at one time, in all.
pub(crate) const LIMIT: usize = 131_072;

struct Live {
    /// Set by `init()`.
    runtimes: Option<RBTree<u64, Arc<Runtime>>>,
    count: usize,
    /// Set while the module is unloaded: nothing may start any more.
    closed: bool,
}

kernel::sync::global_lock! {
    // SAFETY: `init()` below is called by the module's `init()` before any runtime exists.
    unsafe(uninit) static LIVE: Mutex<Live> = Live {
        runtimes: None,
        count: 0,
        closed: false,
    };
}

/// Prepares the list.
///
/// # Safety
///
/// To be called once, before any runtime exists.
pub(super) unsafe fn init() {
    // SAFETY: As the caller promises.
    unsafe { LIVE.init() };
    LIVE.lock().runtimes = Some(RBTree::new());
}

/// Adds a runtime that has a VM.
pub(super) fn add(runtime: &Arc<Runtime>) -> Result {
    let node = RBTreeNodeReservation::new(GFP_KERNEL_ACCOUNT)?;
    let node = node.into_node(runtime.id(), runtime.clone());
    let mut live = LIVE.lock();
    if live.closed {
        drop(live);
        return Err(ESHUTDOWN);
    }
    if live.count >= LIMIT {
        drop(live);
        return Err(EAGAIN);
    }
    let Some(runtimes) = live.runtimes.as_mut() else {
        return Err(ENODEV);
    };
    let replaced = runtimes.insert(node);
    live.count += 1;
    drop(live);
    drop(replaced);
    Ok(())
}

/// Removes a runtime whose VM is gone.
pub(super) fn remove(id: u64) {
    let mut live = LIVE.lock();
    let removed = live.runtimes.as_mut().and_then(|all| all.remove_node(&id));
    if removed.is_some() {
        live.count -= 1;
    }
    drop(live);
    // Drops a reference, perhaps the last, so after unlocking.
    drop(removed);
}

/// The first runtime with a number above `id`.
pub(crate) fn next(id: u64) -> Option<Arc<Runtime>> {
    let live = LIVE.lock();
    let after = id.checked_add(1)?;
    live.runtimes
        .as_ref()?
        .cursor_lower_bound(&after)
        .map(|cursor| cursor.current().1.clone())
}

/// From now on, no runtime may be added.
pub(super) fn close() {
    LIVE.lock().closed = true;
}
