// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Sends the first message of a TLS connection, and tells what comes back.

use std::{
    fs::File,
    io::{self, ErrorKind, Read, Write},
    net::TcpStream,
    os::fd::{AsFd, AsRawFd},
    time::{Duration, Instant},
};

use crate::{
    arguments::TlsOptions,
    outcome::{Failure, Report},
    rounds::wait,
    tcp,
    tls::{client_hello, RANDOM},
};

/// How often the kernel is asked for acknowledgements, which wake nobody.
const LOOK: Duration = Duration::from_millis(1);

nix::ioctl_read_bad!(
    /// Bytes that the other side has not acknowledged. `SIOCOUTQ` is the same number as `TIOCOUTQ`.
    unacknowledged,
    libc::TIOCOUTQ,
    libc::c_int
);

/// Waits until the other side has acknowledged all. Returns false if that takes too long.
fn wait_for_acknowledgement(stream: &TcpStream, timeout: Duration) -> io::Result<bool> {
    let begin = Instant::now();
    loop {
        let mut bytes = 0;
        // SAFETY: The descriptor is a TCP socket, for which this request writes an integer, and the reference is
        // valid for that.
        unsafe { unacknowledged(stream.as_raw_fd(), &mut bytes) }?;
        if bytes == 0 {
            return Ok(true);
        }
        if begin.elapsed() >= timeout {
            return Ok(false);
        }
        // What comes has an acknowledgement with it.
        wait(stream.as_fd(), LOOK)?;
    }
}

/// Sends the message. Returns what went wrong, if something did.
fn send(
    mut stream: &TcpStream,
    parts: &[&[u8]],
    timeout: Duration,
) -> io::Result<Option<&'static str>> {
    for (number, part) in parts.iter().enumerate() {
        if number > 0 && !wait_for_acknowledgement(stream, timeout)? {
            return Ok(Some("unacknowledged"));
        }
        match stream.write_all(part) {
            Err(error) if is_reset(&error) => return Ok(Some("reset")),
            result => result?,
        }
    }
    // An echo server has answered the first part, whatever became of the others.
    if parts.len() > 1 && !wait_for_acknowledgement(stream, timeout)? {
        return Ok(Some("unacknowledged"));
    }
    Ok(None)
}

fn is_reset(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
    )
}

/// Waits for the answer: whether there was one, and what it was.
fn receive(mut stream: &TcpStream) -> io::Result<(bool, &'static str)> {
    let mut kind = [0];
    match stream.read(&mut kind) {
        Ok(0) => Ok((false, "closed")),
        Ok(_) => Ok((
            true,
            match kind[0] {
                0x16 => "handshake",
                0x15 => "alert",
                _ => "other",
            },
        )),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok((false, "none")),
        Err(error) if is_reset(&error) => Ok((false, "reset")),
        Err(error) => Err(error),
    }
}

/// Connects, sends, and waits for the answer.
pub fn run(options: &TlsOptions) -> Result<Report, Failure> {
    let mut random = [0; RANDOM];
    File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut random))
        .map_err(|error| Failure::new("/dev/urandom", error))?;
    let hello = client_hello(&options.name, &random);
    let parts = hello.parts(options.segments.into());
    let stream = tcp::connect(options.address, options.timeout)?;
    let failed = |error| Failure::new(options.address, error);
    // Each write is a segment of its own.
    stream.set_nodelay(true).map_err(failed)?;
    let wrong = send(&stream, &parts, options.timeout).map_err(failed)?;
    let (is_answered, answer) = match wrong {
        Some(what) => (false, what),
        None => receive(&stream).map_err(failed)?,
    };
    Ok(Report::new(
        is_answered,
        format!(
            "segments={} bytes={} answer={answer}",
            parts.len(),
            hello.bytes.len()
        ),
    ))
}
