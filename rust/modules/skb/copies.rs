// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Copies of packets. Their objects are made while the script loads, and used again by each call.

use super::{
    failure::{Failure, Result},
    with_skb,
    Skb, //
};
use crate::{
    linux::packet::MAX_COPIES,
    lua::{Reference, State},
    runtime::{userdata, vm::Vm},
};

/// The objects of a VM.
#[derive(Clone, Copy)]
pub(super) struct Copies {
    /// The packet of the hook.
    pub(super) original: Reference,
    /// The copies, which have the numbers from 1 on.
    pub(super) copies: [Reference; MAX_COPIES],
}

/// `skb:copy()`
pub(super) fn copy(state: State) -> Result {
    let (number, epoch) = with_skb(state, 1, |buffer, _, epoch| {
        let number = buffer.copy_packet();
        Ok((
            number.map_err(|refused| Failure::Refused(1, refused))?,
            epoch,
        ))
    })?;
    let copies = Vm::attachment::<Copies>(state);
    let object = copies.and_then(|copies| copies.copies.get(number.checked_sub(1)?).copied());
    // There are as many objects as copies.
    state.push_kept(object.ok_or(Failure::Unset)?);
    userdata::with(state, -1, |skb: &mut Skb| skb.epoch = epoch);
    Ok(1)
}
