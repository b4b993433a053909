// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Packets that were made by hand.

use std::{
    net::{Ipv4Addr, SocketAddrV4},
    os::fd::AsRawFd,
};

use nix::sys::socket::{
    sendto, socket, AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrIn,
};

use crate::{
    outcome::{Failure, Report},
    rounds::is_denied,
};

/// Sends an IPv4 packet, whose header is part of the bytes.
pub fn run(address: Ipv4Addr, bytes: &[u8]) -> Result<Report, Failure> {
    let socket = socket(
        AddressFamily::Inet,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC,
        SockProtocol::Raw,
    )
    .map_err(|error| Failure::new("a raw socket", error))?;
    let to = SockaddrIn::from(SocketAddrV4::new(address, 0));
    match sendto(socket.as_raw_fd(), bytes, &to, MsgFlags::empty()) {
        Ok(sent) => Ok(Report::new(true, format!("sent={sent}"))),
        Err(error) if is_denied(&error.into()) => Ok(Report::new(false, format!("denied={error}"))),
        Err(error) => Err(Failure::new(address, error)),
    }
}
