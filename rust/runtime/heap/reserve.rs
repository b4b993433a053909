// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Pages that were allocated in process context, for code that must not sleep.
//!
//! What is free at once may be nothing, and each hook would fail while the machine reclaims memory. So the
//! heap of a sealed runtime has some pages in reserve, which its attendant fills up again.

use kernel::{prelude::*, sync::Arc};

use super::{span::SPAN_SIZE, Heap, HeapCell};
use crate::{
    linux::{account::Account, memcg::MemoryCgroup},
    sys::kernel_helpers as sys, //
};

/// The pages that a reserve has at first, and at most.
const FIRST: usize = 8;
const MOST: usize = 64;

/// Pages that nobody uses, which count against an account.
///
/// # Invariants
///
/// Each was allocated by `lunatik_block_take()`, and its bytes were charged to the account.
pub(in super::super) struct Pages {
    pages: KVec<*mut u8>,
    account: Arc<Account>,
}

// SAFETY: The pages belong to no thread.
unsafe impl Send for Pages {}

impl Pages {
    /// No pages, and room for `room`. Sleeps.
    fn none(account: &Arc<Account>, room: usize) -> Result<Self> {
        // INVARIANT: There are none.
        Ok(Self {
            pages: KVec::with_capacity(room, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?,
            account: account.clone(),
        })
    }

    /// Up to `count` pages, charged to `memcg` and `account`: fewer where there is no memory. Sleeps.
    pub(in super::super) fn take(
        count: usize,
        account: &Arc<Account>,
        memcg: &MemoryCgroup,
    ) -> Result<Self> {
        let mut taken = Self::none(account, count)?;
        for _ in 0..count {
            if !memcg.has_room(SPAN_SIZE) || !account.charge(SPAN_SIZE) {
                break;
            }
            // SAFETY: The caller may sleep.
            let page = memcg.charge(|| unsafe { sys::lunatik_block_take(SPAN_SIZE, false) });
            // INVARIANT: It was just allocated and charged. There is room.
            if page.is_null() || taken.pages.push(page.cast(), GFP_NOWAIT).is_err() {
                account.uncharge(SPAN_SIZE);
                break;
            }
        }
        Ok(taken)
    }

    /// Moves a page to `other`, which has room. Allocates nothing.
    fn give(&mut self, other: &mut Self) -> bool {
        if other.pages.len() == other.pages.capacity() {
            return false;
        }
        match self.pages.pop() {
            // There is room, so this allocates nothing.
            Some(page) => other.pages.push(page, GFP_NOWAIT).is_ok(),
            None => false,
        }
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        while let Some(page) = self.pages.pop() {
            // SAFETY: By the type invariant.
            unsafe { sys::lunatik_block_free(page.cast(), SPAN_SIZE) };
            self.account.uncharge(SPAN_SIZE);
        }
    }
}

struct Filled {
    pages: Pages,
    /// How many pages there should be.
    target: usize,
}

/// The reserve of a heap, while the runtime is sealed.
pub(super) struct Reserve(Option<KBox<Filled>>);

impl Reserve {
    pub(super) const fn none() -> Self {
        Self(None)
    }

    /// Takes a page, which counts against the account.
    pub(super) fn take(&mut self) -> Option<*mut u8> {
        self.0.as_mut()?.pages.pages.pop()
    }

    /// There was no page here, and none in the kernel: there is to be more in reserve.
    pub(super) fn grow(&mut self) {
        if let Some(filled) = &mut self.0 {
            filled.target = filled.target.saturating_mul(2).min(MOST);
        }
    }
}

impl Heap {
    /// How many pages the reserve lacks, if it lacks many.
    fn lacks(&self) -> Option<usize> {
        let filled = self.reserve.0.as_ref()?;
        let count = filled.pages.pages.len();
        (count < filled.target / 2).then(|| filled.target.saturating_sub(count))
    }
}

impl HeapCell {
    /// Gives the heap a reserve. Sleeps.
    pub(in super::super) fn begin_reserve(
        &self,
        account: &Arc<Account>,
        memcg: &MemoryCgroup,
    ) -> Result {
        let mut reserve = Pages::none(account, MOST)?;
        let mut pages = Pages::take(FIRST, account, memcg)?;
        while pages.give(&mut reserve) {}
        let filled = Filled {
            pages: reserve,
            target: FIRST,
        };
        let filled = KBox::new(filled, GFP_KERNEL_ACCOUNT)?;
        self.with(|heap| heap.reserve.0 = Some(filled));
        Ok(())
    }

    /// Takes the reserve away. Sleeps.
    pub(in super::super) fn end_reserve(&self) {
        let filled = self.with(|heap| heap.reserve.0.take());
        drop(filled);
    }

    /// How many pages the reserve lacks, if it lacks many. In any context.
    pub(in super::super) fn reserve_lacks(&self) -> Option<usize> {
        self.with(|heap| heap.lacks())
    }

    /// Moves pages into the reserve, as many as find room. In any context.
    pub(in super::super) fn fill_reserve(&self, pages: &mut Pages) {
        self.with(|heap| {
            if let Some(filled) = &mut heap.reserve.0 {
                while pages.give(&mut filled.pages) {}
            }
        });
    }
}
