// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! `packets`: makes network traffic and measures what becomes of it, for suites and examples of hooks.
//!
//! Each command prints one line, and its exit status says how it went: see [`Status`]. Servers print a line that begins
//! with "ready" when they can be used, and serve until they are killed.

mod arguments;
mod dns;
mod dns_client;
mod dns_server;
mod echo;
mod figures;
mod flood;
mod icmp;
mod knock;
mod outcome;
mod pattern;
mod ping;
mod raw;
mod ready;
mod rounds;
mod sink;
mod tcp;
mod tls;
mod tls_hello;
mod udp;

use std::process::ExitCode;

use clap::Parser;

use crate::{
    arguments::{Arguments, Command},
    outcome::{Failure, Report, Status},
};

fn run(command: &Command) -> Result<Report, Failure> {
    match command {
        Command::Echo { protocol, address } => echo::run(*protocol, *address),
        Command::Udp(options) => udp::run(options),
        Command::Tcp(options) => tcp::run(options),
        Command::Flood(options) => flood::run(options),
        Command::Sink { address, .. } => sink::run(*address),
        Command::Raw { address, bytes, .. } => raw::run(*address, &bytes.0),
        Command::Ping(options) => ping::run(options),
        Command::TlsHello(options) => tls_hello::run(options),
        Command::Dns(options) => dns_client::run(options),
        Command::DnsServer { address, answer } => dns_server::run(*address, *answer),
        Command::Knock(options) => knock::run(options),
    }
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let status = if error.use_stderr() {
                Status::Usage
            } else {
                Status::Good
            };
            // Nothing is left to do if the message cannot be printed.
            let _ = error.print();
            return status.into();
        }
    };
    match run(&arguments.command) {
        Ok(report) => {
            println!("{}", report.line);
            report.status.into()
        }
        Err(failure) => {
            eprintln!("packets: {failure}");
            failure.status.into()
        }
    }
}
