// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Round trips of datagrams.

use std::{
    io,
    net::{SocketAddr, UdpSocket},
    os::fd::{AsFd, BorrowedFd},
    process,
};

use crate::{
    arguments::UdpOptions,
    outcome::{Failure, Report},
    pattern::Pattern,
    rounds::{self, Packets, Plan, Reply},
};

/// Bytes of a number at the begin of each datagram.
const NUMBER: usize = 8;

/// Datagrams with a number, the number of this process, and a pattern.
struct Datagrams {
    socket: UdpSocket,
    pattern: Pattern,
    sent: Vec<u8>,
    received: Vec<u8>,
}

impl Datagrams {
    fn new(socket: UdpSocket, size: usize) -> Self {
        Self {
            socket,
            pattern: Pattern::new(),
            sent: vec![0; size],
            // One more, so that a longer echo is noticed.
            received: vec![0; size + 1],
        }
    }

    /// Makes the datagram with that number.
    fn fill(&mut self, number: u64) {
        let (head, rest) = self.sent.split_at_mut(2 * NUMBER);
        head[..NUMBER].copy_from_slice(&number.to_be_bytes());
        head[NUMBER..].copy_from_slice(&u64::from(process::id()).to_be_bytes());
        rest.copy_from_slice(&self.pattern.from(number)[..rest.len()]);
    }
}

impl AsFd for Datagrams {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Packets for Datagrams {
    fn send(&mut self, number: u64) -> io::Result<()> {
        self.fill(number);
        self.socket.send(&self.sent).map(drop)
    }

    fn receive(&mut self) -> io::Result<Reply> {
        let length = self.socket.recv(&mut self.received)?;
        let Some(number) = self.received.first_chunk() else {
            return Ok(Reply::Altered);
        };
        let number = u64::from_be_bytes(*number);
        self.fill(number);
        Ok(if self.received[..length] == self.sent {
            Reply::To(number)
        } else {
            Reply::Altered
        })
    }
}

/// A socket that receives from that address only.
pub fn connect(address: SocketAddr) -> io::Result<UdpSocket> {
    let any: SocketAddr = if address.is_ipv4() {
        ([0; 4], 0).into()
    } else {
        ([0_u16; 8], 0).into()
    };
    let socket = UdpSocket::bind(any)?;
    socket.connect(address)?;
    Ok(socket)
}

/// Sends datagrams and receives their echoes.
pub fn run(options: &UdpOptions) -> Result<Report, Failure> {
    let socket = connect(options.address)
        .and_then(|socket| socket.set_nonblocking(true).map(|()| socket))
        .map_err(|error| Failure::new(options.address, error))?;
    let plan = Plan {
        count: options.count,
        interval: options.interval,
        timeout: options.timeout,
    };
    let mut datagrams = Datagrams::new(socket, options.size.into());
    Ok(rounds::run(&mut datagrams, &plan)?.report())
}
