// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Headers of packets, whose fields scripts read and write by name.

use super::{
    failure::{integer, method, string, Failure, Result, Wrong},
    low_bits, with_object, with_packet, NEVER,
};
use crate::{
    linux::packet::{
        fields::{self, Field, Kind},
        Window,
    },
    lua::State,
    runtime::objects::{Class, Classed},
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
        state.set_function(metatable, c"__index", method!(index))?;
        Ok(state.set_function(metatable, c"__newindex", method!(newindex))?)
    },
};

/// The header at index 1, and its field with the name at index 2.
fn field(state: State) -> Result<(Header, Field)> {
    let header = with_object(state, 1, |header: &Header| *header)?;
    match state.to_bytes(2).and_then(|name| header.kind.field(name)) {
        Some(field) => Ok((header, field)),
        None => Err(Failure::NoField(header.kind)),
    }
}

/// Calls `with` with the bytes of the header and those behind it.
fn with_header<R>(
    state: State,
    header: Header,
    with: impl FnOnce(Window<'_>) -> Result<R>,
) -> Result<R> {
    with_packet(state, |packet| {
        let buffer = packet.buffer(header.number);
        let Some(buffer) = buffer.filter(|_| header.epoch == packet.epoch()) else {
            return Err(Failure::Closed);
        };
        match buffer.header(header.kind) {
            Some(window) => with(window),
            None => Err(Failure::NoHeader(header.kind)),
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

#[inline(never)]
fn push_bytes(state: State, window: &Window<'_>, field: Field) -> Result<()> {
    let bytes = Bytes::of(window, field).ok_or(Failure::out_of_bounds(2))?;
    Ok(state.push_bytes(bytes.as_ref())?)
}

/// `header[name]`
fn index(state: State) -> Result {
    let (header, field) = field(state)?;
    with_header(state, header, |window| {
        let (at, size) = field.place();
        match field {
            // Bytes that were just copied one by one would be slow to read as a number.
            Field::Number { shift, bits, .. } => {
                let number = window.number(at.into(), size);
                let number = number.ok_or(Failure::out_of_bounds(2))?;
                state.push_integer(fields::get(number, shift, bits).into());
            }
            Field::Bytes { .. } => push_bytes(state, &window, field)?,
        }
        Ok(1)
    })
}

/// `header[name] = value`
fn newindex(state: State) -> Result {
    let (header, field) = field(state)?;
    let (at, size) = field.place();
    let write = |window: Window<'_>, bytes: &[u8]| {
        let written = window.write(at.into(), bytes);
        written.map_err(|refused| Failure::Refused(2, refused))
    };
    match field {
        Field::Number { shift, bits, .. } => {
            let value = low_bits(integer(state, 3)?);
            with_header(state, header, |window| {
                let bytes = Bytes::of(&window, field);
                let mut bytes = bytes.ok_or(Failure::out_of_bounds(2))?;
                fields::set(bytes.as_mut(), shift, bits, value);
                write(window, bytes.as_ref())
            })?;
        }
        Field::Bytes { .. } => {
            let bytes = string(state, 3)?;
            if bytes.len() != size {
                return Err(Failure::Argument(3, Wrong::Size(size)));
            }
            with_header(state, header, |window| write(window, bytes))?;
        }
    }
    Ok(0)
}
