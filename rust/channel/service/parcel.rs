// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Messages between services.

use kernel::{
    list::{
        impl_list_arc_safe,
        impl_list_item,
        ListArc,
        ListLinks, //
    },
    prelude::*,
    sync::{Arc, UniqueArc},
};

use super::{debt::Debt, outside::Place, system::System, Service};
use crate::{
    channel::{
        entries::Queued,
        family::{Family, Room},
    },
    runtime::{instance::Failure, message::Message, permissions::Held},
};

/// What a message is for. The numbers are those that scripts see.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// A request for the table of system functions.
    System = 0,
    /// A request for the table of the service.
    Request = 1,
    /// The answer to a request.
    Response = 2,
    /// The error that answers a request.
    Error = 3,
    /// For the root: a service has ended. For the logger: the log is no longer empty.
    Signal = 4,
    /// A service that waits for an event has nothing to do.
    Idle = 5,
    /// A timer is due.
    Timer = 6,
}

impl Kind {
    /// The kind that a script may give a message.
    pub(crate) fn from_raw(raw: i64) -> Option<Self> {
        Some(match raw {
            0 => Self::System,
            1 => Self::Request,
            2 => Self::Response,
            3 => Self::Error,
            4 => Self::Signal,
            5 => Self::Idle,
            _ => return None,
        })
    }

    /// Whether it asks for something.
    pub(crate) fn is_request(self) -> bool {
        matches!(self, Self::System | Self::Request)
    }
}

/// Why a service answers no more.
#[derive(Clone)]
pub(crate) enum Ending {
    /// It was stopped, or there is none.
    Dead,
    /// It ends by itself, and answers what it has received.
    Quitting,
    /// It has ended by itself.
    Quit,
    /// This error has ended it.
    Failed(Arc<Failure>),
    /// There was no memory for the request in its virtual machine.
    NoMemory,
}

/// What a message carries.
pub(crate) enum Payload {
    /// No values.
    Nothing,
    /// Values.
    Values(Message),
    /// The service that was asked answers no more.
    Ended(Ending),
}

/// Who sends a message to whom, and what for.
#[derive(Clone, Copy)]
pub(crate) struct Head {
    /// The number of the service that sends; 0 for the system.
    pub(crate) from: u32,
    /// The number of the service that receives.
    pub(crate) to: u32,
    /// The number of the session that gets the answer; 0 if nobody waits for one.
    pub(crate) number: u64,
    /// What for.
    pub(crate) kind: Kind,
}

/// Who gets the answer to a request.
pub(crate) enum Creditor {
    /// A service of the system.
    Service(Arc<Service>),
    /// The script that has started the system.
    Outside(Arc<System>),
}

impl Creditor {
    /// Delivers the answer; in vain if nobody waits for it any more.
    pub(super) fn deliver(self, answer: ListArc<Parcel>) {
        match self {
            Self::Service(service) => service.deliver(answer),
            Self::Outside(system) => system.outside().deliver(answer),
        }
    }
}

/// A message on its way. The envelope of a request is also that of its answer: the answer needs no
/// memory for it, see [`Debt`].
#[pin_data]
pub(crate) struct Parcel {
    pub(super) head: Head,
    pub(super) payload: Payload,
    /// Who gets the answer, if somebody waits for it.
    pub(super) owed: Option<Creditor>,
    /// What the code may do that has sent this, if the receiver makes services for it.
    mandate: Option<Arc<Held>>,
    /// The bytes that it takes from the system.
    pub(super) room: Option<Room>,
    /// Of a message from outside: its place among them.
    pub(super) place: Option<Place>,
    #[pin]
    links: ListLinks,
}

impl Parcel {
    /// Makes a message without values. Sleeps for memory. The caller decides which cgroup pays.
    pub(crate) fn new(
        head: Head,
        owed: Option<Creditor>,
        mandate: Option<Arc<Held>>,
    ) -> Result<Pin<UniqueArc<Self>>> {
        UniqueArc::pin_init(
            try_pin_init!(Self {
                head,
                payload: Payload::Nothing,
                owed,
                mandate,
                room: None,
                place: None,
                links <- ListLinks::new(),
            }? Error),
            GFP_KERNEL_ACCOUNT | __GFP_NOWARN,
        )
    }

    /// A message from `from` to `to` that has no values and belongs to no session.
    pub(super) fn signal(from: u32, to: u32) -> Result<ListArc<Self>> {
        let head = Head {
            from,
            to,
            number: 0,
            kind: Kind::Signal,
        };
        Ok(Self::new(head, None, None)?.into())
    }

    /// Gives it the values that `fill` adds to an empty message, and that count against `family`. Fails
    /// with `None` if there are too many bytes.
    pub(crate) fn fill<E>(
        self: Pin<&mut Self>,
        family: &Arc<Family>,
        fill: impl FnOnce(&mut Message) -> core::result::Result<(), E>,
    ) -> core::result::Result<Option<()>, E> {
        let this = self.project();
        *this.payload = Payload::Values(Message::default());
        let Payload::Values(message) = this.payload else {
            return Ok(None);
        };
        let filled = fill(message).map(|()| family.take(Self::size_of(message)));
        if let Ok(Some(room)) = filled {
            *this.room = Some(room);
            return Ok(Some(()));
        }
        *this.payload = Payload::Nothing;
        filled.map(|_| None)
    }

    /// Gives it values; `room` covers their [`size_of`](Self::size_of).
    pub(super) fn carry(self: Pin<&mut Self>, message: Message, room: Room) {
        let this = self.project();
        *this.payload = Payload::Values(message);
        *this.room = Some(room);
    }

    /// Gives it its place among the messages from outside.
    pub(crate) fn set_place(self: Pin<&mut Self>, place: Place) {
        *self.project().place = Some(place);
    }

    /// Its head.
    pub(crate) fn head(&self) -> Head {
        self.head
    }

    /// What it carries.
    pub(crate) fn payload(&self) -> &Payload {
        &self.payload
    }

    /// Takes out what the code may do that has sent it.
    pub(crate) fn take_mandate(self: Pin<&mut Self>) -> Option<Arc<Held>> {
        self.project().mandate.take()
    }

    /// The bytes that a message with these values counts.
    pub(crate) fn size_of(message: &Message) -> usize {
        size_of::<Self>().saturating_add(message.len())
    }

    /// The values of a message that was not sent.
    pub(crate) fn into_message(this: ListArc<Self>) -> Option<Message> {
        let mut parcel = Self::open(this)?;
        let payload = parcel.as_mut().project().payload;
        match core::mem::replace(payload, Payload::Nothing) {
            Payload::Values(message) => Some(message),
            _ => None,
        }
    }

    /// The message that was received, for its receiver alone.
    pub(super) fn open(this: ListArc<Self>) -> Option<Pin<UniqueArc<Self>>> {
        // A parcel is never shared, so this is never `None`.
        Arc::into_unique_or_drop(this.into_arc())
    }
}

impl Queued for Parcel {
    fn size(&self) -> usize {
        self.room.as_ref().map_or(0, |room| room.bytes)
    }

    fn counts(&self) -> bool {
        // Everything else is bounded by something else: an answer by its request, a signal by its
        // service, a message from outside by the places for those.
        self.head.kind.is_request() && self.place.is_none()
    }

    fn abandon(this: ListArc<Self>) {
        drop(Self::open(this).map(Debt::of));
    }
}

impl_list_arc_safe! {
    impl ListArcSafe<0> for Parcel { untracked; }
}

impl_list_item! {
    impl ListItem<0> for Parcel { using ListLinks { self.links }; }
}
