// SPDX-License-Identifier: GPL-2.0-only OR MIT

//! Children with the link of their parent.

use std::{os::fd::AsRawFd, time::Duration};

use lunatik_abi::wire::ToKernel;
use nix::unistd::{fork, ForkResult, Pid};

use crate::{
    attack::Attack,
    frames,
    kinds::{self, token},
    link::attach_request,
};

/// The most children at a time.
const CHILDREN: usize = 8;

/// What a child does: nothing that it may. It ends the process.
fn child(attack: &mut Attack, depth: usize) -> ! {
    attack.random =
        crate::random::Random::new(attack.random.bits() ^ u64::from(std::process::id()));
    let owned = nix::unistd::getppid();
    attack.link.set_blocking(false);
    while !attack.is_over() {
        match attack.random.below(6) {
            0 => {
                let frame = attack.any();
                let written = attack.link.write(&frame);
                attack.report.must_fail("a write of a child", written);
            }
            1 => {
                let read = attack.link.read(&mut [0; 4096]);
                // A link that was given up has an end for all.
                if !matches!(read, Ok(0)) {
                    attack.report.must_fail("a read of a child", read);
                }
            }
            2 => {
                let pid = attack
                    .random
                    .one_of(&[std::process::id(), owned.as_raw() as u32]);
                let adopted = attack.link.write(&frames::bytes(&ToKernel::Adopt { pid }));
                attack
                    .report
                    .must_fail("Adopt of a child by itself", adopted);
            }
            3 => {
                let attached = attack.link.write(&attach_request(&attack.token));
                attack
                    .report
                    .must_fail("an attachment of a child over the link", attached);
            }
            4 => token::attach_again(attack),
            _ if depth > 0 => drop(spawn(attack, depth - 1)),
            _ => {}
        }
        std::thread::sleep(attack.random.time(Duration::from_millis(20)));
        if attack.random.one_in(100) {
            break;
        }
    }
    // SAFETY: It ends the process at once.
    unsafe { libc::_exit(0) }
}

/// Makes a child that uses the link.
fn spawn(attack: &mut Attack, depth: usize) -> Option<Pid> {
    // SAFETY: The process has one thread.
    match unsafe { fork() } {
        Ok(ForkResult::Child) => child(attack, depth),
        Ok(ForkResult::Parent { child }) => Some(child),
        Err(_) => None,
    }
}

/// The child that the link is given to misuses it, and the parent goes on as if it were its own.
fn hand_over(attack: &mut Attack) {
    let Ok((reader, writer)) = nix::unistd::pipe() else {
        return;
    };
    // SAFETY: As above.
    match unsafe { fork() } {
        Ok(ForkResult::Child) => {
            drop(writer);
            // It waits until the link is its own, or never will be.
            let _ = nix::unistd::read(&reader, &mut [0; 1]);
            let _ = attack.write_any();
            kinds::mix::some(attack);
            // SAFETY: It ends the process at once.
            unsafe { libc::_exit(0) }
        }
        Ok(ForkResult::Parent { child }) => {
            let pid = child.as_raw() as u32;
            let adopted = attack.write(&frames::bytes(&ToKernel::Adopt { pid }));
            drop(writer);
            for _ in 0..20 {
                let frame = attack.any();
                let written = attack.link.write(&frame);
                if adopted.is_ok() {
                    attack.report.must_fail("a write after Adopt", written);
                }
            }
        }
        Err(_) => {}
    }
}

/// Children use the link, with their parent, after it, and instead of it.
pub fn run(attack: &mut Attack) {
    // SAFETY: Ignoring this signal has children reaped without a wait.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
    let mut children = 0;
    while attack.goes_on() {
        if children < CHILDREN {
            children += usize::from(spawn(attack, 1).is_some());
        }
        let _ = attack.write_any();
        attack.drain();
        std::thread::sleep(attack.random.time(Duration::from_millis(20)));
        if attack.random.one_in(100) {
            break;
        }
    }
    match attack.random.below(3) {
        0 => hand_over(attack),
        1 => {
            // The children keep the file open; this process does not.
            let _ = nix::unistd::close(attack.link.as_raw_fd());
            attack.report.done();
            // SAFETY: It ends the process at once, so the descriptor is not closed twice.
            unsafe { libc::_exit(0) }
        }
        _ => {}
    }
}
