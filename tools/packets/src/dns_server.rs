// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! A name server that knows one address.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

use crate::{
    dns::respond,
    outcome::{Failure, Report},
    ready::ready,
    rounds::is_denied,
};

/// The longest question over UDP.
const LONGEST: usize = 512;

/// Answers until the process is killed.
pub fn run(address: SocketAddr, answer: Ipv4Addr) -> Result<Report, Failure> {
    let failed = |error| Failure::new(address, error);
    let socket = UdpSocket::bind(address).map_err(failed)?;
    ready(socket.local_addr())?;
    let mut buffer = [0; LONGEST];
    loop {
        let (length, from) = socket.recv_from(&mut buffer).map_err(failed)?;
        let Some(message) = respond(&buffer[..length], answer) else {
            continue;
        };
        match socket.send_to(&message, from) {
            // A hook may drop the answers.
            Err(error) if !is_denied(&error) => return Err(failed(error)),
            _ => {}
        }
    }
}
