// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The memory that all RCU tables may take together.
//!
//! They may take a quarter of the machine's memory, including entries that wait for their grace
//! period. The memory of a table also counts against the runtime that made it, as long as the table
//! exists.

use kernel::{
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        Arc, //
    },
};

use super::reclaim;
use crate::linux::{
    account::{self, Account},
    context::Context,
    memory, //
};

/// The tables' share of the memory is one part in this many.
const SHARE: usize = 4;

static LIMIT: Atomic<usize> = Atomic::new(0);
static USED: Atomic<usize> = Atomic::new(0);

/// Computes the limit.
pub(super) fn init() {
    let memory = memory::total();
    LIMIT.store(
        usize::try_from(memory).unwrap_or(usize::MAX) / SHARE,
        Relaxed,
    );
}

/// The bytes that all tables may take.
fn limit() -> usize {
    LIMIT.load(Relaxed)
}

/// Bytes counted for as long as this lives.
///
/// # Invariants
///
/// The bytes are part of [`USED`].
pub(super) struct Charge {
    bytes: usize,
    _account: account::Charge,
}

impl Charge {
    /// Counts `bytes`, also against `account`; `ENOMEM` if they are too many. Sleeps in process
    /// context: if they are too many at first, the caller waits until removed entries are freed, and
    /// tries once more.
    pub(super) fn new(
        account: Option<&Arc<Account>>,
        context: Context,
        bytes: usize,
    ) -> Result<Self> {
        if !context.may_sleep() {
            let room = !reclaim::is_overloaded();
            return room
                .then(|| Self::try_new(account, bytes))
                .flatten()
                .ok_or(ENOMEM);
        }
        reclaim::throttle();
        if let Some(charge) = Self::try_new(account, bytes) {
            return Ok(charge);
        }
        reclaim::wait();
        Self::try_new(account, bytes).ok_or(ENOMEM)
    }

    fn try_new(account: Option<&Arc<Account>>, bytes: usize) -> Option<Self> {
        let account = match account {
            Some(account) => account::Charge::new(account, bytes).ok()?,
            None => account::Charge::none(),
        };
        // OVERFLOW: The sum stays below the limit plus one request of each thread.
        let former = USED.fetch_add(bytes, Relaxed);
        // INVARIANT: They were just added.
        let charge = Self {
            bytes,
            _account: account,
        };
        (former.saturating_add(bytes) <= limit()).then_some(charge)
    }

    /// The number of bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        USED.fetch_sub(self.bytes, Relaxed);
    }
}
