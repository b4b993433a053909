// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Counts datagrams.

use std::{
    io::IoSliceMut,
    net::{SocketAddr, UdpSocket},
    os::fd::{AsFd, AsRawFd},
    time::Instant,
};

use nix::{
    errno::Errno,
    poll::{poll, PollFd, PollFlags, PollTimeout},
    sys::{
        signal::{SigSet, Signal},
        signalfd::{SfdFlags, SignalFd},
        socket::{recvmmsg, setsockopt, sockopt, MsgFlags, MultiHeaders, SockaddrStorage},
    },
};

use crate::{
    outcome::{Failure, Report},
    ready::ready,
};

/// Datagrams that one system call receives.
const BATCH: usize = 64;

/// Bytes of a datagram that are received; the others are not counted.
const KEPT: usize = 64;

/// Bytes that the kernel keeps while this process does not run.
const KEPT_BY_KERNEL: usize = 4 << 20;

#[derive(Default)]
struct Count {
    received: u64,
    first: Option<Instant>,
    last: Option<Instant>,
}

impl Count {
    fn add(&mut self, received: usize) {
        let now = Instant::now();
        self.received += received as u64;
        self.first.get_or_insert(now);
        self.last = Some(now);
    }

    fn report(&self) -> Report {
        let time = match (self.first, self.last) {
            (Some(first), Some(last)) => last.duration_since(first).as_secs_f64(),
            _ => 0.0,
        };
        let rate = if time > 0.0 {
            format!("{:.0}", self.received as f64 / time)
        } else {
            "-".into()
        };
        Report::new(
            true,
            format!(
                "received={} seconds={time:.3} packets_per_s={rate}",
                self.received
            ),
        )
    }
}

/// Receives what is there without waiting, at most a few batches. Returns whether that is all.
fn drain(socket: &UdpSocket, count: &mut Count) -> nix::Result<bool> {
    let mut headers = MultiHeaders::<SockaddrStorage>::preallocate(BATCH, None);
    let mut buffers = [[0; KEPT]; BATCH];
    for _ in 0..BATCH {
        let mut slices = buffers.each_mut().map(|buffer| [IoSliceMut::new(buffer)]);
        let received = recvmmsg(
            socket.as_raw_fd(),
            &mut headers,
            slices.iter_mut(),
            MsgFlags::MSG_DONTWAIT,
            None,
        );
        match received {
            Ok(results) => count.add(results.count()),
            Err(Errno::EAGAIN) => return Ok(true),
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

/// Counts until SIGTERM.
pub fn run(address: SocketAddr) -> Result<Report, Failure> {
    let failed = |error: Errno| Failure::new(address, error);
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGTERM);
    signals.thread_block().map_err(failed)?;
    let end = SignalFd::with_flags(&signals, SfdFlags::SFD_CLOEXEC).map_err(failed)?;
    let socket = UdpSocket::bind(address).map_err(|error| Failure::new(address, error))?;
    // Without the right to exceed the limit, the limit has to do.
    if setsockopt(&socket, sockopt::RcvBufForce, &KEPT_BY_KERNEL).is_err() {
        setsockopt(&socket, sockopt::RcvBuf, &KEPT_BY_KERNEL).map_err(failed)?;
    }
    ready(socket.local_addr())?;
    let mut count = Count::default();
    loop {
        let is_empty = drain(&socket, &mut count).map_err(failed)?;
        let mut polled = [
            PollFd::new(end.as_fd(), PollFlags::POLLIN),
            PollFd::new(socket.as_fd(), PollFlags::POLLIN),
        ];
        let timeout = if is_empty {
            PollTimeout::NONE
        } else {
            PollTimeout::ZERO
        };
        poll(&mut polled, timeout).map_err(failed)?;
        if polled[0].any() == Some(true) {
            // What came before the signal counts.
            drain(&socket, &mut count).map_err(failed)?;
            return Ok(count.report());
        }
    }
}
