// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Asks a name server.

use std::{
    os::fd::AsFd,
    process,
    time::{Duration, Instant},
};

use crate::{
    arguments::DnsOptions,
    dns::{answer, question, Answer},
    outcome::{Failure, Report},
    rounds::wait,
    udp::connect,
};

/// The longest message over UDP.
const LONGEST: usize = 4096;

fn ask(options: &DnsOptions, question: &[u8]) -> std::io::Result<Option<Answer>> {
    let socket = connect(options.address)?;
    socket.send(question)?;
    let begin = Instant::now();
    let mut buffer = [0; LONGEST];
    loop {
        let left = options.timeout.saturating_sub(begin.elapsed());
        if left == Duration::ZERO || !wait(socket.as_fd(), left)? {
            return Ok(None);
        }
        let length = socket.recv(&mut buffer)?;
        // Others are not answers to this question.
        if let Some(answer) = answer(question, &buffer[..length]) {
            return Ok(Some(answer));
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
    let answer = ask(options, &question).map_err(|error| Failure::new(options.address, error))?;
    Ok(match answer {
        None => Report::new(false, "no answer".into()),
        Some(Answer { code, .. }) if code != 0 => {
            Report::new(false, format!("{name} error {code}"))
        }
        Some(Answer { addresses, .. }) if addresses.is_empty() => {
            Report::new(false, format!("{name} no address"))
        }
        Some(Answer { addresses, .. }) => {
            let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
            Report::new(true, format!("{name} A {}", addresses.join(" ")))
        }
    })
}
