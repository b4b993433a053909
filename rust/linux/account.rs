// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Accounts of the machine's memory: one for each tree of runtimes.
//!
//! A runtime's memory counts against its own account and all accounts above it, up to the account
//! of the script that the tool started, as with nested memory cgroups. So a script and the scripts
//! that it starts together take no more than the script may take. The bounds of `machine.rs` apply
//! above all roots.
//!
//! A runtime whose limit is not lower than its maker's uses the maker's account: a second check
//! against an equal limit would be useless. So a long chain of workers costs no more per page than
//! one worker, and only ever lower limits make a chain of accounts.
//!
//! A counter changes for each page, not for each block. Its cost is negligible beside that of the
//! page.

use kernel::{
    alloc::AllocError,
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        Arc, //
    },
};

mod bytes;
mod machine;

pub(crate) use self::{bytes::CountedBytes, machine::init};

/// Accounts above each other: a charge visits all, and the last reference drops all.
const MAX_DEPTH: usize = 16;

/// The limit and use of a tree of runtimes.
///
/// It lives as long as anything counts against it, so a child that outlives its maker still counts.
pub(crate) struct Account {
    limit: usize,
    used: Atomic<usize>,
    peak: Atomic<usize>,
    /// How many are above this one.
    depth: usize,
    above: Option<Arc<Account>>,
}

impl Drop for Account {
    /// Drops those above that nobody else refers to, by a loop: each loses what is above it first.
    fn drop(&mut self) {
        let mut above = self.above.take();
        while let Some(mut account) = above.and_then(Arc::into_unique_or_drop) {
            above = account.above.take();
        }
    }
}

impl Account {
    /// The account of a script that was started from outside, with that limit in bytes.
    pub(crate) fn root(limit: usize) -> Result<Arc<Self>> {
        Self::make(limit, 0, None)
    }

    /// The account of a runtime that the owner of `self` makes: the same, unless `limit` is lower.
    /// Fails with `EMLINK` after many such limits in a row.
    pub(crate) fn child(self: &Arc<Self>, limit: usize) -> Result<Arc<Self>> {
        if limit >= self.limit {
            return Ok(self.clone());
        }
        let depth = self.depth.saturating_add(1);
        if depth >= MAX_DEPTH {
            return Err(EMLINK);
        }
        Self::make(limit, depth, Some(self.clone()))
    }

    fn make(limit: usize, depth: usize, above: Option<Arc<Self>>) -> Result<Arc<Self>> {
        let account = Self {
            limit,
            used: Atomic::new(0),
            peak: Atomic::new(0),
            depth,
            above,
        };
        Ok(Arc::new(account, GFP_KERNEL_ACCOUNT)?)
    }

    /// The most bytes that may count.
    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// Bytes that count now, and the most that did so far.
    pub(crate) fn usage(&self) -> (usize, usize) {
        (self.used.load(Relaxed), self.peak.load(Relaxed))
    }

    /// Counts `bytes` more, if neither this limit nor one above is passed, and the machine has them.
    /// In any context.
    pub(crate) fn charge(&self, bytes: usize) -> bool {
        self.charge_beyond(bytes, 0)
    }

    /// As [`charge`](Self::charge), where each limit may be passed by `beyond` bytes: by what is about
    /// to be given back, for instance.
    pub(crate) fn charge_beyond(&self, bytes: usize, beyond: usize) -> bool {
        let mut account = Some(self);
        while let Some(this) = account {
            if !this.add(bytes, beyond) {
                self.take_back(bytes, Some(this));
                return false;
            }
            account = this.above.as_deref();
        }
        if machine::charge(bytes) {
            return true;
        }
        self.take_back(bytes, None);
        false
    }

    /// Counts `bytes` more, whatever the limits are: where what is there cannot be refused.
    pub(crate) fn force(&self, bytes: usize) {
        let mut account = Some(self);
        while let Some(this) = account {
            let former = this.used.fetch_add(bytes, Relaxed);
            this.note(former.saturating_add(bytes));
            account = this.above.as_deref();
        }
        machine::force(bytes);
    }

    /// Counts `bytes` less. In any context.
    pub(crate) fn uncharge(&self, bytes: usize) {
        machine::uncharge(bytes);
        self.take_back(bytes, None);
    }

    fn add(&self, bytes: usize, beyond: usize) -> bool {
        let limit = self.limit.saturating_add(beyond);
        // OVERFLOW: What was added is below the limit, but for one request of each thread, and a request
        // above the limit adds nothing.
        if bytes > limit {
            return false;
        }
        let now = self.used.fetch_add(bytes, Relaxed).saturating_add(bytes);
        if now > limit {
            self.used.fetch_sub(bytes, Relaxed);
            return false;
        }
        self.note(now);
        true
    }

    /// Keeps the peak. Two threads at a time may lose a bit of it.
    fn note(&self, now: usize) {
        if now > self.peak.load(Relaxed) {
            self.peak.store(now, Relaxed);
        }
    }

    /// Takes `bytes` back from here up to `end`, which is left out.
    fn take_back(&self, bytes: usize, end: Option<&Self>) {
        let mut account = Some(self);
        while let Some(this) = account {
            if end.is_some_and(|end| core::ptr::eq(end, this)) {
                return;
            }
            this.used.fetch_sub(bytes, Relaxed);
            account = this.above.as_deref();
        }
    }
}

/// The bytes that `kmalloc()` takes for a block of `size`.
pub(crate) fn kmalloc_size(size: usize) -> usize {
    super::memory::kmalloc_size(size)
}

/// Bytes that count against an account for as long as this lives.
///
/// # Invariants
///
/// `bytes` were charged to the account, if there is one, and not taken back.
pub(crate) struct Charge {
    account: Option<Arc<Account>>,
    bytes: usize,
}

impl Charge {
    /// Of nothing, to nobody.
    pub(crate) const fn none() -> Self {
        // INVARIANT: Without an account.
        Self {
            account: None,
            bytes: 0,
        }
    }

    /// Nothing yet.
    pub(crate) fn to(account: &Arc<Account>) -> Self {
        // INVARIANT: Nothing was charged.
        Self {
            account: Some(account.clone()),
            bytes: 0,
        }
    }

    /// Charges `bytes` to `account`.
    pub(crate) fn new(account: &Arc<Account>, bytes: usize) -> Result<Self, AllocError> {
        let mut charge = Self::to(account);
        charge.set(bytes)?;
        Ok(charge)
    }

    /// How many bytes it is.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Has it be `bytes` from now on. If that is more and there is not so much, it stays as it is.
    pub(crate) fn set(&mut self, bytes: usize) -> Result<(), AllocError> {
        let Some(account) = &self.account else {
            return Ok(());
        };
        if bytes > self.bytes {
            if !account.charge(bytes - self.bytes) {
                return Err(AllocError);
            }
        } else {
            account.uncharge(self.bytes - bytes);
        }
        // INVARIANT: The difference was just charged or taken back.
        self.bytes = bytes;
        Ok(())
    }

    /// Has it be `bytes` from now on, whatever the limits are: for little that cannot be refused.
    pub(crate) fn set_anyway(&mut self, bytes: usize) {
        let Some(account) = &self.account else {
            return;
        };
        if bytes > self.bytes {
            account.force(bytes - self.bytes);
        } else {
            account.uncharge(self.bytes - bytes);
        }
        // INVARIANT: The difference was just charged or taken back.
        self.bytes = bytes;
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        if let (Some(account), 1..) = (&self.account, self.bytes) {
            account.uncharge(self.bytes);
        }
    }
}
