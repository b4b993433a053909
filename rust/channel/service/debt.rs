// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What services owe each other: answers.
//!
//! A request whose sender waits is a debt of its receiver. The debt lies in the receiver's queue, then in its
//! [`Debts`], and nowhere else. It is paid by an answer; if it is dropped, that answers it with an
//! error. So a caller never waits for a service that is gone, however that has ended.

use kernel::{
    list::ListArc,
    prelude::*,
    sync::{Arc, UniqueArc}, //
};

use super::parcel::{Ending, Head, Kind, Parcel, Payload};
use crate::{
    channel::{family::Family, receipts::Receipts},
    linux::account::Charge,
    runtime::message::Message, //
};

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

/// The debts of one service. Only the thread that executes its runtime uses them.
pub(crate) struct Debts(Receipts<Debt>);

impl Debts {
    /// None. Their memory counts as `charge` says.
    pub(crate) fn new(charge: Charge) -> Self {
        Self(Receipts::new(charge))
    }

    /// Makes room for one more. Fails with `ENOMEM`.
    pub(crate) fn reserve(&mut self) -> Result {
        self.0.reserve().map(|_| ())
    }

    /// Keeps a debt, for which [`reserve`](Self::reserve) has made room, and returns its receipt; 0
    /// if nobody waits for an answer.
    pub(crate) fn add(&mut self, debt: Debt) -> i64 {
        if !debt.is_owed() {
            return 0;
        }
        // Without room it is dropped, and so answered.
        self.0.add(debt).unwrap_or(0)
    }

    /// Takes a debt, to be paid.
    pub(crate) fn take(&mut self, receipt: i64) -> Option<Debt> {
        self.0.take(receipt)
    }

    /// Puts back a debt that was taken with this receipt and could not be paid. Nothing was added since.
    pub(crate) fn put_back(&mut self, receipt: i64, debt: Debt) {
        if debt.is_owed() {
            drop(self.0.put_back(receipt, debt));
        }
    }

    /// The receipt of what is owed for the request `number` of the service `from`.
    pub(crate) fn find(&self, from: u32, number: u64) -> Option<i64> {
        let mut debts = self.0.iter();
        debts.find_map(|(receipt, debt)| {
            let head = debt.head()?;
            (head.from == from && head.number == number).then_some(receipt)
        })
    }

    /// Answers all with an error. No more than `ending` is looked at while a debt is paid.
    pub(crate) fn fail_all(self, ending: &Ending) {
        self.0.for_each(|debt| debt.fail(ending.clone()));
    }

    /// Takes all, and leaves none.
    pub(crate) fn take_all(&mut self) -> Self {
        Self(self.0.take_all())
    }
}
