// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Sends numbered packets at set times, and counts the replies.

use std::{
    collections::BTreeMap,
    fmt, io,
    os::fd::{AsFd, BorrowedFd},
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    poll::{ppoll, PollFd, PollFlags},
};

use crate::{
    figures::Figures,
    outcome::{Failure, Report},
};

/// When packets are sent, and how long each has to come back.
pub struct Plan {
    pub count: u64,
    /// From one packet to the next. Without it, each waits for the reply to the one before.
    pub interval: Option<Duration>,
    pub timeout: Duration,
}

/// What was received.
#[derive(Debug, PartialEq)]
pub enum Reply {
    /// The reply to the packet with this number.
    To(u64),
    /// A reply whose content is not that of the packet.
    Altered,
    /// Word that a packet was not delivered.
    Refused,
    /// A packet that concerns nobody here.
    Other,
}

/// The packets of a protocol.
pub trait Packets: AsFd {
    /// Sends a packet.
    fn send(&mut self, number: u64) -> io::Result<()>;
    /// Receives a packet without waiting.
    fn receive(&mut self) -> io::Result<Reply>;
}

/// What became of the packets.
#[derive(Default)]
pub struct Tally {
    asked: u64,
    sent: u64,
    denied: u64,
    refused: u64,
    altered: u64,
    times: Figures,
}

impl Tally {
    /// The line that tells it, and the exit status.
    pub fn report(&self) -> Report {
        Report::new(self.times.count() == self.asked, self.to_string())
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let received = self.times.count();
        write!(
            formatter,
            "sent={} received={received} lost={} refused={} denied={} altered={} {}",
            self.sent,
            self.sent - received,
            self.refused,
            self.denied,
            self.altered,
            self.times
        )
    }
}

/// Waits until there is something to receive, or the time is over.
pub fn wait(socket: BorrowedFd<'_>, time: Duration) -> io::Result<bool> {
    let mut polled = [PollFd::new(socket, PollFlags::POLLIN)];
    match ppoll(&mut polled, Some(time.into()), None) {
        Ok(ready) => Ok(ready > 0),
        Err(Errno::EINTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Whether the kernel, or one of its hooks, refused to send the packet.
pub fn is_denied(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EPERM | libc::EACCES | libc::ENOBUFS | libc::ENETUNREACH | libc::EHOSTUNREACH)
    )
}

fn is_refused(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::ECONNREFUSED | libc::EHOSTUNREACH | libc::ENETUNREACH | libc::EACCES)
    )
}

struct Rounds<'a, P> {
    packets: &'a mut P,
    plan: &'a Plan,
    tally: Tally,
    /// Those without a reply, and when each was sent.
    open: BTreeMap<u64, Instant>,
}

impl<P: Packets> Rounds<'_, P> {
    fn send(&mut self, number: u64) -> Result<(), Failure> {
        loop {
            let at = Instant::now();
            match self.packets.send(number) {
                Ok(()) => {
                    self.tally.sent += 1;
                    self.open.insert(number, at);
                }
                // The error belongs to an earlier packet: this one was not sent.
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                    self.refused();
                    continue;
                }
                Err(error) if is_denied(&error) => self.tally.denied += 1,
                Err(error) => return Err(Failure::new(format!("packet {number}"), error)),
            }
            return Ok(());
        }
    }

    fn refused(&mut self) {
        self.tally.refused += 1;
        self.open.pop_first();
    }

    /// Takes what has come, if there is anything.
    fn receive(&mut self) -> Result<(), Failure> {
        match self.packets.receive() {
            Ok(Reply::To(number)) => {
                if let Some(sent) = self.open.remove(&number) {
                    let time = sent.elapsed();
                    if time <= self.plan.timeout {
                        self.tally.times.add(time);
                    }
                }
            }
            Ok(Reply::Altered) => self.tally.altered += 1,
            Ok(Reply::Refused) => self.refused(),
            Ok(Reply::Other) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) if is_refused(&error) => self.refused(),
            Err(error) => return Err(Failure::new("a reply", error)),
        }
        Ok(())
    }

    fn run(&mut self) -> Result<(), Failure> {
        let begin = Instant::now();
        let mut last = begin;
        let mut next = 0;
        loop {
            let is_due = next < self.plan.count
                && match self.plan.interval {
                    Some(interval) => begin.elapsed() >= interval.mul_f64(next as f64),
                    None => self.open.is_empty(),
                };
            if is_due {
                last = Instant::now();
                self.send(next)?;
                next += 1;
            }
            let has_all = next == self.plan.count;
            if has_all && self.open.is_empty() {
                return Ok(());
            }
            let until = match self.plan.interval {
                Some(interval) if !has_all => begin + interval.mul_f64(next as f64),
                _ => last + self.plan.timeout,
            };
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() && self.plan.interval.is_none_or(|_| has_all) {
                // These are lost.
                self.open.clear();
            } else if wait(self.packets.as_fd(), left)
                .map_err(|error| Failure::new("waiting for replies", error))?
            {
                self.receive()?;
            }
        }
    }
}

/// Sends packets as the plan says.
pub fn run(packets: &mut impl Packets, plan: &Plan) -> Result<Tally, Failure> {
    let mut rounds = Rounds {
        packets,
        plan,
        tally: Tally {
            asked: plan.count,
            ..Tally::default()
        },
        open: BTreeMap::new(),
    };
    rounds.run()?;
    Ok(rounds.tally)
}
