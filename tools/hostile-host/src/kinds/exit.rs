// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Ends at a random moment.

use std::{
    os::{
        fd::{AsRawFd, FromRawFd, OwnedFd},
        unix::process::CommandExt,
    },
    process::{Command, ExitCode},
    time::Duration,
};

use nix::fcntl::{fcntl, FcntlArg, FdFlag};

use crate::{attack::Attack, frames, link::Link};

/// The first argument of a process that executes this program again and keeps its link.
pub const AGAIN: &str = "again";

/// The process after it has executed this program again: the same process still has its link.
pub fn again(descriptor: &str) -> ExitCode {
    let Ok(descriptor) = descriptor.parse() else {
        return ExitCode::from(2);
    };
    // SAFETY: The descriptor was passed for this, and nothing else has it.
    let link = unsafe { OwnedFd::from_raw_fd(descriptor) };
    let names = frames::Names {
        grants: &[],
        files: &[],
    };
    let mut random = crate::random::Random::new(u64::from(std::process::id()));
    for _ in 0..100 {
        let _ = nix::unistd::write(&link, &frames::any(&mut random, &names));
    }
    ExitCode::SUCCESS
}

/// A thread that waits in a read while the process ends.
fn read_in_thread(attack: &Attack) {
    let Ok(copy) = nix::unistd::dup(&attack.link) else {
        return;
    };
    attack.link.set_blocking(true);
    std::thread::spawn(move || while let Ok(1..) = nix::unistd::read(&copy, &mut [0; 4096]) {});
}

/// Ends the process, in one of many ways.
pub fn at_once(attack: &mut Attack) -> ! {
    attack.report.done();
    if attack.random.one_in(2) {
        read_in_thread(attack);
    }
    // In the middle of what the other thread does.
    std::thread::sleep(attack.random.time(Duration::from_millis(2)));
    let link = attack.link.as_raw_fd();
    let program = std::fs::read_link("/proc/self/exe").unwrap_or_default();
    match attack.random.below(8) {
        0 => std::process::exit(attack.random.below(256) as i32),
        1 => {
            // A crash.
            // SAFETY: The signal ends the process.
            unsafe { libc::raise(libc::SIGSEGV) };
        }
        2 => {
            let _ = nix::sys::signal::raise(nix::sys::signal::Signal::SIGKILL);
        }
        3 => {
            // Another program, which has no link.
            let _ = Command::new(program).exec();
        }
        4 => {
            // Another program, which has the link.
            let _ = fcntl(&attack.link, FcntlArg::F_SETFD(FdFlag::empty()));
            let _ = Command::new(program)
                .args([AGAIN, &link.to_string()])
                .exec();
        }
        5 => {
            // The first thread ends, another goes on and uses the link for a while.
            let frame = attack.any();
            std::thread::spawn(move || {
                for _ in 0..100 {
                    // SAFETY: The bytes are there. The link is never closed.
                    unsafe { libc::write(link, frame.as_ptr().cast(), frame.len()) };
                    std::thread::sleep(Duration::from_millis(1));
                }
                std::process::exit(0);
            });
            // SAFETY: The thread ends itself, and nothing of its stack is used by others: the new one has its own
            // copies.
            unsafe { libc::syscall(libc::SYS_exit, 0) };
        }
        6 => {
            // A thread that is not the first executes another program.
            std::thread::spawn(move || Command::new(program).exec());
            std::thread::sleep(Duration::from_secs(5));
        }
        _ => {
            // The link is closed first, and opened again.
            let _ = nix::unistd::close(link);
            let _second = Link::open();
            // SAFETY: It ends the process at once, so the descriptor is not closed twice.
            unsafe { libc::_exit(0) }
        }
    }
    // SAFETY: It ends the process at once.
    unsafe { libc::_exit(1) }
}

/// Works for a while, then ends.
pub fn run(attack: &mut Attack) {
    let left = attack
        .until
        .saturating_duration_since(std::time::Instant::now());
    attack.until -= attack.random.time(left);
    while attack.goes_on() {
        let _ = attack.write_any();
        attack.drain();
        std::thread::sleep(attack.random.time(Duration::from_millis(2)));
    }
    at_once(attack)
}
