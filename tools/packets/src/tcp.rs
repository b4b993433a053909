// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Bytes over TCP to an echo server and back.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

use crate::{
    arguments::TcpOptions,
    outcome::{Failure, Report},
    pattern::{Pattern, CHUNK},
};

/// Establishes a connection whose reads and writes take no longer than `timeout` each.
pub fn connect(address: SocketAddr, timeout: Duration) -> Result<TcpStream, Failure> {
    let stream = TcpStream::connect_timeout(&address, timeout).map_err(|error| {
        if error.kind() == io::ErrorKind::TimedOut {
            Failure::timed_out(format!(
                "{address}: no connection within {} ms",
                timeout.as_millis()
            ))
        } else {
            Failure::new(format!("{address}: no connection"), error)
        }
    })?;
    stream
        .set_read_timeout(Some(timeout))
        .and_then(|()| stream.set_write_timeout(Some(timeout)))
        .map_err(|error| Failure::new("the time-outs", error))?;
    Ok(stream)
}

fn send(mut stream: &TcpStream, bytes: u64) -> io::Result<()> {
    let pattern = Pattern::new();
    let mut sent = 0;
    while sent < bytes {
        let left = usize::try_from(bytes - sent).unwrap_or(CHUNK);
        let written = stream.write(&pattern.from(sent)[..left.min(CHUNK)])?;
        sent += written as u64;
    }
    stream.shutdown(Shutdown::Write)
}

/// Compares what comes back, until all has come or something is wrong, which is told.
fn receive(mut stream: &TcpStream, bytes: u64) -> Result<(), String> {
    let pattern = Pattern::new();
    let mut buffer = vec![0; CHUNK];
    let mut received = 0;
    while received < bytes {
        let length = match stream.read(&mut buffer) {
            Ok(0) => return Err(format!("closed after {received} of {bytes} bytes")),
            Ok(length) => length,
            Err(error) => {
                let what = match error.kind() {
                    io::ErrorKind::WouldBlock => "stalled".into(),
                    io::ErrorKind::ConnectionReset => "reset".into(),
                    _ => error.to_string(),
                };
                return Err(format!("{what} after {received} of {bytes} bytes"));
            }
        };
        if let Some(place) = pattern.difference(received, &buffer[..length]) {
            return Err(format!("byte {place} of {bytes} differs"));
        }
        received += length as u64;
    }
    if received > bytes {
        return Err(format!("{received} bytes came back instead of {bytes}"));
    }
    Ok(())
}

/// Sends bytes and compares the echo.
pub fn run(options: &TcpOptions) -> Result<Report, Failure> {
    let stream = connect(options.address, options.timeout)?;
    let begin = Instant::now();
    let received = thread::scope(|scope| {
        // What it cannot send does not come back, either.
        scope.spawn(|| send(&stream, options.bytes));
        let received = receive(&stream, options.bytes);
        if received.is_err() {
            // Ends the other thread. The connection may be gone.
            let _ = stream.shutdown(Shutdown::Both);
        }
        received
    });
    let time = begin.elapsed().as_secs_f64();
    Ok(match received {
        Ok(()) => Report::new(
            true,
            format!(
                "bytes={} ms={:.1} mb_per_s={:.3}",
                options.bytes,
                time * 1e3,
                options.bytes as f64 / time / 1e6
            ),
        ),
        Err(what) => Report::new(false, what),
    })
}
