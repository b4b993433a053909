// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Where a runtime is shown in lists: below which other one.
//!
//! Usually that is its parent, with which it ends. Code may also start a runtime that lives as long
//! as the script, and so has the script's runtime as its parent. Such a runtime is shown below the
//! one whose code has started it, or if that has ended, below the nearest one above that lives.
//!
//! The places form a tree beside that of the parents. A place outlives its runtime while another
//! place is below it. References to places that are over are replaced when the next place is made
//! there, when a runtime ends, and when somebody looks. What is left counts against the script's
//! memory.
//!
//! Lock order: `Place::above` is a leaf, and a thread holds only one at a time.

use kernel::{
    new_spinlock,
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Release},
        Arc,
        SpinLock, //
    },
};

use super::Runtime;
use crate::linux::account::{kmalloc_size, Account, Charge};

/// The place of a runtime.
#[pin_data(PinnedDrop)]
pub(super) struct Place {
    /// The number of the runtime.
    id: u64,
    /// Whether the runtime has ended.
    over: Atomic<bool>,
    /// The place that it is shown below; `None` if its parent decides.
    #[pin]
    above: SpinLock<Option<Arc<Place>>>,
    _charge: Charge,
}

impl Place {
    fn new(id: u64, above: Option<Arc<Self>>, account: &Arc<Account>) -> Result<Arc<Self>> {
        // The reference count of an `Arc` takes a word.
        let bytes = kmalloc_size(size_of::<Self>().saturating_add(size_of::<usize>()));
        let charge = Charge::new(account, bytes)?;
        Arc::pin_init(
            pin_init!(Self {
                id,
                over: Atomic::new(false),
                above <- new_spinlock!(above, "lunatik::Place::above"),
                _charge: charge,
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// The nearest place above whose runtime lives. Forgets those in between.
    fn living_above(&self) -> Option<Arc<Self>> {
        let mut above = self.above.lock().clone()?;
        if !above.over.load(Acquire) {
            return Some(above);
        }
        loop {
            let next = above.above.lock().clone();
            match next {
                Some(next) if next.over.load(Acquire) => above = next,
                next => {
                    let former = core::mem::replace(&mut *self.above.lock(), next.clone());
                    // This may free places, so the lock is released first.
                    drop(former);
                    return next;
                }
            }
        }
    }
}

#[pinned_drop]
impl PinnedDrop for Place {
    /// Drops the places above that nobody else refers to. It uses a loop in place of recursion: each
    /// place first loses its reference to the one above it.
    fn drop(self: Pin<&mut Self>) {
        let mut above = self.above.lock().take();
        while let Some(place) = above.and_then(Arc::into_unique_or_drop) {
            above = place.above.lock().take();
        }
    }
}

impl Runtime {
    /// Its place. Only for the thread that executes it.
    fn own_place(&self) -> Result<&Arc<Place>> {
        if self.place.as_ref().is_none() {
            self.place
                .populate(Place::new(self.id, None, &self.account)?);
        }
        self.place.as_ref().ok_or(EBUSY)
    }

    /// Has the runtime shown below `maker` from now on, not below its parent. Only for a runtime
    /// that was made just now, and for the thread that executes `maker`. Fails with `ENOMEM`.
    pub(crate) fn show_below(&self, maker: &Self) -> Result {
        let above = maker.own_place()?;
        // A maker that starts its successor and ends, again and again, leaves no chain of places.
        drop(above.living_above());
        let place = Place::new(self.id, Some(above.clone()), &self.account)?;
        self.place.populate(place);
        Ok(())
    }

    /// The number of the runtime below which it is shown, 0 for none. One that has failed, and was
    /// neither a script nor a worker, is shown below its script if no other lives.
    pub(crate) fn place(&self) -> u64 {
        if let Some(above) = self.place.as_ref().and_then(|place| place.living_above()) {
            return above.id;
        }
        match self.parent() {
            Some(parent) => parent.id(),
            None if self.kind.is_part() => self.printer().id,
            None => 0,
        }
    }

    /// The runtime has ended. Those that were shown below it are shown further up from now on.
    pub(super) fn leave_place(&self) {
        if let Some(place) = self.place.as_ref() {
            place.over.store(true, Release);
            drop(place.living_above());
        }
    }
}
