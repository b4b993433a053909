// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Views of packets: their bytes from a header on.

use core::{ffi::c_int, ops::ControlFlow};

use super::{
    failure::{integer, method, optional_integer, string, Failure, Result, Wrong},
    number::{self, Double, Number, Signed, Single, Unsigned},
    with_object, with_packet, NEVER,
};
use crate::{
    linux::packet::{
        search::{Search, MAX_NEEDLE},
        Base, Window,
    },
    lua::{Named, State},
    runtime::objects::{Class, Classed},
};

/// A view.
#[derive(Clone, Copy)]
pub(super) struct View {
    /// The packet: 0 for that of the hook.
    number: usize,
    base: Base,
    /// The call of the hook in which the script got it.
    pub(super) epoch: u64,
}

impl View {
    /// A view that no script has got yet.
    pub(super) const fn new(number: usize, base: Base) -> Self {
        Self {
            number,
            base,
            epoch: NEVER,
        }
    }
}

impl Classed for View {
    const CLASS: &'static Class = &VIEW;
}

const VIEW: Class = Class {
    name: c"skb.data",
    fill: |state, metatable| {
        state.set_function(metatable, c"__len", method!(len))?;
        state.set_function(metatable, c"__tostring", method!(tostring))?;
        state.new_table(0, 32)?;
        state.set_functions(-1, &METHODS)?;
        state.set_functions(-1, &NUMBERS)?;
        Ok(state.set_field(metatable, c"__index")?)
    },
};

/// The method that reads a number, and the one that writes it.
macro_rules! numbers {
    ($($get:literal, $set:literal: $number:ty;)*) => {
        [$(
            Named::new($get, method!(get::<$number>)),
            Named::new($set, method!(set::<$number>)),
        )*]
    };
}

const NUMBERS: [Named; 22] = numbers! {
    c"getbyte", c"setbyte": Unsigned<1>;
    c"getdouble", c"setdouble": Double;
    c"getfloat", c"setfloat": Single;
    c"getint8", c"setint8": Signed<1>;
    c"getint16", c"setint16": Signed<2>;
    c"getint32", c"setint32": Signed<4>;
    c"getint64", c"setint64": Signed<8>;
    c"getnumber", c"setnumber": Signed<8>;
    c"getuint8", c"setuint8": Unsigned<1>;
    c"getuint16", c"setuint16": Unsigned<2>;
    c"getuint32", c"setuint32": Unsigned<4>;
};

const METHODS: [Named; 6] = [
    Named::new(c"checksum", method!(checksum)),
    Named::new(c"compare", method!(compare)),
    Named::new(c"find", method!(find)),
    Named::new(c"getstring", method!(getstring)),
    Named::new(c"resize", method!(resize)),
    Named::new(c"setstring", method!(setstring)),
];

/// Calls `with` with the bytes of the view at index 1.
fn with_window<R>(state: State, with: impl FnOnce(Window<'_>) -> Result<R>) -> Result<R> {
    let view = with_object(state, 1, |view: &View| *view)?;
    with_packet(state, |packet| {
        let buffer = packet.buffer(view.number);
        let buffer = buffer.filter(|_| view.epoch == packet.epoch());
        match buffer.and_then(|buffer| buffer.window(view.base)) {
            Some(window) => with(window),
            None => Err(Failure::Closed),
        }
    })
}

/// Pushes a string of the bytes. There are that many.
pub(super) fn push_bytes(
    state: State,
    window: &Window<'_>,
    offset: i64,
    length: usize,
) -> Result<()> {
    if let Some(bytes) = window.linear(offset, length) {
        return Ok(state.push_bytes(bytes)?);
    }
    if state.push_filled(length, |to| window.copy(offset, to))? {
        Ok(())
    } else {
        Err(Failure::Unreadable)
    }
}

/// `view:getbyte(offset)` and the like
fn get<T: Number>(state: State) -> Result {
    let raw = read(state, T::SIZE)?;
    T::push(state, raw);
    Ok(1)
}

/// The number of `size` bytes at the offset at index 2.
fn read(state: State, size: usize) -> Result<u64> {
    let offset = integer(state, 2)?;
    with_window(state, |window| {
        let mut bytes = [0; 8];
        let bytes = bytes.get_mut(..size).unwrap_or_default();
        if !window.read(offset, bytes) {
            return Err(Failure::out_of_bounds(2));
        }
        Ok(number::load(bytes))
    })
}

/// `view:setbyte(offset, value)` and the like
fn set<T: Number>(state: State) -> Result {
    let offset = integer(state, 2)?;
    let raw = T::take(state)?;
    write_number(state, offset, raw, T::SIZE)?;
    Ok(0)
}

fn write_number(state: State, offset: i64, raw: u64, size: usize) -> Result<()> {
    let mut bytes = [0; 8];
    let bytes = bytes.get_mut(..size).unwrap_or_default();
    number::store(raw, bytes);
    write(state, offset, bytes)
}

/// Writes bytes to the view at index 1.
fn write(state: State, offset: i64, bytes: &[u8]) -> Result<()> {
    with_window(state, |window| {
        let written = window.write(offset, bytes);
        written.map_err(|refused| Failure::Refused(2, refused))
    })
}

/// The length at `index`, by default that of all bytes from `offset` on. Fails unless there is at
/// least one byte, and all are in the view.
fn length(state: State, index: c_int, offset: i64, window: &Window<'_>) -> Result<usize> {
    let size = i64::try_from(window.size()).unwrap_or(i64::MAX);
    let rest = size.saturating_sub(offset);
    let length = optional_integer(state, index, rest)?;
    if offset < 0 || rest < 1 {
        return Err(Failure::out_of_bounds(2));
    }
    usize::try_from(length)
        .ok()
        .filter(|_| (1..=rest).contains(&length))
        .ok_or(Failure::out_of_bounds(index))
}

/// `view:getstring(offset [, length])`
fn getstring(state: State) -> Result {
    let offset = integer(state, 2)?;
    with_window(state, |window| {
        let length = length(state, 3, offset, &window)?;
        push_bytes(state, &window, offset, length)?;
        Ok(1)
    })
}

/// `view:setstring(offset, bytes)`
fn setstring(state: State) -> Result {
    let offset = integer(state, 2)?;
    let bytes = string(state, 3)?;
    if bytes.is_empty() {
        return Err(Failure::out_of_bounds(3));
    }
    write(state, offset, bytes)?;
    Ok(0)
}

/// `view:checksum([offset [, length]])`
fn checksum(state: State) -> Result {
    let offset = optional_integer(state, 2, 0)?;
    with_window(state, |window| {
        let length = length(state, 3, offset, &window)?;
        let sum = window.sum(offset, length);
        let sum = sum.ok_or(Failure::Unreadable)?;
        state.push_integer(sum.into());
        Ok(1)
    })
}

/// `view:resize(size)`: the packet has a method for that.
fn resize(state: State) -> Result {
    with_window(state, |_| Err(Failure::FixedSize))
}

/// `#view`
fn len(state: State) -> Result {
    with_window(state, |window| {
        state.push_integer(i64::try_from(window.size()).unwrap_or(i64::MAX));
        Ok(1)
    })
}

/// `tostring(view)`
fn tostring(state: State) -> Result {
    with_window(state, |window| {
        push_bytes(state, &window, 0, window.size())?;
        Ok(1)
    })
}

/// `view:compare(offset, bytes)`: whether these bytes are there.
fn compare(state: State) -> Result {
    let offset = integer(state, 2)?;
    let bytes = string(state, 3)?;
    let is_same = with_window(state, |window| {
        if offset < 0 {
            return Err(Failure::out_of_bounds(2));
        }
        if bytes.is_empty() {
            return Ok(true);
        }
        let mut left = bytes;
        let result = window.pieces(offset, bytes.len(), |piece| {
            match left.split_at_checked(piece.len()) {
                Some((expected, rest)) if expected == piece => {
                    left = rest;
                    match rest {
                        [] => ControlFlow::Break(true),
                        _ => ControlFlow::Continue(()),
                    }
                }
                _ => ControlFlow::Break(false),
            }
        });
        // Some of them are not in the view.
        Ok(result.unwrap_or(false))
    })?;
    state.push_boolean(is_same);
    Ok(1)
}

/// `view:find(bytes [, offset])`: where these bytes are from `offset` on, or nil.
fn find(state: State) -> Result {
    let needle = string(state, 2)?;
    let from = optional_integer(state, 3, 0)?;
    if needle.len() > MAX_NEEDLE {
        return Err(Failure::Argument(2, Wrong::TooLong));
    }
    let found = with_window(state, |window| {
        let size = i64::try_from(window.size()).unwrap_or(i64::MAX);
        let rest = usize::try_from(size.saturating_sub(from));
        let Some(rest) = rest.ok().filter(|_| from >= 0) else {
            return Err(Failure::out_of_bounds(3));
        };
        let Some(mut search) = Search::new(needle) else {
            // Nothing is everywhere.
            return Ok(Some(from));
        };
        let found = window.pieces(from, rest, |piece| match search.read(piece) {
            Some(at) => ControlFlow::Break(at),
            None => ControlFlow::Continue(()),
        });
        Ok(found.and_then(|at| from.checked_add(i64::try_from(at).ok()?)))
    })?;
    match found {
        Some(at) => state.push_integer(at),
        None => state.push_nil(),
    }
    Ok(1)
}
