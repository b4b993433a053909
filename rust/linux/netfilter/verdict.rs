// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What netfilter does with a packet.

use kernel::bindings::sk_buff;

use crate::sys::kernel_helpers as sys;

/// A verdict that a hook may return.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Verdict(u32);

impl Verdict {
    /// The packet goes on.
    pub(crate) const ACCEPT: Self = Self(sys::LUNATIK_NF_ACCEPT);

    /// The verdict that a script has named, if it is one: accept, drop, or queue, with the number of the
    /// queue in the upper half.
    pub(crate) fn of(number: i64, may_queue: bool) -> Option<Self> {
        let verdict = u32::try_from(number).ok()?;
        let is_queue = may_queue && verdict & 0xffff == sys::LUNATIK_NF_QUEUE;
        (verdict == sys::LUNATIK_NF_ACCEPT || verdict == sys::LUNATIK_NF_DROP || is_queue)
            .then_some(Self(verdict))
    }

    /// The kernel's number.
    pub(crate) fn to_raw(self) -> u32 {
        self.0
    }
}

/// Sets the mark of a packet.
///
/// # Safety
///
/// The packet must belong to the caller.
pub(crate) unsafe fn set_mark(skb: *mut sk_buff, mark: u32) {
    // SAFETY: As the caller promises.
    unsafe { sys::lunatik_skb_set_mark(skb, mark) };
}
