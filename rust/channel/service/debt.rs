// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What services owe each other: answers.
//!
//! A request whose sender waits is a debt of its receiver. The debt lies in the receiver's queue, then in its
//! [`Debts`], and nowhere else. It is paid by an answer; if it is dropped, that answers it with an
//! error. So a caller never waits for a service that is gone, however that has ended.

use core::mem;
use kernel::{
    list::ListArc,
    prelude::*,
    sync::{Arc, UniqueArc}, //
};

use super::parcel::{Ending, Head, Kind, Parcel, Payload};
use crate::{channel::family::Family, linux::account::Charge, runtime::message::Message};

/// A request that was received and not answered yet, if somebody waits for the answer.
pub(crate) struct Debt(Option<Pin<UniqueArc<Parcel>>>);

impl Debt {
    /// The debt that a message makes, whose values are dropped; none, if nobody waits for an answer.
    pub(crate) fn of(mut parcel: Pin<UniqueArc<Parcel>>) -> Self {
        if parcel.owed.is_none() {
            return Self(None);
        }
        let this = parcel.as_mut().project();
        *this.payload = Payload::Nothing;
        *this.room = None;
        Self(Some(parcel))
    }

    /// Whether somebody waits for the answer.
    pub(crate) fn is_owed(&self) -> bool {
        self.0.is_some()
    }

    /// The head of the request.
    pub(crate) fn head(&self) -> Option<Head> {
        self.0.as_ref().map(|parcel| parcel.head)
    }

    /// Gives the answer its values; see [`Parcel::fill`]. The request can still be answered otherwise.
    pub(crate) fn fill<E>(
        &mut self,
        family: &Arc<Family>,
        fill: impl FnOnce(&mut Message) -> core::result::Result<(), E>,
    ) -> core::result::Result<Option<()>, E> {
        match &mut self.0 {
            Some(parcel) => parcel.as_mut().fill(family, fill),
            None => Ok(Some(())),
        }
    }

    /// Answers with the values that [`fill`](Self::fill) has given.
    pub(crate) fn pay(mut self, kind: Kind) {
        self.settle(kind, None);
    }

    /// Answers with an error.
    pub(crate) fn fail(mut self, ending: Ending) {
        self.settle(Kind::Error, Some(ending));
    }

    fn settle(&mut self, kind: Kind, ending: Option<Ending>) {
        let Some(mut parcel) = self.0.take() else {
            return;
        };
        let this = parcel.as_mut().project();
        if let Some(ending) = ending {
            *this.payload = Payload::Ended(ending);
            *this.room = None;
        }
        let request = *this.head;
        *this.head = Head {
            from: request.to,
            to: request.from,
            number: request.number,
            kind,
        };
        let owed = this.owed.take();
        if let Some(owed) = owed {
            owed.deliver(ListArc::from(parcel));
        }
    }
}

impl Drop for Debt {
    fn drop(&mut self) {
        self.settle(Kind::Error, Some(Ending::Dead));
    }
}

/// The end of the list of free places.
const NONE: u32 = u32::MAX;

enum Place {
    Free { next: u32 },
    Taken { serial: u32, debt: Debt },
}

/// The debts of one service. Only the thread that executes its runtime uses them.
///
/// A debt is found by its receipt, a positive integer that is never used again for another debt
/// within 2^31 requests.
pub(crate) struct Debts {
    places: KVVec<Place>,
    free: u32,
    serial: u32,
    charge: Charge,
}

impl Debts {
    /// None. Their memory counts as `charge` says.
    pub(crate) fn new(charge: Charge) -> Self {
        Self {
            places: KVVec::new(),
            free: NONE,
            serial: 0,
            charge,
        }
    }

    /// Makes room for one more. Fails with `ENOMEM`.
    pub(crate) fn reserve(&mut self) -> Result {
        if self.free != NONE {
            return Ok(());
        }
        let place = u32::try_from(self.places.len()).map_err(|_| ENOMEM)?;
        if place == NONE {
            return Err(ENOMEM);
        }
        self.places.reserve(1, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        let bytes = self.places.capacity().saturating_mul(size_of::<Place>());
        self.charge.set(bytes)?;
        let _ = self.places.push_within_capacity(Place::Free { next: NONE });
        self.free = place;
        Ok(())
    }

    /// Keeps a debt, for which [`reserve`](Self::reserve) has made room, and returns its receipt; 0
    /// if nobody waits for an answer.
    pub(crate) fn add(&mut self, debt: Debt) -> i64 {
        if !debt.is_owed() {
            return 0;
        }
        let number = self.free;
        let Some(place) = self.places.get_mut(number as usize) else {
            // Dropped, and so answered.
            return 0;
        };
        if let Place::Free { next } = *place {
            self.free = next;
        }
        // Positive, and not 0 even in the first place.
        self.serial = self.serial.wrapping_add(1) & 0x7fff_ffff;
        let serial = self.serial.max(1);
        *place = Place::Taken { serial, debt };
        i64::from(serial) << 32 | i64::from(number)
    }

    fn place(&self, receipt: i64) -> Option<usize> {
        // CAST: The two halves of the receipt.
        let (wanted, number) = ((receipt >> 32) as u32, receipt as u32);
        match self.places.get(number as usize)? {
            Place::Taken { serial, .. } if *serial == wanted => Some(number as usize),
            _ => None,
        }
    }

    /// Takes a debt, to be paid.
    pub(crate) fn take(&mut self, receipt: i64) -> Option<Debt> {
        let number = self.place(receipt)?;
        let place = self.places.get_mut(number)?;
        let taken = mem::replace(place, Place::Free { next: self.free });
        // CAST: As in `add()`.
        self.free = number as u32;
        match taken {
            Place::Taken { debt, .. } => Some(debt),
            Place::Free { .. } => None,
        }
    }

    /// Puts back a debt that was taken with this receipt and could not be paid.
    pub(crate) fn put_back(&mut self, receipt: i64, debt: Debt) {
        // CAST: As in `place()`.
        let (serial, number) = ((receipt >> 32) as u32, receipt as u32);
        // It is the first free place: nothing was added since it was taken.
        if self.free != number || !debt.is_owed() {
            return;
        }
        if let Some(place) = self.places.get_mut(number as usize) {
            if let Place::Free { next } = *place {
                self.free = next;
            }
            *place = Place::Taken { serial, debt };
        }
    }

    /// The receipt of what is owed for the request `number` of the service `from`.
    pub(crate) fn find(&self, from: u32, number: u64) -> Option<i64> {
        self.places
            .iter()
            .enumerate()
            .find_map(|(place, content)| match content {
                Place::Taken { serial, debt } => {
                    let head = debt.head()?;
                    (head.from == from && head.number == number)
                        .then_some(i64::from(*serial) << 32 | place as i64)
                }
                Place::Free { .. } => None,
            })
    }

    /// Answers all with an error. No more than `ending` is looked at while a debt is paid.
    pub(crate) fn fail_all(self, ending: &Ending) {
        for place in self.places {
            if let Place::Taken { debt, .. } = place {
                debt.fail(ending.clone());
            }
        }
    }

    /// Takes all, and leaves none.
    pub(crate) fn take_all(&mut self) -> Self {
        let mut charge = Charge::none();
        mem::swap(&mut charge, &mut self.charge);
        Self {
            places: mem::replace(&mut self.places, KVVec::new()),
            free: mem::replace(&mut self.free, NONE),
            serial: self.serial,
            charge,
        }
    }
}
