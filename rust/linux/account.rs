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

/// The greatest depth of accounts above each other. A charge visits all of them, and dropping the
/// last reference drops all of them.
const MAX_DEPTH: usize = 16;

/// The limit and use of a tree of runtimes.
///
/// It lives as long as anything counts against it, so a child that outlives its maker still counts.
pub(crate) struct Account {
    limit: usize,
    used: Atomic<usize>,
    peak: Atomic<usize>,
    /// The number of accounts above this one.
    depth: usize,
    above: Option<Arc<Account>>,
}

impl Drop for Account {
    /// Drops the accounts above that nobody else refers to. It uses a loop in place of recursion:
    /// each account first loses its reference to the one above it.
    fn drop(&mut self) {
        let mut above = self.above.take();
        while let Some(mut account) = above.and_then(Arc::into_unique_or_drop) {
            above = account.above.take();
        }
    }
}

impl Account {
    /// Makes the account of a script that user space started, with a limit of `limit` bytes.
    pub(crate) fn root(limit: usize) -> Result<Arc<Self>> {
        Self::make(limit, 0, None)
    }

    /// The account for a runtime that the owner of `self` makes: `self`, or a new account if
    /// `limit` is lower. Fails with `EMLINK` if too many accounts would be above each other.
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

    /// The most bytes that may count against it.
    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// The bytes that count now, and the peak.
    pub(crate) fn usage(&self) -> (usize, usize) {
        (self.used.load(Relaxed), self.peak.load(Relaxed))
    }

    /// Counts `bytes` more, if that exceeds neither this limit nor one above, and the machine has
    /// the memory. May be called in any context.
    pub(crate) fn charge(&self, bytes: usize) -> bool {
        self.charge_beyond(bytes, 0)
    }

    /// As [`charge`](Self::charge), but each limit may be exceeded by `beyond` bytes, for example
    /// by memory that is about to be freed.
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

    /// Counts `bytes` more regardless of the limits, for memory that cannot be refused.
    pub(crate) fn force(&self, bytes: usize) {
        let mut account = Some(self);
        while let Some(this) = account {
            let former = this.used.fetch_add(bytes, Relaxed);
            this.note(former.saturating_add(bytes));
            account = this.above.as_deref();
        }
        machine::force(bytes);
    }

    /// Counts `bytes` less. May be called in any context.
    pub(crate) fn uncharge(&self, bytes: usize) {
        machine::uncharge(bytes);
        self.take_back(bytes, None);
    }

    fn add(&self, bytes: usize, beyond: usize) -> bool {
        let limit = self.limit.saturating_add(beyond);
        // OVERFLOW: The sum is below the limit, except for one request of each thread, and a
        // request above the limit adds nothing.
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

    /// Updates the peak. If two threads do so at the same time, a little of it may be lost.
    fn note(&self, now: usize) {
        if now > self.peak.load(Relaxed) {
            self.peak.store(now, Relaxed);
        }
    }

    /// Takes back `bytes` from this account and those above, up to but excluding `end`.
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

/// Bytes that count against an account as long as this lives.
///
/// # Invariants
///
/// `bytes` were charged to the account, if there is one, and not taken back.
pub(crate) struct Charge {
    account: Option<Arc<Account>>,
    bytes: usize,
}

impl Charge {
    /// Makes a charge of nothing, without an account.
    pub(crate) const fn none() -> Self {
        // INVARIANT: There is no account.
        Self {
            account: None,
            bytes: 0,
        }
    }

    /// Makes a charge of 0 bytes to `account`.
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

    /// The number of bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Changes the charge to `bytes`. Fails and changes nothing if an increase would exceed a
    /// limit.
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

    /// Changes the charge to `bytes` regardless of the limits, for small amounts that cannot be
    /// refused.
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
