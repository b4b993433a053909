// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Servers that send back what they receive.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream, UdpSocket},
    thread,
};

use crate::{
    arguments::Protocol,
    outcome::{Failure, Report},
    pattern::CHUNK,
    ready::ready,
    rounds::is_denied,
};

/// Serves until the process is killed.
pub fn run(protocol: Protocol, address: SocketAddr) -> Result<Report, Failure> {
    let failed = |error| Failure::new(address, error);
    match protocol {
        Protocol::Udp => {
            let socket = UdpSocket::bind(address).map_err(failed)?;
            ready(socket.local_addr())?;
            udp(&socket).map_err(failed)
        }
        Protocol::Tcp => {
            let listener = TcpListener::bind(address).map_err(failed)?;
            ready(listener.local_addr())?;
            tcp(&listener).map_err(failed)
        }
    }
}

fn udp(socket: &UdpSocket) -> io::Result<Report> {
    let mut buffer = vec![0; CHUNK];
    loop {
        let (length, from) = socket.recv_from(&mut buffer)?;
        match socket.send_to(&buffer[..length], from) {
            // A hook may drop the answers.
            Err(error) if !is_denied(&error) => return Err(error),
            _ => {}
        }
    }
}

fn tcp(listener: &TcpListener) -> io::Result<Report> {
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                // The stream is closed if there can be no more threads.
                let _ = thread::Builder::new().spawn(move || send_back(stream));
            }
            // It was gone before it was accepted.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Ends with the connection, however that ends.
fn send_back(mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    loop {
        let length = stream.read(&mut buffer)?;
        if length == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..length])?;
    }
}
