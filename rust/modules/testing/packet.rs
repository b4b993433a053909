// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! `lunatik.testing`: packets that tests make.

use core::{ffi::c_int, ptr};
use kernel::{
    prelude::*,
    sync::atomic::{Atomic, Relaxed},
};

use crate::{
    binding::arguments,
    linux::{
        context::MaySleep,
        packet::testing::{Plan, TestPacket},
    },
    lua::{self, Free, Kind, Sleeps, State},
    modules::skb,
    native,
    runtime::vm::Vm,
};

/// The calls so far.
static CALLS: Atomic<u64> = Atomic::new(0);

/// Adds the function to the table on top of the stack.
pub(super) fn add(state: State) -> lua::Result<()> {
    Ok(state.set_function(-1, c"packet", native!(packet, Free, Sleeps))?)
}

/// The field `name` of the table at index 3, if it is an integer.
fn option(state: State, name: &CStr) -> lua::Result<Option<i64>> {
    if state.kind(3) != Kind::Table {
        return Ok(None);
    }
    state.get_field(3, name)?;
    let value = state.to_integer(-1);
    state.pop(1);
    Ok(value)
}

/// Whether the field `name` is neither missing nor false.
fn flag(state: State, name: &CStr) -> lua::Result<bool> {
    if state.kind(3) != Kind::Table {
        return Ok(false);
    }
    state.get_field(3, name)?;
    let value = state.to_boolean(-1);
    state.pop(1);
    Ok(value)
}

/// A field that is a number, or `default`.
fn number<T: TryFrom<i64>>(state: State, name: &CStr, default: T) -> lua::Result<T> {
    Ok(option(state, name)?
        .and_then(|value| T::try_from(value).ok())
        .unwrap_or(default))
}

/// `packet(f, bytes [, options])`: calls `f` with bottom halves off and a packet of these bytes.
/// Returns the bytes that the packet has after it, what is known of its checksum, and if `clone`
/// was given the bytes of a clone that was made before.
///
/// The options are those of `helpers/skb_testing.h`, and `read_only`.
fn packet(state: State, may: MaySleep<'_>) -> lua::Result {
    arguments::function(state, 1)?;
    let bytes = arguments::string(state, 2)?;
    let mac = option(state, c"mac")?.and_then(|mac| u32::try_from(mac).ok());
    let check = option(state, c"check")?.and_then(|check| u32::try_from(check).ok());
    let plan = Plan {
        // The bytes come later.
        bytes: ptr::null(),
        length: 0,
        mac: mac.unwrap_or(0),
        has_mac: mac.is_some(),
        at_mac: flag(state, c"at_mac")?,
        linear: number(state, c"linear", u32::MAX / 2)?,
        piece: number(state, c"piece", u32::MAX)?,
        protocol: number(state, c"protocol", 0x0800)?,
        transport: number(state, c"transport", 20)?,
        gso_size: number(state, c"gso_size", 0)?,
        is_partial: check.is_some(),
        check: check.unwrap_or(0),
        has_device: flag(state, c"has_device")?,
        family: number(state, c"family", 2)?,
        hook: number(state, c"hook", 1)?,
    };
    let is_read_only = flag(state, c"read_only")?;
    let mut made = TestPacket::new(may, bytes, plan)?;
    let is_shared = flag(state, c"clone")?;
    if is_shared {
        made.share(may)?;
    }
    let skb = skb::prepare(state)?;
    let epoch = CALLS.fetch_add(1, Relaxed);
    made.lend(!is_read_only, epoch, |packet| {
        state.push_value(1);
        state.push_kept(skb);
        Vm::lend_to(state, packet, || Vm::call_atomically(state, 1, 0))
    })?;
    let push = |of_clone| made.bytes(of_clone, |bytes| state.push_bytes(bytes));
    push(false)??;
    state.push_integer(made.summed().into());
    let results: c_int = if is_shared {
        push(true)??;
        3
    } else {
        2
    };
    Ok(results)
}
