// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The script that has started a system: it is no service, but can call services and send messages to
//! the root.
//!
//! Only one call waits at a time, for a script runs in one thread. A call that was given up may be answered
//! later still: its number says that nobody waits for that answer.
//!
//! Locks: `Outside::inner` is a leaf. No message is dropped with it held.

use kernel::{
    list::ListArc,
    new_spinlock,
    prelude::*,
    sync::{Arc, SpinLock},
};

use super::{
    parcel::{Parcel, Payload},
    system::System,
};
use crate::runtime::instance::Runtime;

/// The call that waits.
struct Call {
    number: u64,
    /// Who waits.
    caller: Arc<Runtime>,
    answer: Option<ListArc<Parcel>>,
}

struct Inner {
    /// The number of the last call. The first message to the root has 1.
    last: u64,
    call: Option<Call>,
    /// The places that are taken.
    taken: usize,
}

/// What comes from outside a system, and what goes there.
#[pin_data]
pub(crate) struct Outside {
    /// How many messages may be on their way to a service.
    places: usize,
    #[pin]
    inner: SpinLock<Inner>,
}

impl Outside {
    pub(super) fn new(places: usize) -> impl PinInit<Self> {
        pin_init!(Self {
            places,
            inner <- new_spinlock!(Inner {
                last: 1,
                call: None,
                taken: 0,
            }, "lunatik::Outside"),
        })
    }

    /// How many messages may be on their way to a service.
    pub(crate) fn places(&self) -> usize {
        self.places
    }

    /// A message from outside has given its place back.
    pub(crate) fn passed_on(&self) {
        let mut inner = self.inner.lock();
        inner.taken = inner.taken.saturating_sub(1);
    }

    /// Begins a call of `caller`, in place of one that was given up, and returns its number.
    pub(crate) fn begin(&self, caller: &Arc<Runtime>) -> u64 {
        let caller = caller.clone();
        let mut inner = self.inner.lock();
        inner.last = inner.last.wrapping_add(1);
        let number = inner.last;
        let former = inner.call.replace(Call {
            number,
            caller,
            answer: None,
        });
        drop(inner);
        drop(former);
        number
    }

    /// The answer to the call that waits, if it is there: its kind is in the head. The call ends with it.
    pub(crate) fn take(&self) -> Option<ListArc<Parcel>> {
        let mut inner = self.inner.lock();
        let answer = inner.call.as_mut()?.answer.take()?;
        let former = inner.call.take();
        drop(inner);
        drop(former);
        Some(answer)
    }

    /// The call that waits is given up.
    pub(crate) fn give_up(&self) {
        let former = self.inner.lock().call.take();
        drop(former);
    }

    /// An answer; dropped, if nobody waits for it.
    pub(super) fn deliver(&self, answer: ListArc<Parcel>) {
        let mut inner = self.inner.lock();
        let caller = match &mut inner.call {
            Some(call) if call.number == answer.head.number && call.answer.is_none() => {
                call.answer = Some(answer);
                call.caller.clone()
            }
            _ => {
                drop(inner);
                drop(answer);
                return;
            }
        };
        drop(inner);
        caller.wake();
    }
}

/// The place of a message from outside, until the root says that it was passed on.
pub(crate) struct Place(Option<Arc<System>>);

impl Place {
    /// A place, if one is free.
    pub(crate) fn take(system: &Arc<System>) -> Option<Self> {
        let outside = system.outside();
        let mut inner = outside.inner.lock();
        if inner.taken >= outside.places {
            return None;
        }
        inner.taken = inner.taken.saturating_add(1);
        drop(inner);
        Some(Self(Some(system.clone())))
    }

    /// The root has received the message. The place stays taken until it calls
    /// [`Outside::passed_on`].
    pub(super) fn received(mut self) {
        drop(self.0.take());
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(system) = self.0.take() {
            system.outside().passed_on();
        }
    }
}

/// The content of an answer.
pub(crate) fn open(answer: ListArc<Parcel>) -> Option<(super::parcel::Head, Payload)> {
    let mut parcel = Parcel::open(answer)?;
    let this = parcel.as_mut().project();
    let payload = core::mem::replace(this.payload, Payload::Nothing);
    Some((*this.head, payload))
}
