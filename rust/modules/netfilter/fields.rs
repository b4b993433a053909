// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The table that `netfilter.register` takes.

use core::ffi::c_int;
use kernel::prelude::*;

use crate::{
    binding::arguments::show,
    linux::netfilter::{names, Device, Place, Verdict},
    lua::{self, Error, Kind, State, Text},
};

/// The most bytes of a hook's name.
const MOST_NAME: usize = 64;

/// The bytes of a device's name, with a zero.
const DEVICE_NAME: usize = 16;

/// What the table says. The function stays on the stack.
pub(super) struct Fields {
    /// The index of the function.
    pub(super) function: c_int,
    pub(super) place: Place,
    pub(super) fallback: Verdict,
    name: Option<KVec<u8>>,
}

/// The error of a field that has another type than expected.
fn bad(state: State, name: &CStr, expected: &str) -> Error {
    let got = state.kind(-1).name();
    let name = show(name.to_bytes());
    Error::message(fmt!("bad field '{name}' ({expected} expected, got {got})"))
}

/// The integer in a field; `None` if there is none.
fn integer(state: State, table: c_int, name: &CStr) -> lua::Result<Option<i64>> {
    let value = match state.get_field(table, name)? {
        Kind::Nil => None,
        Kind::Integer | Kind::Float => match state.to_integer(-1) {
            Some(value) => Some(value),
            None => return Err(Error::message(fmt!("number has no integer representation"))),
        },
        _ => return Err(bad(state, name, "number")),
    };
    state.pop(1);
    Ok(value)
}

fn wanted(state: State, table: c_int, name: &CStr) -> lua::Result<i64> {
    match integer(state, table, name)? {
        Some(value) => Ok(value),
        None => {
            state.push_nil();
            Err(bad(state, name, "number"))
        }
    }
}

fn device(state: State, table: c_int) -> lua::Result<Device> {
    let device = match state.get_field(table, c"dev")? {
        Kind::Nil => Device::None,
        Kind::Integer | Kind::Float => match state.to_integer(-1).map(i32::try_from) {
            Some(Ok(index)) if index > 0 => Device::Index(index),
            _ => return Err(Error::message(fmt!("device not found"))),
        },
        Kind::String => {
            let given = state.to_bytes(-1).unwrap_or_default();
            let mut name = [0; DEVICE_NAME];
            if given.is_empty() || given.len() >= DEVICE_NAME || given.contains(&0) {
                return Err(Error::message(fmt!("device not found")));
            }
            for (to, from) in name.iter_mut().zip(given) {
                *to = *from;
            }
            Device::Named(name)
        }
        _ => return Err(bad(state, c"dev", "string")),
    };
    state.pop(1);
    Ok(device)
}

fn name(state: State, table: c_int) -> lua::Result<Option<KVec<u8>>> {
    let name = match state.get_field(table, c"name")? {
        Kind::Nil => None,
        Kind::String => {
            let given = state.to_bytes(-1).unwrap_or_default();
            let is_plain = |byte: &u8| byte.is_ascii_graphic();
            if given.is_empty() || given.len() > MOST_NAME || !given.iter().all(is_plain) {
                return Err(Error::message(fmt!(
                    "bad field 'name' (1 to {MOST_NAME} visible characters expected)"
                )));
            }
            Some(copy(given)?)
        }
        _ => return Err(bad(state, c"name", "string")),
    };
    state.pop(1);
    Ok(name)
}

fn copy(bytes: &[u8]) -> Result<KVec<u8>> {
    let mut copy = KVec::with_capacity(bytes.len(), GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
    copy.extend_from_slice(bytes, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)?;
    Ok(copy)
}

impl Fields {
    /// Reads the table at `table`, which must be one.
    pub(super) fn take(state: State, table: c_int) -> lua::Result<Self> {
        if state.kind(table) != Kind::Table {
            let got = state.kind(table).name();
            return Err(Error::argument(table, fmt!("table expected, got {got}")));
        }
        state.reserve(lua::MIN_STACK)?;
        let family = wanted(state, table, c"pf")?;
        let number = wanted(state, table, c"hooknum")?;
        let priority = wanted(state, table, c"priority")?;
        let mark = integer(state, table, c"mark")?;
        let fallback = match integer(state, table, c"fallback")? {
            None => Verdict::ACCEPT,
            Some(verdict) => Verdict::of(verdict, false).ok_or_else(|| {
                Error::message(fmt!("bad field 'fallback' (ACCEPT or DROP expected)"))
            })?,
        };
        let device = device(state, table)?;
        let name = name(state, table)?;
        let refused = || Error::message(fmt!("failed to register netfilter hook"));
        let place = Place {
            family: u32::try_from(family).map_err(|_| refused())?,
            number: u32::try_from(number).map_err(|_| refused())?,
            priority: i32::try_from(priority).map_err(|_| refused())?,
            device,
            // CAST: A mark has 32 bits; numbers are taken modulo that.
            mark: mark.map(|mark| mark as u32),
        };
        let is_of_device = names::is_of_device(place.family, place.number);
        if is_of_device != (place.device != Device::None) {
            return Err(refused());
        }
        if state.get_field(table, c"hook")? != Kind::Function {
            return Err(bad(state, c"hook", "function"));
        }
        Ok(Self {
            function: state.top(),
            place,
            fallback,
            name,
        })
    }

    /// Whether the hook point belongs to a device.
    pub(super) fn is_of_device(&self) -> bool {
        names::is_of_device(self.place.family, self.place.number)
    }

    /// The value for permissions: `inet/pre_routing`, `netdev/ingress/eth0`.
    pub(super) fn value(&self) -> Text {
        let (family, point) = names::of(self.place.family, self.place.number);
        match &self.place.device {
            Device::None => Text::new(fmt!("{family}/{point}")),
            Device::Index(index) => Text::new(fmt!("{family}/{point}/{index}")),
            Device::Named(name) => {
                let end = name.iter().position(|&byte| byte == 0);
                let name = show(name.get(..end.unwrap_or(0)).unwrap_or_default());
                Text::new(fmt!("{family}/{point}/{name}"))
            }
        }
    }

    /// What tells the hook from all others of the script.
    pub(super) fn key(&self) -> Result<KVec<u8>> {
        let place = &self.place;
        let value = self.value();
        let text = Text::new(fmt!(
            "{} {} {} {} {:?}",
            place.family,
            place.number,
            place.priority,
            show(value.as_bytes()),
            place.mark
        ));
        copy(text.as_bytes())
    }

    /// The name of the hook for logs and status: the given one, or that of its point.
    pub(super) fn name(&self) -> Result<KVec<u8>> {
        match &self.name {
            Some(name) => copy(name),
            None => copy(names::of(self.place.family, self.place.number).1.as_bytes()),
        }
    }
}
