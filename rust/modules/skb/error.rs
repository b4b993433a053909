// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The errors of the methods of packets.

use core::ffi::c_int;
use kernel::prelude::*;

use crate::{
    binding::errno,
    linux::packet::Refused,
    lua::{Error, Raised, State},
    permission::Permission,
    runtime::permissions::denied, //
};

/// There is no packet: no hook runs, or the copy is of another call.
#[cold]
pub(super) fn unset() -> Error {
    Error::message(fmt!("skb is not set"))
}

/// The view or header is of another call.
#[cold]
pub(super) fn closed() -> Error {
    Error::message(fmt!("closed object"))
}

/// An argument, or two, that mean bytes that are not there.
#[cold]
pub(super) fn out_of_bounds(index: c_int) -> Error {
    Error::argument(index, fmt!("out of bounds"))
}

/// There is no MAC header.
#[cold]
pub(super) fn no_mac_header() -> Error {
    Error::message(fmt!("MAC header not set"))
}

/// An error of the kernel: its name alone, without a position. This is also that of a lack of memory,
/// which is not the script's.
#[cold]
pub(super) fn of_kernel(state: State, error: kernel::error::Error) -> Error {
    if error != ENOMEM {
        return errno::raise(state, error);
    }
    match state.push_bytes(b"ENOMEM") {
        Ok(()) | Err(Raised) => Error::Raised,
    }
}

/// What a script is told; `index` is the argument that says which bytes.
#[cold]
pub(super) fn of(state: State, index: c_int, refused: Refused) -> Error {
    let text = match refused {
        Refused::Denied => return denied(Permission::NetfilterModify, None),
        Refused::OutOfBounds => return out_of_bounds(index),
        Refused::NoMacHeader => return no_mac_header(),
        Refused::Kernel(error) => return of_kernel(state, error),
        Refused::ReadOnly => "read only",
        Refused::Gso => "GSO skb",
        Refused::FragList => "FRAGLIST GSO skbs cannot be copied",
        Refused::TooManyCopies => "too many skb copies",
        Refused::TooManyForwarded => "too many forwarded skbs",
        Refused::NoDevice => "skb has no device",
    };
    Error::message(fmt!("{text}"))
}

/// As [`of`], of a change of the packet's size: what fails for lack of memory has its own text.
#[cold]
pub(super) fn of_growth(state: State, index: c_int, refused: Refused) -> Error {
    match refused {
        Refused::Kernel(error) if error == ENOMEM => Error::message(fmt!("insufficient tailroom")),
        refused => of(state, index, refused),
    }
}
