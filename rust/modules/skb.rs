// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The object that netfilter hooks get: the packet that they were called for.
//!
//! A hook function makes no objects. All that it can get are made while the script loads: the
//! packet, its views, its headers, and the same for each copy. They are of the packet of whichever
//! call of a hook runs. A view, a header and a copy remember the call that has handed them out, and
//! serve no other.

mod copies;
mod failure;
mod header;
mod methods;
mod number;
mod view;

use core::ffi::c_int;
use kernel::prelude::*;

use self::{
    copies::Copies,
    failure::{method, Failure, Wrong},
    header::Header,
    view::View, //
};
use crate::{
    linux::packet::{fields::Kind, Base, Buffer, Packet, MAX_COPIES},
    lua::{self, Reference, State},
    runtime::{
        objects::{Class, Classed},
        userdata,
        vm::Vm, //
    },
};

/// A call of a hook that never was: objects begin with it.
const NEVER: u64 = u64::MAX;

/// The objects of a packet.
#[derive(Clone, Copy)]
struct Parts {
    network: Reference,
    mac: Reference,
    payload: Reference,
    network_header: Reference,
    transport_header: Reference,
}

impl Parts {
    fn view(&self, base: Base) -> Reference {
        match base {
            Base::Network => self.network,
            Base::Mac => self.mac,
            Base::Payload => self.payload,
        }
    }

    fn header(&self, kind: Kind) -> Reference {
        if kind.is_network() {
            self.network_header
        } else {
            self.transport_header
        }
    }
}

/// A packet: the one of the hook, or a copy.
struct Skb {
    /// 0 for the packet of the hook.
    number: usize,
    /// The call in which the copy was made.
    epoch: u64,
    parts: Parts,
}

impl Classed for Skb {
    const CLASS: &'static Class = &SKB;
}

const SKB: Class = Class {
    name: c"skb",
    fill: |state, metatable| {
        methods::push(state)?;
        state.push_function(method!(index), 1)?;
        state.set_field(metatable, c"__index")?;
        methods::add_len(state, metatable)
    },
};

/// The metatable of the packet of the hook, of which there is one. Its methods are found without a
/// call.
const LENT: Class = Class {
    name: c"skb.lent",
    fill: |state, metatable| {
        // Lua's own errors call it as they call a copy.
        state.push_bytes(b"skb")?;
        state.set_field(metatable, c"__name")?;
        methods::add_len(state, metatable)
    },
};

/// `skb[key]` of a copy: a method, or a header.
fn index(state: State) -> failure::Result {
    state.push_upvalue(1);
    state.push_value(2);
    state.raw_get(-2);
    if state.is_none_or_nil(-1) {
        state.push_value(1);
        return shorthand(state);
    }
    Ok(1)
}

/// `skb[key]` of the packet of the hook, for a key that is no method: a header.
fn lent_shorthand(state: State) -> failure::Result {
    state.push_upvalue(1);
    shorthand(state)
}

/// Pushes the header with the name at index 2 of the packet on top of the stack.
fn shorthand(state: State) -> failure::Result {
    match state.to_bytes(2).and_then(Kind::find) {
        Some(kind) => push_header(state, -1, kind)?,
        None => state.push_nil(),
    }
    Ok(1)
}

/// Calls `with` with the packet of the hook that runs.
fn with_packet<R>(
    state: State,
    with: impl FnOnce(&Packet) -> failure::Result<R>,
) -> failure::Result<R> {
    Vm::with_subject(state, with).unwrap_or(Err(Failure::Unset))
}

/// What `read` finds in the `T` at `index`.
fn with_object<T: Classed + Send, R>(
    state: State,
    index: c_int,
    read: impl FnOnce(&T) -> R,
) -> failure::Result<R> {
    userdata::with(state, index, |object: &mut T| read(object)).ok_or_else(|| {
        let name = T::CLASS.name.to_str().unwrap_or("userdata");
        Failure::Argument(index, Wrong::Type(name))
    })
}

/// Calls `with` with the packet that the object at `index` is, the objects of the packet, and the
/// call of the hook.
fn with_skb<R>(
    state: State,
    index: c_int,
    with: impl FnOnce(Buffer<'_>, &Parts, u64) -> failure::Result<R>,
) -> failure::Result<R> {
    let (number, epoch, parts) =
        with_object(state, index, |skb: &Skb| (skb.number, skb.epoch, skb.parts))?;
    with_packet(state, |packet| {
        let buffer = packet.buffer(number);
        match buffer.filter(|_| number == 0 || epoch == packet.epoch()) {
            Some(buffer) => with(buffer, &parts, packet.epoch()),
            None => Err(Failure::Unset),
        }
    })
}

/// Pushes the view of a packet from `base` on.
fn push_view(state: State, parts: &Parts, base: Base, epoch: u64) {
    state.push_kept(parts.view(base));
    userdata::with(state, -1, |view: &mut View| view.epoch = epoch);
}

/// Pushes the header of this kind of the packet at `index`, or nil if it has none.
fn push_header(state: State, index: c_int, kind: Kind) -> failure::Result<()> {
    with_skb(state, index, |buffer, parts, epoch| {
        if buffer.header(kind).is_none() {
            state.push_nil();
            return Ok(());
        }
        state.push_kept(parts.header(kind));
        userdata::with(state, -1, |header: &mut Header| {
            header.kind = kind;
            header.epoch = epoch;
        });
        Ok(())
    })
}

/// Values that Lua keeps. They are released again, unless all have been made.
struct Keeping {
    state: State,
    kept: KVec<Reference>,
}

impl Keeping {
    /// Keeps the value on top of the stack, and pops it.
    fn keep(&mut self) -> lua::Result<Reference> {
        self.kept.reserve(1, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
        let reference = self.state.keep()?;
        self.kept.push(reference, GFP_NOWAIT)?;
        Ok(reference)
    }
}

impl Drop for Keeping {
    fn drop(&mut self) {
        for &reference in &self.kept {
            self.state.release(reference);
        }
    }
}

/// Makes the objects of a packet, and pushes the packet.
fn make(keeping: &mut Keeping, number: usize) -> lua::Result<()> {
    let state = keeping.state;
    let mut view = |base| {
        userdata::push(state, View::new(number, base))?;
        keeping.keep()
    };
    let (network, mac, payload) = (view(Base::Network)?, view(Base::Mac)?, view(Base::Payload)?);
    let mut header = |kind| {
        userdata::push(state, Header::new(number, kind))?;
        keeping.keep()
    };
    let (network_header, transport_header) = (header(Kind::Ip)?, header(Kind::Tcp)?);
    let parts = Parts {
        network,
        mac,
        payload,
        network_header,
        transport_header,
    };
    userdata::push(
        state,
        Skb {
            number,
            epoch: NEVER,
            parts,
        },
    )
}

/// Makes the objects that the hooks of the VM of `state` use, once, and keeps the packet, which is
/// the argument of the hook functions. To be called while the script loads, before the first hook
/// is called, and for each hook. The reference must not be released.
pub(crate) fn prepare(state: State) -> lua::Result<Reference> {
    if let Some(copies) = Vm::attachment::<Copies>(state) {
        return Ok(copies.original);
    }
    let top = state.top();
    state.reserve(lua::MIN_STACK)?;
    let mut keeping = Keeping {
        state,
        kept: KVec::new(),
    };
    make(&mut keeping, 0)?;
    let skb = state.top();
    userdata::push_metatable(state, &LENT)?;
    let metatable = state.top();
    // The methods, and behind them the headers of this packet.
    methods::push(state)?;
    state.new_table(0, 1)?;
    state.push_value(skb);
    state.push_function(method!(lent_shorthand), 1)?;
    state.set_field(-2, c"__index")?;
    state.set_metatable(-2)?;
    state.set_field(metatable, c"__index")?;
    state.set_metatable(skb)?;
    let original = keeping.keep()?;
    let mut copies = Copies {
        original,
        copies: [original; MAX_COPIES],
    };
    for (place, number) in copies.copies.iter_mut().zip(1..) {
        make(&mut keeping, number)?;
        *place = keeping.keep()?;
    }
    Vm::attach(state, copies)?;
    keeping.kept.clear();
    state.set_top(top);
    Ok(original)
}

/// An integer as an unsigned one of 32 bits, of which the low ones count.
fn low_bits(value: i64) -> u32 {
    // CAST: As it says.
    value as u32
}
