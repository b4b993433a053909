// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Connection attempts in order.

use std::{
    io::ErrorKind,
    net::{SocketAddr, TcpStream},
};

use crate::{
    arguments::KnockOptions,
    outcome::{Failure, Report},
};

/// Connects to each port, and tells what it has answered.
pub fn run(options: &KnockOptions) -> Result<Report, Failure> {
    let mut line = Vec::new();
    for port in &options.ports {
        let address = SocketAddr::new(options.address, *port);
        let answer = match TcpStream::connect_timeout(&address, options.wait) {
            Ok(_) => "open",
            Err(error) => match error.kind() {
                ErrorKind::ConnectionRefused => "closed",
                ErrorKind::TimedOut => "silent",
                ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => "unreachable",
                ErrorKind::PermissionDenied => "denied",
                _ => return Err(Failure::new(address, error)),
            },
        };
        line.push(format!("{port}={answer}"));
    }
    Ok(Report::new(true, line.join(" ")))
}
