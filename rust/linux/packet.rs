// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The packet that a netfilter hook was called for, as a safe type.
//!
//! Scripts may ask for any bytes, and a packet may claim anything: all offsets are checked here,
//! against the bytes that are there. Reading changes nothing, in particular it does not make the
//! packet linear. Writing makes private what it writes to, for a packet may share its bytes with
//! others.
//!
//! A packet that the kernel goes on with must not become one that its code cannot stand: that code
//! does not check again what was checked before the hook. So some bytes cannot be changed, and
//! headers cannot be cut off ([`Layout::guarded`], [`Layout::shortest_end`]). Copies, which are
//! only sent, and packets that have just been received from a device, may have any content.
//!
//! C header: `include/linux/skbuff.h`

use core::{
    cell::Cell,
    ffi::c_int,
    ptr, //
};
use kernel::{
    bindings::{self, sk_buff},
    error::{to_result, Error},
    prelude::*, //
};

use self::layout::Layout;
pub(crate) use self::{
    buffer::Buffer,
    window::{Base, Window},
};
use crate::sys::kernel_helpers::{self as sys, nf_hook_state};

mod buffer;
mod change;
pub(crate) mod fields;
mod layout;
mod place;
pub(crate) mod search;
pub(crate) mod testing;
mod window;

/// The most copies of packets that a hook function can have at a time.
pub(crate) const MAX_COPIES: usize = 4;

/// The most packets that a hook function can forward.
const MAX_FORWARDED: u8 = 16;

/// Why a packet was not changed, copied or forwarded.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The hook may not modify packets.
    Denied,
    /// The range is not in the packet, or what would be left is too short.
    OutOfBounds,
    /// The kernel relies on these bytes, or others use the packet, too.
    ReadOnly,
    /// It is one of many packets in one.
    Gso,
    /// It is a list of packets.
    FragList,
    /// There are [`MAX_COPIES`].
    TooManyCopies,
    /// There are [`MAX_FORWARDED`].
    TooManyForwarded,
    /// The packet has no device.
    NoDevice,
    /// The packet has no MAC header.
    NoMacHeader,
    /// Another error of the kernel.
    Kernel(Error),
}

impl Refused {
    /// What a function of `skb.h` has returned.
    fn check(code: c_int) -> Result<(), Self> {
        let Err(error) = to_result(code) else {
            return Ok(());
        };
        Err(match code.unsigned_abs() {
            bindings::EINVAL => Self::OutOfBounds,
            bindings::EBUSY => Self::ReadOnly,
            bindings::ENODEV => Self::NoDevice,
            bindings::EDESTADDRREQ => Self::NoMacHeader,
            _ => Self::Kernel(error),
        })
    }
}

/// The packet of a call of a hook function, and the copies that the function has made of it.
///
/// It is not `Sync`: only the code that the hook was called for uses it.
///
/// # Invariants
///
/// The first element of `packets` is the packet that the kernel has lent, and `hook` the state of
/// the hook. Both live as long as this does, and nobody else uses the packet meanwhile. The other
/// elements are null, or packets that this owns alone. `leaving` is a list for
/// `lunatik_skb_send()`, which this owns.
pub(crate) struct Packet {
    packets: [Cell<*mut sk_buff>; MAX_COPIES + 1],
    /// Where the headers of each of them are, if that is known.
    layouts: [Cell<Option<Layout>>; MAX_COPIES + 1],
    leaving: Cell<*mut sk_buff>,
    forwarded: Cell<u8>,
    hook: *const nf_hook_state,
    may_modify: bool,
    epoch: Cell<u64>,
}

impl Packet {
    /// The packet `skb` of the hook with this `state`. Without `may_modify` everything fails that
    /// changes the packet, copies it, or sends something. `epoch` distinguishes this call from all
    /// others of hooks of the same VM.
    ///
    /// What the function forwards is sent when this is dropped.
    ///
    /// # Safety
    ///
    /// The pointers are those that the kernel has called the hook with. The caller has not given
    /// the packet away, and drops this before the hook returns. Code that must not sleep, and is
    /// not interrupted by hooks that use the same packet, uses this.
    pub(crate) unsafe fn new(
        skb: *mut sk_buff,
        state: *const nf_hook_state,
        may_modify: bool,
        epoch: u64,
    ) -> Self {
        // INVARIANT: As the caller promises. There are no copies, and the list is empty.
        Self {
            packets: [
                skb,
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
            ]
            .map(Cell::new),
            layouts: [const { Cell::new(None) }; MAX_COPIES + 1],
            leaving: Cell::new(ptr::null_mut()),
            forwarded: Cell::new(0),
            hook: state,
            may_modify,
            epoch: Cell::new(epoch),
        }
    }

    /// What distinguishes this call from others.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.get()
    }

    /// Sets what distinguishes this call from others.
    pub(crate) fn set_epoch(&self, epoch: u64) {
        self.epoch.set(epoch);
    }

    /// The number of the hook: one of `enum nf_inet_hooks` and the like.
    pub(crate) fn hook(&self) -> u32 {
        // SAFETY: By the type invariant.
        unsafe { sys::lunatik_hook_number(self.hook) }
    }

    /// The packet that was lent, for number 0, or the copy with that number, if there is one.
    pub(crate) fn buffer(&self, number: usize) -> Option<Buffer<'_>> {
        let skb = self.packets.get(number)?.get();
        Buffer::new(self, skb, number)
    }

    /// Whether the kernel checks the headers of the lent packet after this hook.
    fn is_unchecked(&self) -> bool {
        // SAFETY: By the type invariant.
        unsafe { sys::lunatik_hook_is_ingress(self.hook) }
    }

    /// Fails if the hook may not modify packets.
    fn modify(&self) -> Result<(), Refused> {
        if self.may_modify {
            Ok(())
        } else {
            Err(Refused::Denied)
        }
    }
}

impl Drop for Packet {
    fn drop(&mut self) {
        // SAFETY: By the type invariant; the hook has not returned, so the RCU section in which it
        // was called lasts.
        unsafe { sys::lunatik_skb_send(self.leaving.get()) };
        for copy in self.packets.iter().skip(1).map(Cell::get) {
            if !copy.is_null() {
                // SAFETY: By the type invariant this owns it, and nothing refers to it any more.
                unsafe { sys::lunatik_skb_free(copy) };
            }
        }
    }
}
