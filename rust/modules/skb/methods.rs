// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The methods of packets.

use core::ffi::c_int;

use super::{
    copies,
    failure::{integer, method, string, Failure, Result, Wrong},
    low_bits, push_header, push_view, view, with_packet, with_skb,
};
use crate::{
    linux::packet::{fields::Kind, Base, Buffer, Refused},
    lua::{self, Named, State},
};

/// Pushes a new table of the methods.
pub(super) fn push(state: State) -> lua::Result<()> {
    state.new_table(0, 16)?;
    Ok(state.set_functions(
        -1,
        &[
            Named::new(c"checksum", method!(checksum)),
            Named::new(c"connmark", method!(connmark)),
            Named::new(c"copy", method!(copies::copy)),
            Named::new(c"ctinfo", method!(ctinfo)),
            Named::new(c"data", method!(data)),
            Named::new(c"forward", method!(forward)),
            Named::new(c"header", method!(header)),
            Named::new(c"hook", method!(hook)),
            Named::new(c"ifindex", method!(ifindex)),
            Named::new(c"mark", method!(mark)),
            Named::new(c"payload", method!(payload)),
            Named::new(c"priority", method!(priority)),
            Named::new(c"protocol", method!(protocol)),
            Named::new(c"replace", method!(replace)),
            Named::new(c"resize", method!(resize)),
            Named::new(c"vlan", method!(vlan)),
        ],
    )?)
}

/// Fills a metatable with the operator `#`.
pub(super) fn add_len(state: State, metatable: c_int) -> lua::Result<()> {
    Ok(state.set_function(metatable, c"__len", method!(len))?)
}

/// Pushes what `read` finds, or nil.
fn push_found(state: State, read: impl FnOnce(Buffer<'_>) -> Option<i64>) -> Result {
    match with_skb(state, 1, |buffer, _, _| Ok(read(buffer)))? {
        Some(found) => state.push_integer(found),
        None => state.push_nil(),
    }
    Ok(1)
}

/// `change` of the packet.
fn change(
    state: State,
    change: impl FnOnce(Buffer<'_>) -> core::result::Result<(), Refused>,
) -> Result {
    with_skb(state, 1, |buffer, _, _| {
        change(buffer).map_err(|refused| Failure::Refused(2, refused))
    })?;
    Ok(0)
}

/// `#skb`
fn len(state: State) -> Result {
    push_found(state, |buffer| Some(buffer.size().into()))
}

/// `skb:ifindex()`
fn ifindex(state: State) -> Result {
    push_found(state, |buffer| Some(buffer.ifindex()?.into()))
}

/// `skb:vlan()`
fn vlan(state: State) -> Result {
    push_found(state, |buffer| Some(buffer.vlan()?.into()))
}

/// `skb:protocol()`
fn protocol(state: State) -> Result {
    push_found(state, |buffer| Some(buffer.protocol().into()))
}

/// `skb:hook()`
fn hook(state: State) -> Result {
    with_skb(state, 1, |_, _, _| Ok(()))?;
    let number = with_packet(state, |packet| Ok(packet.hook()))?;
    state.push_integer(number.into());
    Ok(1)
}

/// `skb:ctinfo()`
fn ctinfo(state: State) -> Result {
    if !cfg!(any(CONFIG_NF_CONNTRACK = "y", CONFIG_NF_CONNTRACK = "m")) {
        return Err(Failure::Unconfigured("ctinfo", "CONFIG_NF_CONNTRACK"));
    }
    push_found(state, |buffer| Some(buffer.ctinfo()?.into()))
}

/// A number of 32 bits that is read, and with an argument set first.
fn property(
    state: State,
    get: impl FnOnce(Buffer<'_>) -> Option<u32>,
    set: impl FnOnce(Buffer<'_>, u32) -> core::result::Result<(), Refused>,
) -> Result {
    if !state.is_none_or_nil(2) {
        let value = low_bits(integer(state, 2)?);
        change(state, |buffer| set(buffer, value))?;
    }
    push_found(state, |buffer| get(buffer).map(i64::from))
}

/// `skb:mark([mark])`
fn mark(state: State) -> Result {
    property(
        state,
        |buffer| Some(buffer.mark()),
        |buffer, mark| buffer.set_mark(mark),
    )
}

/// `skb:priority([priority])`
fn priority(state: State) -> Result {
    property(
        state,
        |buffer| Some(buffer.priority()),
        |buffer, priority| buffer.set_priority(priority),
    )
}

/// `skb:connmark([mark])`
fn connmark(state: State) -> Result {
    if !cfg!(CONFIG_NF_CONNTRACK_MARK) {
        return Err(Failure::Unconfigured(
            "connmark",
            "CONFIG_NF_CONNTRACK_MARK",
        ));
    }
    property(
        state,
        |buffer| buffer.connmark(),
        |buffer, mark| buffer.set_connmark(mark),
    )
}

/// `skb:data(["net" | "mac"])`
fn data(state: State) -> Result {
    let base = if state.is_none_or_nil(2) {
        Base::Network
    } else {
        match string(state, 2)? {
            b"net" => Base::Network,
            b"mac" => Base::Mac,
            _ => return Err(Failure::Argument(2, Wrong::Option)),
        }
    };
    with_skb(state, 1, |buffer, parts, epoch| {
        if buffer.window(base).is_none() {
            return Err(Failure::NoMacHeader);
        }
        push_view(state, parts, base, epoch);
        Ok(1)
    })
}

/// `skb:payload(["data"])`
fn payload(state: State) -> Result {
    let as_view = if state.is_none_or_nil(2) {
        false
    } else {
        match string(state, 2)? {
            b"data" => true,
            _ => return Err(Failure::Argument(2, Wrong::Option)),
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
fn header(state: State) -> Result {
    let name = string(state, 2)?;
    let kind = Kind::find(name).ok_or(Failure::Argument(2, Wrong::Option))?;
    push_header(state, 1, kind)?;
    Ok(1)
}

/// `skb:resize(size)`
fn resize(state: State) -> Result {
    let size = integer(state, 2)?;
    with_skb(state, 1, |buffer, _, _| {
        let resized = buffer.resize(size);
        resized.map_err(|refused| Failure::Growth(2, refused))
    })?;
    Ok(0)
}

/// `skb:replace(offset, length, bytes)`
fn replace(state: State) -> Result {
    let offset = integer(state, 2)?;
    let length = integer(state, 3)?;
    let bytes = string(state, 4)?;
    with_skb(state, 1, |buffer, _, _| {
        let replaced = buffer.replace(offset, length, bytes);
        replaced.map_err(|refused| Failure::Growth(2, refused))
    })?;
    Ok(0)
}

/// `skb:checksum()`
fn checksum(state: State) -> Result {
    change(state, |buffer| buffer.fix_checksums())
}

/// `skb:forward()`
fn forward(state: State) -> Result {
    change(state, |buffer| buffer.forward())
}
