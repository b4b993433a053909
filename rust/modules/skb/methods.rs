// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The methods of packets.

use core::ffi::c_int;
use kernel::prelude::*;

use super::{
    copies, error, invalid_option, low_bits, push_header, push_view, view, with_packet, with_skb,
};
use crate::{
    binding::arguments::{self, integer},
    linux::packet::{fields::Kind, Base, Buffer, Refused},
    lua::{self, Error, Free, Named, Softirq, State},
    native,
};

/// Pushes a new table of the methods.
pub(super) fn push(state: State) -> lua::Result<()> {
    state.new_table(0, 16)?;
    Ok(state.set_functions(
        -1,
        &[
            Named::new(c"checksum", native!(checksum, Free, Softirq)),
            Named::new(c"connmark", native!(connmark, Free, Softirq)),
            Named::new(c"copy", native!(copies::copy, Free, Softirq)),
            Named::new(c"ctinfo", native!(ctinfo, Free, Softirq)),
            Named::new(c"data", native!(data, Free, Softirq)),
            Named::new(c"forward", native!(forward, Free, Softirq)),
            Named::new(c"header", native!(header, Free, Softirq)),
            Named::new(c"hook", native!(hook, Free, Softirq)),
            Named::new(c"ifindex", native!(ifindex, Free, Softirq)),
            Named::new(c"mark", native!(mark, Free, Softirq)),
            Named::new(c"payload", native!(payload, Free, Softirq)),
            Named::new(c"priority", native!(priority, Free, Softirq)),
            Named::new(c"protocol", native!(protocol, Free, Softirq)),
            Named::new(c"replace", native!(replace, Free, Softirq)),
            Named::new(c"resize", native!(resize, Free, Softirq)),
            Named::new(c"vlan", native!(vlan, Free, Softirq)),
        ],
    )?)
}

/// Fills a metatable with the operator `#`.
pub(super) fn add_len(state: State, metatable: c_int) -> lua::Result<()> {
    Ok(state.set_function(metatable, c"__len", native!(len, Free, Softirq))?)
}

/// Pushes what `read` finds, or nil.
fn push_found(state: State, read: impl FnOnce(Buffer<'_>) -> Option<i64>) -> lua::Result {
    match with_skb(state, 1, |buffer, _, _| Ok(read(buffer)))? {
        Some(found) => state.push_integer(found),
        None => state.push_nil(),
    }
    Ok(1)
}

/// `change` of the packet.
fn change(state: State, change: impl FnOnce(Buffer<'_>) -> Result<(), Refused>) -> lua::Result {
    with_skb(state, 1, |buffer, _, _| {
        change(buffer).map_err(|refused| error::of(state, 2, refused))
    })?;
    Ok(0)
}

/// `#skb`
fn len(state: State) -> lua::Result {
    push_found(state, |buffer| Some(buffer.size().into()))
}

/// `skb:ifindex()`
fn ifindex(state: State) -> lua::Result {
    push_found(state, |buffer| Some(buffer.ifindex()?.into()))
}

/// `skb:vlan()`
fn vlan(state: State) -> lua::Result {
    push_found(state, |buffer| Some(buffer.vlan()?.into()))
}

/// `skb:protocol()`
fn protocol(state: State) -> lua::Result {
    push_found(state, |buffer| Some(buffer.protocol().into()))
}

/// `skb:hook()`
fn hook(state: State) -> lua::Result {
    with_skb(state, 1, |_, _, _| Ok(()))?;
    let number = with_packet(state, |packet| Ok(packet.hook()))?;
    state.push_integer(number.into());
    Ok(1)
}

/// `skb:ctinfo()`
fn ctinfo(state: State) -> lua::Result {
    if !cfg!(any(CONFIG_NF_CONNTRACK = "y", CONFIG_NF_CONNTRACK = "m")) {
        return Err(Error::message(fmt!("skb.ctinfo needs CONFIG_NF_CONNTRACK")));
    }
    push_found(state, |buffer| Some(buffer.ctinfo()?.into()))
}

/// A number of 32 bits that is read, and with an argument set first.
fn property(
    state: State,
    get: impl FnOnce(Buffer<'_>) -> Option<u32>,
    set: impl FnOnce(Buffer<'_>, u32) -> Result<(), Refused>,
) -> lua::Result {
    if !state.is_none_or_nil(2) {
        let value = low_bits(integer(state, 2)?);
        change(state, |buffer| set(buffer, value))?;
    }
    push_found(state, |buffer| get(buffer).map(i64::from))
}

/// `skb:mark([mark])`
fn mark(state: State) -> lua::Result {
    property(
        state,
        |buffer| Some(buffer.mark()),
        |buffer, mark| buffer.set_mark(mark),
    )
}

/// `skb:priority([priority])`
fn priority(state: State) -> lua::Result {
    property(
        state,
        |buffer| Some(buffer.priority()),
        |buffer, priority| buffer.set_priority(priority),
    )
}

/// `skb:connmark([mark])`
fn connmark(state: State) -> lua::Result {
    if !cfg!(CONFIG_NF_CONNTRACK_MARK) {
        return Err(Error::message(fmt!(
            "skb.connmark needs CONFIG_NF_CONNTRACK_MARK"
        )));
    }
    property(
        state,
        |buffer| buffer.connmark(),
        |buffer, mark| buffer.set_connmark(mark),
    )
}

/// `skb:data(["net" | "mac"])`
fn data(state: State) -> lua::Result {
    let base = if state.is_none_or_nil(2) {
        Base::Network
    } else {
        match arguments::string(state, 2)? {
            b"net" => Base::Network,
            b"mac" => Base::Mac,
            other => return Err(invalid_option(2, other)),
        }
    };
    with_skb(state, 1, |buffer, parts, epoch| {
        if buffer.window(base).is_none() {
            return Err(error::no_mac_header());
        }
        push_view(state, parts, base, epoch);
        Ok(1)
    })
}

/// `skb:payload(["data"])`
fn payload(state: State) -> lua::Result {
    let as_view = if state.is_none_or_nil(2) {
        false
    } else {
        match arguments::string(state, 2)? {
            b"data" => true,
            other => return Err(invalid_option(2, other)),
        }
    };
    with_skb(state, 1, |buffer, parts, epoch| {
        match buffer.window(Base::Payload) {
            None => state.push_nil(),
            Some(_) if as_view => push_view(state, parts, Base::Payload, epoch),
            Some(window) => view::push_bytes(state, &window, 0, window.size())?,
        }
        Ok(1)
    })
}

/// `skb:header(kind)`
fn header(state: State) -> lua::Result {
    let name = arguments::string(state, 2)?;
    let kind = Kind::find(name).ok_or_else(|| invalid_option(2, name))?;
    push_header(state, 1, kind)?;
    Ok(1)
}

/// `skb:resize(size)`
fn resize(state: State) -> lua::Result {
    let size = integer(state, 2)?;
    with_skb(state, 1, |buffer, _, _| {
        let resized = buffer.resize(size);
        resized.map_err(|refused| error::of_growth(state, 2, refused))
    })?;
    Ok(0)
}

/// `skb:replace(offset, length, bytes)`
fn replace(state: State) -> lua::Result {
    let offset = integer(state, 2)?;
    let length = integer(state, 3)?;
    let bytes = arguments::string(state, 4)?;
    with_skb(state, 1, |buffer, _, _| {
        let replaced = buffer.replace(offset, length, bytes);
        replaced.map_err(|refused| error::of_growth(state, 2, refused))
    })?;
    Ok(0)
}

/// `skb:checksum()`
fn checksum(state: State) -> lua::Result {
    change(state, |buffer| buffer.fix_checksums())
}

/// `skb:forward()`
fn forward(state: State) -> lua::Result {
    change(state, |buffer| buffer.forward())
}
