// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The address of a service for code outside its system. What is sent there is a request that nobody
//! answers.

use kernel::{
    list::ListArc,
    prelude::*,
    sync::Arc, //
};

use super::{
    parcel::{Head, Kind, Parcel},
    system::System, //
};
use crate::{
    channel::queue::Sent,
    runtime::{
        handle::Shareable,
        hooks::{Delivered, Destination, Origin},
        instance::Runtime,
        message::Message, //
    },
};

/// The address. It can travel, and keeps nothing alive but what is left of the system when that has ended.
pub(crate) struct Sender {
    system: Arc<System>,
    to: u32,
}

impl Sender {
    /// An address of the service `to` of `system`, whether there is one or not.
    pub(crate) fn new(system: &Arc<System>, to: u32) -> Result<Arc<Self>> {
        let sender = Self {
            system: system.clone(),
            to,
        };
        Ok(Arc::new(sender, GFP_KERNEL_ACCOUNT)?)
    }

    /// The number of the service.
    pub(crate) fn to(&self) -> u32 {
        self.to
    }

    /// Sends a request. Waits for no room; if `waiter` is named, it is woken when there may be some.
    pub(crate) fn send(&self, message: Message, waiter: Option<&Arc<Runtime>>) -> Delivered {
        let Some(target) = self.system.find(self.to) else {
            return Delivered::Never;
        };
        let Some(room) = self.system.family().take(Parcel::size_of(&message)) else {
            return Delivered::Later(message);
        };
        let head = Head {
            from: 0,
            to: self.to,
            number: 0,
            kind: Kind::Request,
        };
        let Ok(mut parcel) = Parcel::new(head, None, None) else {
            return Delivered::Later(message);
        };
        parcel.as_mut().carry(message, room);
        let mut parcel = Some(ListArc::from(parcel));
        match target.put(&mut parcel, waiter) {
            Ok(Sent::Yes) => Delivered::Yes,
            Ok(Sent::Closed) => Delivered::Never,
            Ok(Sent::Full) | Err(_) => match parcel.and_then(Parcel::into_message) {
                Some(message) => Delivered::Later(message),
                None => Delivered::Never,
            },
        }
    }
}

impl Shareable for Sender {}

impl Destination for Sender {
    fn deliver(&self, message: Message, origin: &mut Origin<'_>) -> Delivered {
        self.send(message, Some(origin.runtime()))
    }
}
