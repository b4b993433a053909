// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Counters and histograms that runtimes find by name, and that each CPU has for itself.
//!
//! What a name stands for exists as long as anything refers to it. A reference is made only where code
//! may sleep, and dropped there: a hook clones references, but never drops the last one.
//!
//! Lock order: the registry's lock is a leaf. It is for process context.

mod buckets;
mod name;

use kernel::{
    new_mutex,
    prelude::*,
    rbtree::{RBTree, RBTreeNode, RBTreeNodeReservation},
    sync::{Arc, Mutex}, //
};

use crate::linux::{
    account::{kmalloc_size, Account, Charge},
    global::{Global, Installed},
    percpu::PerCpuWords, //
};

pub(crate) use self::{
    buckets::{bucket_of, rank, upper_bound, Fraction, BUCKETS},
    name::{Name, MAX_NAME}, //
};

/// The most names at a time.
pub(crate) const MAX_NAMES: usize = 1024;

/// What a name can stand for.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// A number.
    Counter,
    /// Numbers of values by their size, and their sum.
    Histogram,
}

impl Kind {
    /// The words that each CPU has of it.
    fn words(self) -> usize {
        match self {
            Self::Counter => 1,
            Self::Histogram => BUCKETS + 1,
        }
    }
}

/// What a name stands for.
struct Named {
    name: Name,
    kind: Kind,
    words: PerCpuWords,
    _charge: Charge,
}

impl Named {
    fn new(name: Name, kind: Kind, account: &Arc<Account>) -> Result<Arc<Self>> {
        let bytes = PerCpuWords::size(kind.words())
            .saturating_add(kmalloc_size(size_of::<Self>()))
            .saturating_add(kmalloc_size(size_of::<RBTreeNode<Name, Listed>>()));
        let charge = Charge::new(account, bytes)?;
        let named = Self {
            name,
            kind,
            words: PerCpuWords::new(kind.words())?,
            _charge: charge,
        };
        Ok(Arc::new(named, GFP_KERNEL_ACCOUNT)?)
    }
}

/// What is listed, and how many references there are.
struct Listed {
    named: Arc<Named>,
    users: usize,
}

struct List {
    tree: RBTree<Name, Listed>,
    len: usize,
}

impl List {
    /// One more reference to what is called `name`, if there is such a thing.
    fn find(&mut self, name: &Name, kind: Kind) -> Option<Result<Arc<Named>>> {
        let listed = self.tree.get_mut(name)?;
        if listed.named.kind != kind {
            return Some(Err(EEXIST));
        }
        listed.users = listed.users.saturating_add(1);
        Some(Ok(listed.named.clone()))
    }

    /// One reference less. Returns what is to be dropped without the lock.
    fn leave(&mut self, name: &Name) -> Option<RBTreeNode<Name, Listed>> {
        let listed = self.tree.get_mut(name)?;
        listed.users = listed.users.saturating_sub(1);
        if listed.users > 0 {
            return None;
        }
        self.len = self.len.saturating_sub(1);
        self.tree.remove_node(name)
    }
}

#[pin_data]
struct Registry {
    #[pin]
    list: Mutex<List>,
}

static REGISTRY: Global<Registry> = Global::new();

/// The existence of names for counters and histograms.
pub(crate) struct Names {
    _registry: Installed<Registry>,
}

impl Names {
    /// Prepares for names. To be called once, by the module's `init()`.
    pub(crate) fn new() -> Result<Self> {
        let registry = Arc::pin_init(
            pin_init!(Registry {
                list <- new_mutex!(List {
                    tree: RBTree::new(),
                    len: 0,
                }, "lunatik::percpu::Registry"),
            }),
            GFP_KERNEL,
        )?;
        Ok(Self {
            _registry: REGISTRY.set(registry)?,
        })
    }
}

/// A reference to what a name stands for.
pub(crate) struct PerCpu(Arc<Named>);

impl PerCpu {
    /// Finds what `name` stands for, or makes it; then its memory counts against `account`. Sleeps.
    ///
    /// Fails with `EEXIST` if the name stands for something of another kind, with `ENOSPC` if there are too
    /// many names, or with `ENOMEM`.
    pub(crate) fn open(name: Name, kind: Kind, account: &Arc<Account>) -> Result<Self> {
        let registry = REGISTRY.get().ok_or(ENODEV)?;
        if let Some(found) = registry.list.lock().find(&name, kind) {
            return found.map(Self);
        }
        let named = Named::new(name, kind, account)?;
        let reservation = RBTreeNodeReservation::new(GFP_KERNEL_ACCOUNT)?;
        let listed = Listed {
            named: named.clone(),
            users: 1,
        };
        let node = reservation.into_node(name, listed);
        let mut list = registry.list.lock();
        // Another thread may have been faster.
        if let Some(found) = list.find(&name, kind) {
            drop(list);
            return found.map(Self);
        }
        if list.len >= MAX_NAMES {
            drop(list);
            return Err(ENOSPC);
        }
        list.len = list.len.saturating_add(1);
        // There was none of this name.
        let _ = list.tree.insert(node);
        drop(list);
        Ok(Self(named))
    }

    /// The words.
    #[inline]
    pub(crate) fn words(&self) -> &PerCpuWords {
        &self.0.words
    }

    /// An address that is the same for all references to the same thing.
    pub(crate) fn identity(&self) -> *const () {
        Arc::as_ptr(&self.0).cast()
    }
}

impl Drop for PerCpu {
    fn drop(&mut self) {
        let Some(registry) = REGISTRY.get() else {
            return;
        };
        let removed = registry.list.lock().leave(&self.0.name);
        drop(removed);
    }
}
