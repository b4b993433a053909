// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The errors of kernel functions, as scripts get them.

use kernel::prelude::*;

pub(crate) use crate::linux::errno::{name, number};
use crate::lua::{Error, Raised, State};

/// The error of a kernel function, as scripts get it: its bare name, `"EEXIST"`, without a position.
pub(crate) fn raise(state: State, error: kernel::error::Error) -> Error {
    if error == ENOMEM {
        return Error::NoMemory;
    }
    let name = name(error.to_errno().into()).unwrap_or(b"unknown");
    match state.push_bytes(name) {
        Ok(()) | Err(Raised) => Error::Raised,
    }
}
