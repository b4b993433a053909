// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Packets that tests make, as if a hook had been called for them.

use core::{
    mem::MaybeUninit,
    ptr::{self, NonNull},
};
use kernel::{bindings::sk_buff, error::to_result, prelude::*};

use super::Packet;
use crate::{
    linux::context::MaySleep,
    sys::kernel_helpers::{self as sys, nf_hook_state},
};

/// How a packet is to be: see `helpers/skb_testing.h`.
pub(crate) use crate::sys::kernel_helpers::lunatik_skb_plan as Plan;

/// A packet, and the state of a hook that was never called.
///
/// # Invariants
///
/// Both pointers are from `lunatik_skb_make()`, and this owns what they point to. So it does a
/// clone.
pub(crate) struct TestPacket {
    skb: *mut sk_buff,
    state: *mut nf_hook_state,
    clone: Option<NonNull<sk_buff>>,
}

impl TestPacket {
    /// Makes a packet of `bytes`, as `plan` says.
    pub(crate) fn new(_may: MaySleep<'_>, bytes: &[u8], mut plan: Plan) -> Result<Self> {
        plan.bytes = bytes.as_ptr().cast();
        plan.length = u32::try_from(bytes.len())?;
        let (mut skb, mut state) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: The plan has as many bytes as it says, and the other pointers are valid for
        // writes. The caller may sleep.
        to_result(unsafe { sys::lunatik_skb_make(&plan, &mut skb, &mut state) })?;
        // INVARIANT: They were just made.
        Ok(Self {
            skb,
            state,
            clone: None,
        })
    }

    /// Makes a clone, which shares the bytes of the packet.
    pub(crate) fn share(&mut self, _may: MaySleep<'_>) -> Result {
        // SAFETY: By the type invariants. The caller may sleep.
        let clone = NonNull::new(unsafe { sys::lunatik_skb_clone(self.skb) });
        // INVARIANT: It was just made. There is no other: tests make one.
        self.clone = Some(clone.ok_or(ENOMEM)?);
        Ok(())
    }

    /// Calls `with` with the packet, as if a hook had been called for it.
    pub(crate) fn lend<R>(
        &mut self,
        may_modify: bool,
        epoch: u64,
        with: impl FnOnce(&Packet) -> R,
    ) -> R {
        // SAFETY: By the type invariants both are alive, and nobody else uses them while this is
        // borrowed. The packet's device is one that is never removed.
        let packet = unsafe { Packet::new(self.skb, self.state, may_modify, epoch) };
        with(&packet)
    }

    /// What is known of its checksum: `CHECKSUM_NONE` and the like.
    pub(crate) fn summed(&self) -> u32 {
        // SAFETY: By the type invariants.
        unsafe { sys::lunatik_skb_summed(self.skb) }
    }

    /// Calls `with` with the bytes of the packet, or of the clone if there is one, from the MAC
    /// header on or else from the network header.
    pub(crate) fn bytes<R>(&self, of_clone: bool, with: impl FnOnce(&[u8]) -> R) -> Result<R> {
        let skb = match (of_clone, self.clone) {
            (false, _) => self.skb,
            (true, Some(clone)) => clone.as_ptr(),
            (true, None) => return Err(ENOENT),
        };
        let mut shape = MaybeUninit::<sys::lunatik_skb_shape>::uninit();
        // SAFETY: By the type invariants; the function writes all of the shape.
        let shape = unsafe {
            sys::lunatik_skb_shape(skb, shape.as_mut_ptr());
            shape.assume_init()
        };
        let start = if shape.mac == i32::MIN {
            shape.network
        } else {
            shape.mac
        };
        let size = i64::from(shape.length)
            .checked_sub(start.into())
            .ok_or(EINVAL)?;
        let mut bytes = KVVec::from_elem(0_u8, usize::try_from(size)?, GFP_KERNEL | __GFP_NOWARN)?;
        let length = u32::try_from(size)?;
        // SAFETY: By the type invariants; the function checks the range, and there is room for that
        // many.
        if !unsafe { sys::lunatik_skb_read(skb, start, length, bytes.as_mut_ptr().cast()) } {
            return Err(EFAULT);
        }
        Ok(with(&bytes))
    }
}

impl Drop for TestPacket {
    fn drop(&mut self) {
        // SAFETY: By the type invariants. Nobody refers to any of it.
        unsafe {
            if let Some(clone) = self.clone {
                sys::lunatik_skb_free(clone.as_ptr());
            }
            sys::lunatik_skb_unmake(self.skb, self.state);
        }
    }
}
