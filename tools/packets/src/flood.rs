// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! As many datagrams as possible.

use std::{
    io::IoSlice,
    os::fd::AsRawFd,
    thread,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    sys::socket::{sendmmsg, MsgFlags, MultiHeaders, SockaddrStorage},
};

use crate::{
    arguments::FloodOptions,
    outcome::{Failure, Report},
    pattern::Pattern,
    udp::connect,
};

/// Datagrams that one system call sends.
const BATCH: usize = 32;

#[derive(Clone, Copy, Default)]
struct Count {
    sent: u64,
    refused: u64,
    denied: u64,
}

/// Sends for so long, and counts.
fn send(options: &FloodOptions, pattern: &Pattern, until: Instant) -> Result<Count, Failure> {
    let failed = |error| Failure::new(options.address, error);
    let socket = connect(options.address).map_err(failed)?;
    let payload = [IoSlice::new(&pattern.from(0)[..options.size.into()])];
    let payloads = [payload; BATCH];
    let mut headers = MultiHeaders::<SockaddrStorage>::preallocate(BATCH, None);
    let mut count = Count::default();
    while Instant::now() < until {
        // The socket is connected, so no datagram has an address.
        let sent = sendmmsg(
            socket.as_raw_fd(),
            &mut headers,
            &payloads,
            [None; BATCH],
            [],
            MsgFlags::empty(),
        );
        match sent {
            Ok(results) => count.sent += results.count() as u64,
            Err(Errno::ECONNREFUSED) => count.refused += 1,
            Err(Errno::EPERM | Errno::ENOBUFS) => count.denied += 1,
            Err(error) => return Err(failed(error.into())),
        }
    }
    Ok(count)
}

/// Sends from all threads.
pub fn run(options: &FloodOptions) -> Result<Report, Failure> {
    let pattern = Pattern::new();
    let begin = Instant::now();
    let until = begin + options.duration;
    let counts = thread::scope(|scope| {
        let threads: Vec<_> = (0..options.threads)
            .map(|_| scope.spawn(|| send(options, &pattern, until)))
            .collect();
        threads
            .into_iter()
            .map(|thread| match thread.join() {
                Ok(count) => count,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect::<Result<Vec<_>, _>>()
    })?;
    let time: Duration = begin.elapsed();
    let sum = counts.iter().fold(Count::default(), |sum, count| Count {
        sent: sum.sent + count.sent,
        refused: sum.refused + count.refused,
        denied: sum.denied + count.denied,
    });
    Ok(Report::new(
        sum.sent > 0,
        format!(
            "sent={} refused={} denied={} seconds={:.3} packets_per_s={:.0}",
            sum.sent,
            sum.refused,
            sum.denied,
            time.as_secs_f64(),
            sum.sent as f64 / time.as_secs_f64()
        ),
    ))
}
