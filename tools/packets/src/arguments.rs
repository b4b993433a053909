// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! The command line.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Makes network traffic and measures what becomes of it.
///
/// Exit status: 0: all came back or was sent; 1: something was lost, altered or not answered; 2: a connection was not
/// established in time; 3: the system refused something; 64: wrong arguments.
#[derive(Parser)]
#[command(name = "packets", version)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Subcommand)]
pub enum Command {
    /// Sends back what it receives, until it is killed; prints "ready ADDRESS"
    Echo {
        protocol: Protocol,
        address: SocketAddr,
    },
    /// Sends datagrams to an echo server, and measures the round trips
    Udp(UdpOptions),
    /// Sends bytes to an echo server, and compares what comes back
    Tcp(TcpOptions),
    /// Sends datagrams as fast as it can
    Flood(FloodOptions),
    /// Counts datagrams until SIGTERM; prints "ready ADDRESS", then the count
    Sink {
        protocol: OnlyUdp,
        address: SocketAddr,
    },
    /// Sends a packet with its IP header
    Raw {
        protocol: OnlyIpv4,
        /// Where it is routed to
        address: Ipv4Addr,
        /// The packet; the kernel sets the total length and the checksum of the header
        #[arg(value_name = "HEX")]
        bytes: Hex,
    },
    /// Sends ICMP echo requests, and measures the round trips
    Ping(PingOptions),
    /// Sends the first message of a TLS connection, in one or several TCP segments
    TlsHello(TlsOptions),
    /// Asks a name server for the addresses of a name
    Dns(DnsOptions),
    /// Answers questions for IPv4 addresses with one address, until it is killed; prints "ready ADDRESS"
    DnsServer {
        address: SocketAddr,
        #[arg(value_name = "IP")]
        answer: Ipv4Addr,
    },
    /// Connects to ports one after the other
    Knock(KnockOptions),
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Protocol {
    Udp,
    Tcp,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum OnlyUdp {
    Udp,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum OnlyIpv4 {
    Ipv4,
}

/// Bytes that were given in hexadecimal.
#[derive(Clone, Debug, PartialEq)]
pub struct Hex(pub Vec<u8>);

impl std::str::FromStr for Hex {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits: Vec<u8> = text
            .chars()
            .filter(|letter| !letter.is_whitespace())
            .map(|letter| match letter.to_digit(16) {
                // CAST: It is below 16.
                Some(digit) => Ok(digit as u8),
                None => Err(format!("'{letter}' is no hexadecimal digit")),
            })
            .collect::<Result<_, _>>()?;
        if !digits.len().is_multiple_of(2) {
            return Err("the number of digits is odd".into());
        }
        Ok(Self(
            digits
                .chunks(2)
                .map(|pair| pair[0] << 4 | pair[1])
                .collect(),
        ))
    }
}

fn milliseconds(text: &str) -> Result<Duration, String> {
    let ms = text.parse().map_err(|_| "give a number of milliseconds")?;
    Ok(Duration::from_millis(ms))
}

fn microseconds(text: &str) -> Result<Duration, String> {
    let us = text.parse().map_err(|_| "give a number of microseconds")?;
    Ok(Duration::from_micros(us))
}

fn seconds(text: &str) -> Result<Duration, String> {
    let given = text.parse().map_err(|_| "give a number of seconds")?;
    Duration::try_from_secs_f64(given).map_err(|error| error.to_string())
}

#[derive(Args)]
pub struct UdpOptions {
    pub address: SocketAddr,
    /// How many datagrams
    #[arg(long, default_value_t = 1)]
    pub count: u64,
    /// Bytes in each
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(16..=65507))]
    pub size: u16,
    /// Microseconds from one to the next; otherwise each waits for the echo of the one before
    #[arg(long = "interval-us", value_name = "US", value_parser = microseconds)]
    pub interval: Option<Duration>,
    /// Milliseconds after which an echo counts as lost
    #[arg(long = "timeout-ms", value_name = "MS", default_value = "1000", value_parser = milliseconds)]
    pub timeout: Duration,
}

#[derive(Args)]
pub struct TcpOptions {
    pub address: SocketAddr,
    /// How many bytes
    #[arg(long, default_value_t = 1_000_000)]
    pub bytes: u64,
    /// Milliseconds that the connection, and then each byte, may take
    #[arg(long = "timeout-ms", value_name = "MS", default_value = "3000", value_parser = milliseconds)]
    pub timeout: Duration,
}

#[derive(Args)]
pub struct FloodOptions {
    pub protocol: OnlyUdp,
    pub address: SocketAddr,
    /// How long
    #[arg(long = "seconds", value_name = "S", default_value = "1", value_parser = seconds)]
    pub duration: Duration,
    /// How many threads send, each from a port of its own
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: u16,
    /// Bytes in each datagram
    #[arg(long, default_value_t = 18, value_parser = clap::value_parser!(u16).range(0..=65507))]
    pub size: u16,
}

#[derive(Args)]
pub struct PingOptions {
    pub address: IpAddr,
    /// How many requests
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub count: u16,
    /// Bytes after the header of each
    #[arg(long, default_value_t = 56, value_parser = clap::value_parser!(u16).range(8..=65000))]
    pub size: u16,
    /// Milliseconds from one to the next; otherwise each waits for the reply to the one before
    #[arg(long = "interval-ms", value_name = "MS", value_parser = milliseconds)]
    pub interval: Option<Duration>,
    /// Milliseconds after which a reply counts as lost
    #[arg(long = "timeout-ms", value_name = "MS", default_value = "1000", value_parser = milliseconds)]
    pub timeout: Duration,
}

#[derive(Args)]
pub struct TlsOptions {
    pub address: SocketAddr,
    /// The name of the server
    pub name: String,
    /// How many TCP segments; each but the first waits until the one before was acknowledged, and the answer counts
    /// when all of them were
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub segments: u16,
    /// Milliseconds that the connection, each acknowledgement and the answer may take
    #[arg(long = "timeout-ms", value_name = "MS", default_value = "1000", value_parser = milliseconds)]
    pub timeout: Duration,
}

#[derive(Args)]
pub struct DnsOptions {
    pub address: SocketAddr,
    pub name: String,
    /// Milliseconds that the answer may take
    #[arg(long = "timeout-ms", value_name = "MS", default_value = "1000", value_parser = milliseconds)]
    pub timeout: Duration,
}

#[derive(Args)]
pub struct KnockOptions {
    pub address: IpAddr,
    #[arg(required = true)]
    pub ports: Vec<u16>,
    /// Milliseconds to wait for an answer of each port. Below 1000, the kernel sends one packet to each
    #[arg(long = "wait-ms", value_name = "MS", default_value = "200", value_parser = milliseconds)]
    pub wait: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }

    #[test]
    fn hexadecimal_digits_become_bytes() {
        assert_eq!("45 00fF".parse(), Ok(Hex(vec![0x45, 0, 0xff])));
        assert!("450".parse::<Hex>().is_err());
        assert!("4x".parse::<Hex>().is_err());
    }
}
