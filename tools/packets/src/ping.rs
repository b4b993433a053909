// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Round trips of ICMP echo messages.

use std::{
    io,
    net::SocketAddr,
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
    process,
};

use nix::sys::socket::{
    connect, recv, send, socket, AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType,
    SockaddrStorage,
};

use crate::{
    arguments::PingOptions,
    icmp::{self, Family},
    outcome::{Failure, Report},
    pattern::Pattern,
    rounds::{self, Packets, Plan, Reply},
};

/// The longest message.
const LONGEST: usize = 64 << 10;

struct Echoes {
    socket: OwnedFd,
    family: &'static Family,
    /// Whether the kernel gives the IP header, too.
    has_header: bool,
    id: u16,
    size: usize,
    pattern: Pattern,
    buffer: Vec<u8>,
}

impl AsFd for Echoes {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Packets for Echoes {
    fn send(&mut self, number: u64) -> io::Result<()> {
        // CAST: There are not more than that.
        let number = number as u16;
        let payload = &self.pattern.from(number.into())[..self.size];
        let message = icmp::request(self.family, self.id, number, payload);
        send(self.socket.as_raw_fd(), &message, MsgFlags::empty())?;
        Ok(())
    }

    fn receive(&mut self) -> io::Result<Reply> {
        let length = recv(
            self.socket.as_raw_fd(),
            &mut self.buffer,
            MsgFlags::MSG_DONTWAIT,
        )?;
        let received = &self.buffer[..length];
        let header = if self.has_header {
            icmp::ipv4_header(received)
        } else {
            0
        };
        let message = received.get(header..).unwrap_or_default();
        Ok(icmp::classify(self.family, message, self.id, |number| {
            &self.pattern.from(number.into())[..self.size]
        }))
    }
}

/// Sends requests and receives the replies.
pub fn run(options: &PingOptions) -> Result<Report, Failure> {
    let is_v4 = options.address.is_ipv4();
    let (domain, protocol, family) = if is_v4 {
        (AddressFamily::Inet, SockProtocol::Icmp, &icmp::V4)
    } else {
        (AddressFamily::Inet6, SockProtocol::IcmpV6, &icmp::V6)
    };
    let socket = socket(domain, SockType::Raw, SockFlag::SOCK_CLOEXEC, protocol)
        .map_err(|error| Failure::new("a raw socket", error))?;
    let to = SockaddrStorage::from(SocketAddr::new(options.address, 0));
    connect(socket.as_raw_fd(), &to).map_err(|error| Failure::new(options.address, error))?;
    let mut echoes = Echoes {
        socket,
        family,
        has_header: is_v4,
        // CAST: The lower half tells processes apart well enough.
        id: process::id() as u16,
        size: options.size.into(),
        pattern: Pattern::new(),
        buffer: vec![0; LONGEST],
    };
    let plan = Plan {
        count: options.count.into(),
        interval: options.interval,
        timeout: options.timeout,
    };
    Ok(rounds::run(&mut echoes, &plan)?.report())
}
