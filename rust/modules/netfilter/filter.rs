// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Asks a function of a script about a packet.

use core::ffi::c_void;
use kernel::{bindings::sk_buff, sync::Arc};

use super::fields::Fields;
use crate::{
    linux::{
        netfilter::{verdict, Filter, Verdict},
        packet::Packet,
    },
    lua::Returned,
    runtime::hooks::{self, Called, Hooked, Slot, Subject},
};

/// A function of a script, as netfilter sees it.
pub(super) struct PacketFilter {
    hooked: Arc<Hooked>,
    slot: Arc<Slot>,
    fallback: Verdict,
    may_modify: bool,
    /// Whether packets may be queued for a process: not at the points of devices.
    may_queue: bool,
}

impl PacketFilter {
    /// The function of `slot`.
    pub(super) fn new(
        hooked: Arc<Hooked>,
        slot: Arc<Slot>,
        fields: &Fields,
        may_modify: bool,
    ) -> Self {
        Self {
            hooked,
            slot,
            fallback: fields.fallback,
            may_modify,
            may_queue: !fields.is_of_device(),
        }
    }
}

impl Subject for Packet {
    fn begin(&self, number: u64) {
        self.set_epoch(number);
    }
}

impl Filter for PacketFilter {
    unsafe fn filter(&self, skb: *mut sk_buff, state: *const c_void) -> u32 {
        // SAFETY: As the caller promises. It is dropped when this returns.
        let packet = unsafe { Packet::new(skb, state.cast(), self.may_modify, 0) };
        let judge = |returned: Returned| {
            let verdict = Verdict::of(returned.first?, self.may_queue)?;
            // A mark is a change of the packet.
            let is_denied = returned.second.is_some() && !self.may_modify;
            (!is_denied).then_some((verdict, returned.second))
        };
        match hooks::call(self.hooked.as_arc_borrow(), &self.slot, &packet, judge) {
            Called::Off => Verdict::ACCEPT.to_raw(),
            Called::Failed => self.fallback.to_raw(),
            Called::Returned((result, mark)) => {
                if let Some(mark) = mark {
                    // SAFETY: The kernel lends the packet to the hook, which is running. CAST: A mark has
                    // 32 bits.
                    unsafe { verdict::set_mark(skb, mark as u32) };
                }
                result.to_raw()
            }
        }
    }
}
