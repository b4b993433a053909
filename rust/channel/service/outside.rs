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
    sync::{
        atomic::{Atomic, Relaxed},
        Arc, SpinLock,
    },
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
}

/// What comes from outside a system, and what goes there.
#[pin_data]
pub(crate) struct Outside {
    /// How many messages may be on their way to the root.
    places: usize,
    taken: Atomic<usize>,
    #[pin]
    inner: SpinLock<Inner>,
}

impl Outside {
    pub(super) fn new(places: usize) -> impl PinInit<Self> {
        pin_init!(Self {
            places,
            taken: Atomic::new(0),
            inner <- new_spinlock!(Inner { last: 1, call: None }, "lunatik::Outside"),
        })
    }

    /// How many messages may be on their way to the root.
    pub(crate) fn places(&self) -> usize {
        self.places
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

/// The place of a message from outside, until the root has received it.
pub(crate) struct Place(Arc<System>);

impl Place {
    /// A place, if one is free.
    pub(crate) fn take(system: &Arc<System>) -> Option<Self> {
        let outside = system.outside();
        let taken = outside.taken.fetch_add(1, Relaxed);
        let place = Self(system.clone());
        // Dropped, if it is one too many.
        (taken < outside.places).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.outside().taken.fetch_sub(1, Relaxed);
    }
}

/// The content of an answer.
pub(crate) fn open(answer: ListArc<Parcel>) -> Option<(super::parcel::Head, Payload)> {
    let mut parcel = Parcel::open(answer)?;
    let this = parcel.as_mut().project();
    let payload = core::mem::replace(this.payload, Payload::Nothing);
    Some((*this.head, payload))
}
