// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! What all kinds of attacks need: the link, what was received through it, the time, and the report.

use std::{
    os::fd::{FromRawFd, OwnedFd, RawFd},
    time::{Duration, Instant},
};

use lunatik_abi::{
    codec::Token,
    wire::{handle, split, ToKernel, ToProcess, MAX_FRAME},
};
use nix::errno::Errno;

use crate::{
    frames::{self, Names},
    link::{is_lost, Link},
    random::Random,
    report::Report,
};

/// How many received descriptors and grants are kept. The oldest are given back.
const KEPT: usize = 16;

/// An attack.
pub struct Attack {
    /// The connection to the kernel.
    pub link: Link,
    /// The token with which the process has attached.
    pub token: Vec<u8>,
    /// The random numbers.
    pub random: Random,
    /// What happens.
    pub report: Report,
    /// The grants that the process has got, the newest last.
    pub grants: Vec<u32>,
    /// Those among them that lead to the actor for which the process is an enemy: they came as `target`.
    pub targets: Vec<u32>,
    /// The descriptors that the process has got, the newest last.
    pub files: Vec<OwnedFd>,
    /// Whether received grants and descriptors are given back.
    pub is_tidy: bool,
    /// Whether the kernel has given the link up.
    pub is_lost: bool,
    /// When the attack ends.
    pub until: Instant,
    buffer: Vec<u8>,
}

impl Attack {
    /// Begins an attack that lasts for some time.
    pub fn new(link: Link, token: Vec<u8>, random: Random, report: Report, life: Duration) -> Self {
        Self {
            link,
            token,
            random,
            report,
            grants: Vec::new(),
            targets: Vec::new(),
            files: Vec::new(),
            is_tidy: true,
            is_lost: false,
            until: Instant::now() + life,
            buffer: vec![0; MAX_FRAME],
        }
    }

    /// Whether there is no more time.
    pub fn is_over(&self) -> bool {
        Instant::now() >= self.until
    }

    /// Whether there is something left to attack. Now and then also a lost link is used on.
    pub fn goes_on(&mut self) -> bool {
        !self.is_over() && (!self.is_lost || !self.random.one_in(50))
    }

    /// Tells the kernel that the process is set up.
    pub fn ready(&mut self) -> nix::Result<()> {
        self.link.write(&frames::bytes(&ToKernel::Ready)).map(drop)
    }

    /// Writes bytes with one call, and counts how that ends.
    pub fn write(&mut self, bytes: &[u8]) -> nix::Result<usize> {
        let written = self.link.write(bytes);
        self.report.count(&written);
        if let Err(error) = written {
            self.is_lost |= error == Errno::EPERM;
        }
        written
    }

    /// Writes a frame that is valid, at least for the protocol.
    pub fn write_any(&mut self) -> nix::Result<usize> {
        let bytes = self.any();
        self.write(&bytes)
    }

    /// A frame that is valid, at least for the protocol.
    pub fn any(&mut self) -> Vec<u8> {
        use std::os::fd::AsRawFd;

        let files: Vec<u32> = self
            .files
            .iter()
            .map(|file| file.as_raw_fd() as u32)
            .collect();
        let names = Names {
            grants: &self.grants,
            files: &files,
        };
        frames::any(&mut self.random, &names)
    }

    /// Reads what is there, without waiting.
    pub fn drain(&mut self) {
        self.link.set_blocking(false);
        let mut buffer = std::mem::take(&mut self.buffer);
        // Others may send faster than this reads.
        for _ in 0..16 {
            match self.link.read(&mut buffer) {
                Ok(0) => {
                    self.is_lost = true;
                    break;
                }
                Ok(length) => self.take(&buffer[..length]),
                Err(error) => {
                    self.is_lost |= error != Errno::EAGAIN && is_lost(error);
                    break;
                }
            }
        }
        self.buffer = buffer;
    }

    /// Waits until a grant was received; fails if the attack is over before.
    pub fn wait_for_grant(&mut self) -> bool {
        while self.grants.is_empty() && !self.is_over() && !self.is_lost {
            let _ = self.link.wait(50);
            self.drain();
        }
        !self.grants.is_empty()
    }

    /// The grant of most use: the newest, or number 1.
    pub fn grant(&self) -> u32 {
        self.grants.last().copied().unwrap_or(1)
    }

    /// Takes what a read has returned. The kernel sends whole frames, and nothing but frames.
    pub fn take(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let (frame, after) = match split(rest) {
                Ok(Some(parts)) => parts,
                Ok(None) => return self.report.wrong("a read has ended within a frame"),
                Err(error) => return self.report.wrong(&format!("a read has returned {error}")),
            };
            rest = after;
            self.report.frames += 1;
            match ToProcess::decode(&frame) {
                Ok(ToProcess::Message(value)) => {
                    let mut reader = value.reader();
                    let mut is_target = false;
                    while let Ok(Some(token)) = reader.token() {
                        if let Token::Handle { kind, index } = token {
                            self.learn(kind, index, is_target);
                        }
                        is_target = token == Token::String(b"target");
                    }
                }
                Ok(ToProcess::NoSenders { .. } | ToProcess::Room { .. }) => {}
                Ok(ToProcess::Start(_)) => self.report.wrong("the kernel has sent a second start"),
                Err(error) => self.report.wrong(&format!("the kernel has sent {error}")),
            }
        }
    }

    fn learn(&mut self, kind: u8, index: u32, is_target: bool) {
        if kind == handle::ACTOR {
            self.grants.push(index);
            if is_target && self.targets.len() < KEPT {
                self.targets.push(index);
            }
            if self.is_tidy && self.grants.len() > KEPT {
                let grant = self.grants.remove(0);
                let _ = self.link.write(&frames::bytes(&ToKernel::Close { grant }));
            }
            return;
        }
        // SAFETY: `fcntl` with this command changes nothing.
        if unsafe { libc::fcntl(index as RawFd, libc::F_GETFD) } < 0 {
            return self.report.wrong("a received descriptor is none");
        }
        // SAFETY: The kernel has installed the descriptor for this message. Nothing else in the process has it.
        self.files
            .push(unsafe { OwnedFd::from_raw_fd(index as RawFd) });
        if self.is_tidy && self.files.len() > KEPT {
            self.files.remove(0);
        }
    }
}
