// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The workers of a runtime, which end with it.
//!
//! Lock order: `Children::inner` is a leaf.

use kernel::{
    new_spinlock,
    prelude::*,
    rbtree::{
        RBTree,
        RBTreeNodeReservation, //
    },
    sync::{
        atomic::{Atomic, Relaxed},
        Arc,
        SpinLock, //
    },
};

use super::instance::{Kind, Runtime};

/// The most workers that one runtime may have at a time.
pub(crate) const MAX_CHILDREN: usize = 65_536;

/// The most workers that may exist at a time, of all runtimes together.
pub(crate) const MAX_ALL: usize = 131_072;

/// The number of workers of all runtimes together.
static ALL: Atomic<usize> = Atomic::new(0);

/// Counts as one worker in `ALL` until it is dropped.
struct Counted(());

impl Counted {
    fn new() -> Result<Self> {
        let counted = Self(());
        if ALL.fetch_add(1, Relaxed) >= MAX_ALL {
            return Err(ENFILE);
        }
        Ok(counted)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        ALL.fetch_sub(1, Relaxed);
    }
}

/// The part of a runtime that makes it a worker, while it lives.
pub(super) struct Child {
    pub(super) parent: Arc<Runtime>,
    _counted: Counted,
}

impl Child {
    /// Fails with `ENFILE` if all runtimes together have too many workers.
    pub(super) fn new(parent: Arc<Runtime>) -> Result<Self> {
        Ok(Self {
            parent,
            _counted: Counted::new()?,
        })
    }
}

/// Runtimes by their numbers.
pub(crate) type Runtimes = RBTree<u64, Arc<Runtime>>;

struct Inner {
    runtimes: Runtimes,
    count: usize,
    /// The parent has ended.
    closed: bool,
    /// Whether one of them was ever to be asked to end.
    any_asked: bool,
}

/// The workers of a runtime.
#[pin_data]
pub(super) struct Children {
    #[pin]
    inner: SpinLock<Inner>,
}

impl Children {
    pub(super) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            inner <- new_spinlock!(Inner {
                runtimes: RBTree::new(),
                count: 0,
                closed: false,
                any_asked: false,
            }, "lunatik::Children"),
        })
    }

    /// Adds a worker. Fails with `EMFILE` if the runtime has too many workers, or with `ENOMEM`.
    pub(super) fn add(&self, runtime: &Arc<Runtime>) -> Result {
        let node = RBTreeNodeReservation::new(GFP_KERNEL_ACCOUNT)?;
        let node = node.into_node(runtime.id(), runtime.clone());
        let mut inner = self.inner.lock();
        if inner.closed || inner.count >= MAX_CHILDREN {
            let error = if inner.closed { ESHUTDOWN } else { EMFILE };
            drop(inner);
            drop(node);
            return Err(error);
        }
        let replaced = inner.runtimes.insert(node);
        inner.count += 1;
        drop(inner);
        drop(replaced);
        Ok(())
    }

    /// Removes a worker that has ended, if it is listed.
    pub(super) fn remove(&self, id: u64) {
        let mut inner = self.inner.lock();
        let removed = inner.runtimes.remove_node(&id);
        if removed.is_some() {
            inner.count = inner.count.saturating_sub(1);
        }
        drop(inner);
        // This drops a reference, so it happens after unlocking.
        drop(removed);
    }

    /// One of them is asked to end before the parent is stopped.
    pub(super) fn note_asked(&self) {
        self.inner.lock().any_asked = true;
    }

    /// The first one after `id`, unless none is ever asked to end.
    pub(super) fn next_asked(&self, id: u64) -> Option<Arc<Runtime>> {
        let inner = self.inner.lock();
        if !inner.any_asked {
            return None;
        }
        let cursor = inner.runtimes.cursor_lower_bound(&id.checked_add(1)?)?;
        Some(cursor.current().1.clone())
    }

    /// The first one after `id`.
    pub(super) fn next(&self, id: u64) -> Option<Arc<Runtime>> {
        let inner = self.inner.lock();
        let cursor = inner.runtimes.cursor_lower_bound(&id.checked_add(1)?)?;
        Some(cursor.current().1.clone())
    }

    /// Whether one of them is an actor.
    pub(super) fn has_actors(&self) -> bool {
        let inner = self.inner.lock();
        let mut runtimes = inner.runtimes.values();
        runtimes.any(|runtime| runtime.kind() == Kind::Actor)
    }

    /// Removes and returns all workers. From now on none can be added.
    pub(super) fn close(&self) -> Runtimes {
        let mut inner = self.inner.lock();
        inner.closed = true;
        inner.count = 0;
        core::mem::replace(&mut inner.runtimes, RBTree::new())
    }
}
