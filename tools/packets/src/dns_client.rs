// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Asks a name server.

use std::{
    io,
    os::fd::AsFd,
    process,
    time::{Duration, Instant},
};

use crate::{
    arguments::DnsOptions,
    dns::{answer, question, Answer},
    outcome::{Failure, Report},
    rounds::{is_denied, wait},
    udp::connect,
};

/// The longest message over UDP.
const LONGEST: usize = 4096;

/// What has become of the question.
enum Fate {
    Answered(Answer),
    /// The word for what has happened instead.
    Lost(&'static str),
}

fn ask(options: &DnsOptions, question: &[u8]) -> io::Result<Fate> {
    let socket = connect(options.address)?;
    match socket.send(question) {
        Err(error) if is_denied(&error) => return Ok(Fate::Lost("denied")),
        result => result?,
    };
    let begin = Instant::now();
    let mut buffer = [0; LONGEST];
    loop {
        let left = options.timeout.saturating_sub(begin.elapsed());
        if left == Duration::ZERO || !wait(socket.as_fd(), left)? {
            return Ok(Fate::Lost("no answer"));
        }
        let length = match socket.recv(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                return Ok(Fate::Lost("refused"));
            }
            result => result?,
        };
        // Others are not answers to this question.
        if let Some(answer) = answer(question, &buffer[..length]) {
            return Ok(Fate::Answered(answer));
        }
    }
}

/// Asks once.
pub fn run(options: &DnsOptions) -> Result<Report, Failure> {
    // CAST: The lower half tells processes apart well enough.
    let Some(question) = question(process::id() as u16, &options.name) else {
        return Err(Failure::usage(format!("'{}' is no name", options.name)));
    };
    let name = &options.name;
    let fate = ask(options, &question).map_err(|error| Failure::new(options.address, error))?;
    let answer = match fate {
        Fate::Answered(answer) => answer,
        Fate::Lost(what) => return Ok(Report::new(false, what.into())),
    };
    if answer.code != 0 {
        return Ok(Report::new(false, format!("{name} error {}", answer.code)));
    }
    if answer.addresses.is_empty() {
        return Ok(Report::new(false, format!("{name} no address")));
    }
    let addresses: Vec<_> = answer.addresses.iter().map(ToString::to_string).collect();
    Ok(Report::new(
        true,
        format!("{name} A {}", addresses.join(" ")),
    ))
}
