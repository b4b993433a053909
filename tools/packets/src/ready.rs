// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Tells whoever has started a server that it can be used.

use std::{
    io::{self, Write},
    net::SocketAddr,
};

use crate::outcome::Failure;

/// Prints "ready" and the address that the server has.
pub fn ready(address: io::Result<SocketAddr>) -> Result<(), Failure> {
    let address = address.map_err(|error| Failure::new("the address of the socket", error))?;
    let mut output = io::stdout().lock();
    writeln!(output, "ready {address}")
        .and_then(|()| output.flush())
        .map_err(|error| Failure::new("standard output", error))
}
