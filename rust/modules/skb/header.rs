// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Headers of packets, whose fields scripts read and write by name.

use kernel::prelude::*;

use super::{error, low_bits, with_packet, NEVER};
use crate::{
    binding::arguments::{self, integer, show},
    linux::packet::{
        fields::{self, Field, Kind},
        Window,
    },
    lua::{self, Error, Free, Softirq, State},
    native,
    runtime::{
        objects::{Class, Classed},
        userdata,
    },
};

/// The most bytes of a field.
const MAX_FIELD: usize = 16;

/// A header.
#[derive(Clone, Copy)]
pub(super) struct Header {
    /// The packet: 0 for that of the hook.
    number: usize,
    /// What header the script asked for last.
    pub(super) kind: Kind,
    /// The call of the hook in which the script got it.
    pub(super) epoch: u64,
}

impl Header {
    /// A header that no script has got yet.
    pub(super) const fn new(number: usize, kind: Kind) -> Self {
        Self {
            number,
            kind,
            epoch: NEVER,
        }
    }
}

impl Classed for Header {
    const CLASS: &'static Class = &HEADER;
}

const HEADER: Class = Class {
    name: c"skb.header",
    fill: |state, metatable| {
        state.set_function(metatable, c"__index", native!(index, Free, Softirq))?;
        Ok(state.set_function(metatable, c"__newindex", native!(newindex, Free, Softirq))?)
    },
};

/// The header at index 1, and its field with the name at index 2.
fn field(state: State) -> lua::Result<(Header, Field)> {
    let header = userdata::argument(state, 1, |header: &mut Header| *header)?;
    match state.to_bytes(2).and_then(|name| header.kind.field(name)) {
        Some(field) => Ok((header, field)),
        None => Err(unknown(state, header.kind)),
    }
}

#[cold]
fn unknown(state: State, kind: Kind) -> Error {
    let kind = kind.name();
    match state.to_bytes(2) {
        Some(name) => Error::message(fmt!("{kind} header has no field '{}'", show(name))),
        None => Error::message(fmt!("the name of a field of the {kind} header expected")),
    }
}

/// Calls `with` with the bytes of the header and those behind it.
fn with_header<R>(
    state: State,
    header: Header,
    with: impl FnOnce(Window<'_>) -> lua::Result<R>,
) -> lua::Result<R> {
    with_packet(state, |packet| {
        let buffer = packet.buffer(header.number);
        let Some(buffer) = buffer.filter(|_| header.epoch == packet.epoch()) else {
            return Err(error::closed());
        };
        match buffer.header(header.kind) {
            Some(window) => with(window),
            // The packet was changed.
            None => Err(Error::message(fmt!(
                "the packet has no {} header any more",
                header.kind.name()
            ))),
        }
    })
}

/// The bytes of a field.
struct Bytes {
    bytes: [u8; MAX_FIELD],
    size: usize,
}

impl Bytes {
    fn of(window: &Window<'_>, field: Field) -> Option<Self> {
        let (at, size) = field.place();
        let mut read = Self {
            bytes: [0; MAX_FIELD],
            size,
        };
        window.read(at.into(), read.as_mut()).then_some(read)
    }

    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.size).unwrap_or_default()
    }

    fn as_mut(&mut self) -> &mut [u8] {
        self.bytes.get_mut(..self.size).unwrap_or_default()
    }
}

/// `header[name]`
fn index(state: State) -> lua::Result {
    let (header, field) = field(state)?;
    with_header(state, header, |window| {
        let bytes = Bytes::of(&window, field).ok_or_else(|| error::out_of_bounds(2))?;
        match field {
            Field::Number { shift, bits, .. } => {
                state.push_integer(fields::get(bytes.as_ref(), shift, bits).into());
            }
            Field::Bytes { .. } => state.push_bytes(bytes.as_ref())?,
        }
        Ok(1)
    })
}

/// `header[name] = value`
fn newindex(state: State) -> lua::Result {
    let (header, field) = field(state)?;
    let (at, size) = field.place();
    let write = |window: Window<'_>, bytes: &[u8]| {
        let written = window.write(at.into(), bytes);
        written.map_err(|refused| error::of(state, 2, refused))
    };
    match field {
        Field::Number { shift, bits, .. } => {
            let value = low_bits(integer(state, 3)?);
            with_header(state, header, |window| {
                let bytes = Bytes::of(&window, field);
                let mut bytes = bytes.ok_or_else(|| error::out_of_bounds(2))?;
                fields::set(bytes.as_mut(), shift, bits, value);
                write(window, bytes.as_ref())
            })?;
        }
        Field::Bytes { .. } => {
            let bytes = arguments::string(state, 3)?;
            if bytes.len() != size {
                return Err(Error::argument(3, fmt!("must have {size} bytes")));
            }
            with_header(state, header, |window| write(window, bytes))?;
        }
    }
    Ok(0)
}
