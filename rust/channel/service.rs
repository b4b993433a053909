// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Services: runtimes that have a number, and a queue of messages that anybody in the same system
//! can send to.
//!
//! A [`System`](system::System) finds services by their numbers. A service refers to its system and to its
//! runtime, whose VM refers to the service. [`Service::close`] ends these circles: it is called when the program
//! of the runtime ends or is dropped, which happens to every program.
//!
//! Lock order: the locks of `system.rs` and `queue.rs` and `Service::farewell` are leaves. No message is dropped
//! and no debt paid with a lock held.

mod asking;
pub(crate) mod debt;
pub(crate) mod event;
pub(crate) mod log;
pub(crate) mod outside;
pub(crate) mod parcel;
pub(crate) mod sender;
pub(crate) mod system;

use kernel::{
    list::ListArc,
    new_spinlock,
    prelude::*,
    sync::{Arc, SpinLock, UniqueArc},
};

use self::{
    debt::{Debt, Debts},
    event::Event,
    parcel::{Ending, Parcel},
    system::{System, ROOT},
};
use super::queue::{Limits, NoGate, Queue, Sent, Taken};
use crate::{
    linux::account::{kmalloc_size, Charge},
    runtime::instance::Runtime,
};

/// The most bytes of a label.
pub(crate) const MAX_LABEL: usize = 31;

/// The label of a service.
#[derive(Clone, Copy)]
pub(crate) struct Label {
    bytes: [u8; MAX_LABEL],
    length: u8,
}

impl Label {
    /// The first bytes of `name`. What could spoil a list becomes a question mark.
    pub(crate) fn new(name: &[u8]) -> Self {
        let mut label = Self {
            bytes: [b'?'; MAX_LABEL],
            length: name.len().min(MAX_LABEL) as u8,
        };
        for (to, from) in label.bytes.iter_mut().zip(name) {
            if from.is_ascii_graphic() {
                *to = *from;
            }
        }
        label
    }

    /// Its bytes.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length.into()).unwrap_or_default()
    }
}

/// What a service finds in its queue.
pub(crate) enum Received {
    /// A message.
    Message(Pin<UniqueArc<Parcel>>),
    /// There is none. The service is woken when that changes.
    Nothing,
    /// There will be none.
    Closed,
}

/// A service.
#[pin_data]
pub(crate) struct Service {
    id: u32,
    label: Label,
    system: Arc<System>,
    runtime: Arc<Runtime>,
    event: Event,
    /// What the root is told when the service has ended. Made first, so that telling needs no memory.
    #[pin]
    farewell: SpinLock<Option<ListArc<Parcel>>>,
    _charge: Charge,
    #[pin]
    queue: Queue<NoGate, Parcel>,
}

impl Service {
    /// Makes the service `id` of `system`, which nobody can find yet, of a runtime in which nothing
    /// has run yet. It counts against the account of the runtime.
    pub(crate) fn new(
        id: u32,
        label: Label,
        system: &Arc<System>,
        runtime: Arc<Runtime>,
    ) -> Result<Arc<Self>> {
        let size =
            kmalloc_size(size_of::<Self>()).saturating_add(kmalloc_size(size_of::<Parcel>()));
        let charge = Charge::new(runtime.account(), size)?;
        let messages = runtime.count_messages()?;
        let farewell = Parcel::signal(id, ROOT)?;
        let limits = Limits {
            messages: system.queue_length(),
            // The system's own limit is lower.
            bytes: usize::MAX,
        };
        Arc::pin_init(
            pin_init!(Self {
                id,
                label,
                system: system.clone(),
                runtime,
                event: Event::new(),
                farewell <- new_spinlock!(Some(farewell), "lunatik::Service::farewell"),
                _charge: charge,
                queue <- Queue::counted(limits, messages),
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// Its number, which no other service of its system ever has.
    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// Its label.
    pub(crate) fn label(&self) -> &[u8] {
        self.label.as_bytes()
    }

    /// Its system.
    pub(crate) fn system(&self) -> &Arc<System> {
        &self.system
    }

    /// Its runtime.
    pub(crate) fn runtime(&self) -> &Arc<Runtime> {
        &self.runtime
    }

    /// Whether it makes and ends the others.
    pub(crate) fn is_root(&self) -> bool {
        self.id == ROOT
    }

    /// Adds the message in `parcel`, and takes it out of `parcel` if that succeeds. If there is no
    /// room, and `sender` is named, its code is woken when there is some. Never waits.
    pub(crate) fn put(
        &self,
        parcel: &mut Option<ListArc<Parcel>>,
        sender: Option<&Arc<Runtime>>,
    ) -> Result<Sent> {
        self.queue.put(parcel, sender)
    }

    /// Adds a message that does not count against the limit of the queue. In vain if the service has
    /// ended.
    pub(super) fn deliver(&self, parcel: ListArc<Parcel>) {
        let mut parcel = Some(parcel);
        // Such a message never finds the queue full, and nobody waits for room.
        let _ = self.queue.put(&mut parcel, None);
        drop(parcel);
    }

    /// Takes the oldest message, for its own code.
    pub(crate) fn receive(&self) -> Result<Received> {
        Ok(match self.queue.take(Some(&self.runtime))? {
            Taken::Message(parcel) => match Parcel::open(parcel) {
                Some(mut parcel) => {
                    if let Some(place) = parcel.as_mut().project().place.take() {
                        place.received();
                    }
                    Received::Message(parcel)
                }
                None => Received::Nothing,
            },
            Taken::Empty => Received::Nothing,
            Taken::Closed => Received::Closed,
        })
    }

    /// Nobody receives any more. Everything that the service was asked and has not answered is
    /// answered with `ending`: what is in its queue, and `debts`. The root is told, after that. Only
    /// the first call counts. Sleeps.
    pub(crate) fn close(self: &Arc<Self>, ending: &Ending, debts: Option<Debts>) {
        let Some(farewell) = self.farewell.lock().take() else {
            return;
        };
        self.system.remove(self);
        self.end_event();
        self.system.log().forget(self);
        let mut unread = self.queue.close_and_take();
        while let Some(parcel) = unread.pop_front() {
            if let Some(parcel) = Parcel::open(parcel) {
                Debt::of(parcel).fail(ending.clone());
            }
        }
        if let Some(debts) = debts {
            debts.fail_all(ending);
        }
        if self.is_root() {
            drop(farewell);
            self.system.end(ending);
        } else if let Some(root) = self.system.find(ROOT) {
            root.deliver(farewell);
        }
    }
}
